import { apiVersionOf, type Kind } from "../../../src/resource/kind.ts";
import { lineOf } from "./discovery-document.ts";
import { modelNamed } from "./models.ts";
import { summaries } from "./summaries.ts";

/** A kind with what its definition needs besides. */
interface Definition {
  readonly kind: Kind;
  /** What it is exported as: the kind, unless another has that name. */
  readonly name: string;
  /** client-node's class. */
  readonly model: string;
  readonly summary: string;
  /** Which array lists it. */
  readonly list: "builtInKinds" | "computedKinds" | "olderVersions";
}

/** Defined by hand, since no kube-apiserver serves it itself: file, and exported kinds. */
const byHand = { file: "metrics", list: "computedKinds", names: ["NodeMetrics", "PodMetrics"] } as const;
const typesByHand: readonly string[] = ["type ContainerMetrics", "type ResourceUsage"];

const allVerbs = "create,delete,deletecollection,get,list,patch,update,watch";
const keyOf = (kind: Kind): string => `${apiVersionOf(kind)}/${kind.plural}`;
const fileOf = (kind: Kind): string => (kind.group === "" ? "core" : (kind.group.split(".")[0] ?? ""));
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const qualified = (kind: Kind): string => `${capital(fileOf(kind))}${capital(kind.version)}${kind.kind}`;

function inOrder(kinds: readonly Kind[]): Kind[] {
  const known = Object.keys(summaries);
  const files = [...new Set(known.map((key) => key.split("/")).map((parts) => parts.slice(0, -2).join("/")))];
  const rank = (list: readonly string[], item: string): number => (list.indexOf(item) + 1 || 1e6) - 1;
  return kinds.toSorted(
    (a, b) => rank(files, a.group) - rank(files, b.group) || rank(known, keyOf(a)) - rank(known, keyOf(b)),
  );
}

function define(discovered: readonly Kind[]): Definition[] {
  const taken = new Set<string>();
  const preferred = new Map<string, string>();
  // Discovery has the preferred version of a group first, and the core group before all others.
  for (const { group, plural, version } of discovered) {
    const name = `${group}/${plural}`;
    preferred.set(name, preferred.get(name) ?? version);
  }
  const names = new Map(
    discovered.map((kind) => {
      const name = taken.has(kind.kind) ? qualified(kind) : kind.kind;
      taken.add(name);
      return [kind, name];
    }),
  );
  return inOrder(discovered).map((kind) => {
    const { name: model, description } = modelNamed(qualified(kind), capital(kind.version) + kind.kind);
    const isOlder = preferred.get(`${kind.group}/${kind.plural}`) !== kind.version;
    const list = !kind.verbs.includes("watch") ? "computedKinds" : isOlder ? "olderVersions" : "builtInKinds";
    const summary = summaries[keyOf(kind)] ?? description;
    return { kind, name: names.get(kind) ?? kind.kind, model, summary, list };
  });
}

// Lets bundlers leave out the kinds that a program does not use: they cannot know that the call has no effect.
const pure = "/* @__PURE__ */";

/** The lines of a definition, without those that say what holds anyway. */
function members(kind: Kind): string {
  const { group, version, kind: name, plural, scope, singular, shortNames, categories, subresources } = kind;
  const isUsual = kind.verbs.join() === allVerbs;
  const optional = { shortNames, categories, verbs: isUsual ? [] : kind.verbs, subresources };
  const values: Record<string, string | readonly string[]> = {
    ...{ group, version, kind: name, plural, scope },
    ...(singular === name.toLowerCase() ? {} : { singular }),
    ...Object.fromEntries(Object.entries(optional).filter(([, names]) => names.length > 0)),
  };
  return Object.entries(values)
    .map(([member, value]) => `  ${member}: ${JSON.stringify(value)},`)
    .join("\n");
}

/** The type of a kind's subresources: a name where there are several, so that editors show it short. */
function subresourceType({ kind, name }: Definition): { alias: string | undefined; type: string } {
  const [first, ...others] = kind.subresources;
  if (first === undefined) return { alias: undefined, type: "never" };
  if (others.length === 0) return { alias: undefined, type: JSON.stringify(first) };
  return { alias: `${name}Subresource`, type: `${name}Subresource` };
}

function definitionText(definition: Definition): string {
  const { kind, name, model, summary } = definition;
  const { alias, type } = subresourceType(definition);
  const wire = model === name ? `${model}Model` : model;
  // What a review asks has no metadata of its own; everything else is stored, or names an object.
  const base = kind.kind.endsWith("Review") ? `Wire<${wire}>` : `WireObject<${wire}>`;
  const names = kind.subresources.map((subresource) => JSON.stringify(subresource));
  return `
/** ${summary} */
export interface ${name} extends ${base} {}
${alias === undefined ? "" : `\n/** What \`${kind.plural}\` have beside the object itself. */\nexport type ${alias} = ${names.join(" | ")};\n`}
/** \`${kind.plural}\` of \`${apiVersionOf(kind)}\`. */
export const ${name}: Kind<${name}, ${type}> = ${pure} defineKind<${name}>()({
${members(kind)}
});
`;
}

function groupText(definitions: readonly Definition[]): string {
  const models = definitions.map(({ model, name }) => (model === name ? `${model} as ${model}Model` : model));
  const bodies = definitions.map(definitionText).join("");
  const wires = ["Wire", "WireObject"].filter((wire) => bodies.includes(`${wire}<`));
  return `import type { ${models.join(", ")} } from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { ${wires.join(", ")} } from "./wire.ts";
${bodies}`;
}

/** The files that define discovered kinds, by name, not yet formatted. */
export function definitionFiles(discovered: readonly Kind[]): Map<string, string> {
  const definitions = define(discovered);
  const files = new Map(Map.groupBy(definitions, ({ kind }) => fileOf(kind)));
  const values = new Map<string, readonly string[]>([
    ...[...files].map(([file, all]) => [file, all.map(({ name }) => name)] as const),
    [byHand.file, byHand.names],
  ]);
  const aliases = (file: string): readonly string[] =>
    file === byHand.file
      ? typesByHand
      : (files.get(file) ?? []).flatMap((definition) => {
          const { alias } = subresourceType(definition);
          return alias === undefined ? [] : [`type ${alias}`];
        });
  const listed = (list: Definition["list"]): string =>
    [
      ...definitions.filter((definition) => definition.list === list).map(({ name }) => name),
      ...(list === byHand.list ? byHand.names : []),
    ].join(", ");

  const imports = [...values].map(([file, names]) => `import { ${names.join(", ")} } from "./${file}.ts";`);
  const exports = [...values].map(
    ([file, names]) => `export { ${[...names, ...aliases(file)].join(", ")} } from "./${file}.ts";`,
  );
  return new Map([
    ...[...files].map(([file, all]) => [`src/kinds/${file}.ts`, groupText(all)] as const),
    [
      "src/kinds/built-in-kinds.ts",
      `import type { Kind } from "../resource/kind.ts";
${imports.join("\n")}

/**
 * Every kind that a kube-apiserver stores: what can be listed, watched and written.
 *
 * To look one up by what a manifest or a command line says. Each stands here
 * in its preferred version only.
 */
export const builtInKinds: readonly Kind[] = ${pure} Object.freeze([${listed("builtInKinds")}]);

/**
 * The kinds that are worked out when they are asked for, and stored nowhere: reviews, metrics.
 *
 * Their \`verbs\` tell what can be done: most can be created and nothing else, none can be watched.
 */
export const computedKinds: readonly Kind[] = ${pure} Object.freeze([${listed("computedKinds")}]);

/** The kinds that are \`builtInKinds\` in another version: the same objects, in an older form. */
export const olderVersions: readonly Kind[] = ${pure} Object.freeze([${listed("olderVersions")}]);
`,
    ],
    [
      "src/kinds/index.ts",
      `${exports.join("\n")}
export { builtInKinds, computedKinds, olderVersions } from "./built-in-kinds.ts";
export type { Eviction, Scale, TokenRequest } from "./subresources.ts";
export type { JSONSchemaProps, Wire, WireObject } from "./wire.ts";
`,
    ],
    ["test/kinds/discovered.ts", recordText(discovered)],
  ]);
}

function recordText(discovered: readonly Kind[]): string {
  return `/**
 * What kube-apiserver answered in discovery when the built-in kinds were generated:
 * apiVersion, plural, kind, scope, singular, short names, categories, verbs, subresources.
 */
export const discovered: readonly string[] = [
${discovered.map((kind) => `  ${JSON.stringify(lineOf(kind))},`).join("\n")}
];
`;
}

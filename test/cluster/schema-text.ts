import { isJsonObject } from "../../src/base/json-object.ts";

/** One OpenAPI v3 definition, or a part of one. */
type OpenApi = Record<string, unknown>;

/** What is written of a definition, and the group whose text it belongs to. */
interface Written {
  readonly group: string;
  readonly text: string;
}

const prefix = "#/components/schemas/";
const strategyLetters: Readonly<Record<string, string>> = { merge: "m", replace: "x", retainKeys: "k" };
const extension = (schema: OpenApi, name: string): unknown => schema[`x-kubernetes-${name}`];
const isText = (value: unknown): value is string => typeof value === "string";

function objects(value: unknown): OpenApi[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function properties(schema: OpenApi): [string, OpenApi][] {
  const all = isJsonObject(schema.properties) ? Object.entries(schema.properties) : [];
  return all.flatMap(([name, value]): [string, OpenApi][] => (isJsonObject(value) ? [[name, value]] : []));
}

function refOf(schema: OpenApi): string | undefined {
  const [first, ...more] = objects(schema.allOf);
  const ref = schema.$ref ?? (more.length === 0 ? first?.$ref : undefined);
  return isText(ref) ? ref.slice(prefix.length) : undefined;
}

function mergeKeys(schema: OpenApi): string[] | undefined {
  const keys = extension(schema, "list-map-keys");
  if (extension(schema, "list-type") !== undefined) {
    return extension(schema, "list-type") === "map" && Array.isArray(keys) ? keys.filter(isText) : undefined;
  }
  const key = extension(schema, "patch-merge-key");
  return isText(key) && patchStrategies(schema).includes("merge") ? [key] : undefined;
}

function patchStrategies(schema: OpenApi): string[] {
  const strategy = extension(schema, "patch-strategy");
  return isText(strategy) ? strategy.split(",") : [];
}

/**
 * Write the definitions that the built-in kinds reach as the text that `src/apiserver/schema/schema-table.ts` reads.
 *
 * Gives one text per API group, a definition on each line; definitions name each
 * other by their number over all texts.
 */
export function schemaTexts(definitions: Readonly<Record<string, OpenApi>>): string[] {
  const numbers = new Map<string, number>();
  const order: string[] = [];
  const defaults = keyDefaults(definitions);
  const numberOf = (name: string): string => {
    if (definitions[name] === undefined) throw new Error(`no definition of ${name}`);
    if (!numbers.has(name)) numbers.set(name, order.push(name) - 1);
    return (numbers.get(name) ?? 0).toString(36);
  };
  const typeText = (schema: OpenApi): string => {
    const ref = refOf(schema);
    const mapType = extension(schema, "map-type");
    if (ref !== undefined) {
      return `${mapType === "atomic" ? "!" : mapType === "granular" ? "~" : ""}#${numberOf(ref)}`;
    }
    switch (schema.type) {
      case "string":
        return schema.format === undefined || schema.format === "byte" ? "s" : "u";
      case "integer":
      case "number":
        return "n";
      case "boolean":
        return "b";
      case "array": {
        if (!isJsonObject(schema.items)) throw new Error("an array without items");
        const keys = mergeKeys(schema);
        const listType = extension(schema, "list-type");
        const isSet = listType === undefined ? patchStrategies(schema).includes("merge") : listType === "set";
        return `${keys !== undefined ? `(${keys.join(",")})` : isSet ? "=" : "["}${typeText(schema.items)}`;
      }
      case "object": {
        if (properties(schema).length > 0) throw new Error("an object of its own inside another");
        const item = schema.additionalProperties;
        return `${mapType === "atomic" ? "<" : "{"}${isJsonObject(item) ? typeText(item) : "*"}`;
      }
      default:
        return schema.format === "int-or-string" || Array.isArray(schema.oneOf) ? "u" : "*";
    }
  };
  const patchText = (schema: OpenApi): string => {
    const strategies = patchStrategies(schema);
    const key = extension(schema, "patch-merge-key");
    if (strategies.length === 0) return "";
    return `&${strategies.map((strategy) => strategyLetters[strategy] ?? "").join("")}${isText(key) ? `.${key}` : ""}`;
  };
  const presenceText = (schema: OpenApi, isRequired: boolean): string => {
    if (isJsonObject(schema.default) && refOf(schema) !== undefined) return "+";
    return isRequired && (schema.type === "array" || schema.type === "object") ? "-" : "";
  };
  const definitionText = (name: string): string => {
    const schema = definitions[name] ?? {};
    if (name.endsWith(".RawExtension")) return "?";
    if (properties(schema).length === 0) return typeText(schema);
    const required = Array.isArray(schema.required) ? schema.required : [];
    const fields = properties(schema).map(([field, value]) => {
      const known = defaults.get(`${name} ${field}`);
      const byDefault = known === undefined ? "" : `%${JSON.stringify(known)}`;
      return `${field}:${typeText(value)}${presenceText(value, required.includes(field))}${patchText(value)}${byDefault}`;
    });
    const isAtomic = extension(schema, "map-type") === "atomic";
    return `${isAtomic ? "!" : ""}{${fields.join(" ")}`;
  };

  const kindNames = new Map(
    Object.entries(definitions).map(([name, schema]) => [name, kindsOf(name, schema)]),
  );
  numberOf("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
  for (const [name, kinds] of [...kindNames].sort(([a], [b]) => (a < b ? -1 : 1)))
    if (kinds.length > 0) numberOf(name);
  const written: Written[] = [];
  for (let at = 0; at < order.length; at++) {
    const name = order[at] ?? "";
    const kinds = kindNames.get(name) ?? [];
    written.push({
      group: kinds[0]?.split("/")[0] ?? "",
      text: `${kinds.join(",")}|${definitionText(name)}`,
    });
  }
  return inGroups(written);
}

/** Runs of lines of one group; numbers stay those of the lines, so their order is kept. */
function inGroups(written: readonly Written[]): string[] {
  const texts: string[] = [];
  let last: string | undefined;
  for (const { group, text } of written) {
    if (group === last && (texts.at(-1)?.length ?? 0) < 8000) texts[texts.length - 1] += `\n${text}`;
    else texts.push(text);
    last = group;
  }
  return texts;
}

/** `group/version/Kind` of a definition of objects; none for lists and for what is only sent or answered. */
function kindsOf(name: string, schema: OpenApi): string[] {
  const hasMetadata = properties(schema).some(
    ([field, value]) => field === "metadata" && refOf(value)?.endsWith(".ObjectMeta"),
  );
  if (!hasMetadata || !name.startsWith("io.k8s.")) return [];
  return objects(extension(schema, "group-version-kind")).map(
    ({ group, version, kind }) => `${String(group)}/${String(version)}/${String(kind)}`,
  );
}

/** Defaults of the fields that are keys of a list: an item that does not name its key has that one. */
function keyDefaults(definitions: Readonly<Record<string, OpenApi>>): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const schema of Object.values(definitions)) {
    for (const [, list] of properties(schema)) {
      const item = isJsonObject(list.items) ? refOf(list.items) : undefined;
      if (item === undefined) continue;
      const fields = new Map(properties(definitions[item] ?? {}));
      for (const key of mergeKeys(list) ?? []) {
        const value = fields.get(key)?.default;
        if (value !== undefined) found.set(`${item} ${key}`, value);
      }
    }
  }
  return found;
}

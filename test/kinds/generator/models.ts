import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** A class of client-node: its name, and what it says of itself in its first sentence. */
export interface Model {
  readonly name: string;
  readonly description: string;
}

const folder = join(dirname(createRequire(import.meta.url).resolve("@kubernetes/client-node")), "gen/models");
// Only what is listed is exported: files of earlier versions lie beside it.
const exported = new Set(
  [...readFileSync(join(folder, "all.d.ts"), "utf8").matchAll(/models\/(\w+)\.js/g)].map(([, name]) => name),
);

/** The class of one of these names, the first that there is. */
export function modelNamed(...names: readonly string[]): Model {
  const name = names.find((one) => exported.has(one));
  if (name === undefined) {
    throw new Error(
      `@kubernetes/client-node has none of the classes ${names.join(", ")}: update it to a version made from this Kubernetes, or define the kind by hand`,
    );
  }
  const text = readFileSync(join(folder, `${name}.d.ts`), "utf8");
  const comment = new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\s*export declare class ${name} `).exec(
    text,
  )?.[1];
  const words = (comment ?? "")
    .replace(/^\s*\*/gm, "")
    .replace(/\s+/g, " ")
    .trim();
  return { name, description: /^.*?[.](?= |$)/.exec(words)?.[0] ?? `${name}.` };
}

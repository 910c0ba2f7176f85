import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { describe, expect, it } from "vitest";

const models = path.join(
  path.dirname(createRequire(import.meta.url).resolve("@kubernetes/client-node")),
  "gen/models",
);
const attribute = /"name": "([^"]+)",\s*"baseName": "([^"]+)"/g;

/** Every property that client-node names otherwise than the wire, with the class it is in. */
function renamedByClientNode(): Map<string, Set<string>> {
  const renamed = new Map<string, Set<string>>();
  for (const file of readdirSync(models).filter((name) => name.endsWith(".js"))) {
    for (const [, name = "", baseName = ""] of readFileSync(path.join(models, file), "utf8").matchAll(
      attribute,
    )) {
      if (name === baseName) continue;
      const change = `${name}: "${baseName}";`;
      renamed.set(change, (renamed.get(change) ?? new Set()).add(file));
    }
  }
  return renamed;
}

describe("the wire's names", () => {
  it("cover every field that client-node renames, and no other (P38)", () => {
    const source = readFileSync(new URL("../../src/kinds/wire.ts", import.meta.url), "utf8");
    const written = [...source.matchAll(/^ {2}(\S+: "[^"]+";)$/gm)].map(([, change]) => change);
    expect(written.sort()).toEqual([...renamedByClientNode().keys()].sort());
  });

  it("change `ref` and `schema` only where client-node does: in JSON schemas (P38)", () => {
    const renamed = renamedByClientNode();
    expect([...(renamed.get('ref: "$ref";') ?? [])]).toEqual(["V1JSONSchemaProps.js"]);
    expect([...(renamed.get('schema: "$schema";') ?? [])]).toEqual(["V1JSONSchemaProps.js"]);
  });

  it("load nothing of client-node at run time", () => {
    const folder = new URL("../../src/kinds/", import.meta.url);
    for (const file of readdirSync(folder)) {
      const source = readFileSync(new URL(file, folder), "utf8");
      for (const [statement] of source.matchAll(/^(?:import|export)[^;]*client-node[^;]*;/gm)) {
        expect(statement).toMatch(/^import type /);
      }
    }
  });
});

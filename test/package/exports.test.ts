import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import * as index from "../../src/index.ts";
import * as kinds from "../../src/kinds/index.ts";
import * as testing from "../../src/testing/index.ts";

const modules: Record<string, Record<string, unknown>> = {
  index,
  "kinds/index": kinds,
  "testing/index": testing,
};
const entries = Object.keys(modules);

/** The names an entry exports, types included: read from its text, since types leave no trace at run time. */
function exportedNames(entry: string): string[] {
  const text = readFileSync(fileURLToPath(new URL(`../../src/${entry}.ts`, import.meta.url)), "utf8");
  const names = [...text.matchAll(/^export (type )?\{([^}]*)\}/gms)].flatMap(([, isType, list = ""]) =>
    list
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "" && !name.startsWith("//"))
      .map((name) => (isType !== undefined && !name.startsWith("type ") ? `type ${name}` : name)),
  );
  const stars = [...text.matchAll(/^export \* from "([^"]+)"/gm)].map(([, from]) => `* from ${from}`);
  return [...names, ...stars].sort();
}

describe("public exports", () => {
  it.each(entries)("of %s are as they were agreed", (entry) => {
    expect(exportedNames(entry)).toMatchSnapshot();
  });

  it.each(entries)("of %s exist at run time as the text says", (entry) => {
    const values = exportedNames(entry).filter((name) => !name.startsWith("type ") && !name.startsWith("*"));
    for (const name of values) expect(modules[entry]?.[name], name).toBeDefined();
    expect(Object.keys(modules[entry] ?? {}).sort()).toMatchSnapshot();
  });
});

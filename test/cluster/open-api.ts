import { isJsonObject } from "../../src/base/json-object.ts";
import { schemaTexts } from "./schema-text.ts";

type Definitions = Record<string, Record<string, unknown>>;

/** Read the OpenAPI v3 definitions of all groups of a server. */
export async function readDefinitions(get: (path: string) => Promise<unknown>): Promise<Definitions> {
  const definitions: Definitions = {};
  const root = await get("/openapi/v3");
  const paths = isJsonObject(root) && isJsonObject(root.paths) ? Object.keys(root.paths) : [];
  for (const path of paths.filter((path) => /^apis?\//.test(path)).sort()) {
    const document = await get(`/openapi/v3/${path}`);
    const components = isJsonObject(document) ? document.components : undefined;
    const schemas = isJsonObject(components) && isJsonObject(components.schemas) ? components.schemas : {};
    for (const [name, schema] of Object.entries(schemas))
      if (isJsonObject(schema)) definitions[name] = schema;
  }
  return definitions;
}

/** The module that the definitions are kept in. */
export function schemaModule(definitions: Definitions): string {
  const lines = schemaTexts(definitions).map((text) => `  ${JSON.stringify(text)},`);
  return `// Written by test/cluster/generate-schema.ts from the OpenAPI of a kube-apiserver; see schema-table.ts for the form.
// biome-ignore-all format: one line per group
/** How the fields of built-in kinds are merged: definitions by line, numbered over all texts. */
export const builtInSchema: readonly string[] = [
${lines.join("\n")}
];
`;
}

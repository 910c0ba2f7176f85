import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const readme = fileURLToPath(new URL("../../../README.md", import.meta.url));

/** A block of code of the README's, as a module of its own. */
export interface ReadmeBlock {
  /** The heading it stands under. */
  readonly heading: string;
  readonly code: string;
}

/** The README's blocks of TypeScript, in order. */
export function readmeBlocks(): ReadmeBlock[] {
  const text = readFileSync(readme, "utf8");
  const blocks: ReadmeBlock[] = [];
  let heading = "";
  for (const [, title, code] of text.matchAll(/^#+ (.+)$|^```ts\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) heading = title;
    if (code !== undefined) blocks.push({ heading, code });
  }
  return blocks;
}

/**
 * A block as a module that exports one function.
 *
 * What a block uses without declaring it (`cluster`, `namespace`, `signal` …) the
 * function takes; what the library exports it imports, as the block's reader would.
 */
export function moduleOf({ code }: ReadmeBlock): string {
  return [
    'import { once } from "node:events";',
    'import { ApiError, Cluster, createOrApply, dropFields, labelIndex, metadataIndex } from "kube-reflex";',
    'import { ConfigMap, Deployment, Pod } from "kube-reflex/kinds";',
    'import { TestApiServer } from "kube-reflex/testing";',
    'import type { Given } from "./drive.js";',
    "// What one block does not use another does.",
    "export const imported = [ApiError, Cluster, ConfigMap, createOrApply, Deployment, dropFields, labelIndex];",
    "export const importedToo = [metadataIndex, once, Pod, TestApiServer];",
    "export async function run(given: Given): Promise<unknown> {",
    "  const { cluster, namespace, node, signal, report, print, vi, expect } = given;",
    "  void [cluster, namespace, node, signal, report, print, vi, expect];",
    "  {",
    code.replace(/^/gm, "    "),
    "  }",
    "  return undefined;",
    "}",
  ].join("\n");
}

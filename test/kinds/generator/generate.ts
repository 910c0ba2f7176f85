/**
 * Defines the built-in kinds anew: `npx node test/kinds/generator/generate.ts [DISCOVERY.json]`.
 *
 * The file holds the answers of `/api` and `/apis` in an array, each asked for as
 * aggregated discovery. Without it, the kube-apiserver of test/cluster is started and asked.
 */
import { readFileSync } from "node:fs";
import { loadConfig } from "../../../src/config/load.ts";
import { createClusterTransport } from "../../../src/transport/cluster-transport.ts";
import { startKubeApiServer } from "../../cluster/kube-apiserver.ts";
import { definitionFiles } from "./definitions.ts";
import { askDiscovery, readDiscovery } from "./discovery-document.ts";
import { writeFormatted } from "./write.ts";

async function askServer(): Promise<unknown[]> {
  const server = await startKubeApiServer({ progress: console.log });
  if ("skipped" in server) throw new Error(server.skipped);
  try {
    const transport = createClusterTransport(await loadConfig({ kubeconfig: server.kubeconfig }));
    try {
      return await askDiscovery(transport);
    } finally {
      await transport.close();
    }
  } finally {
    await server.stop();
  }
}

const [file] = process.argv.slice(2);
const documents: unknown = file === undefined ? await askServer() : JSON.parse(readFileSync(file, "utf8"));
if (!Array.isArray(documents)) throw new Error("expected an array of the answers of /api and /apis");
const kinds = readDiscovery(documents);
if (kinds.length === 0)
  throw new Error("the answers have no kinds: were they asked for as aggregated discovery?");
const written = writeFormatted(definitionFiles(kinds));
console.log(`${kinds.length} kinds in ${written.length} files`);

/**
 * Writes `src/apiserver/schema/built-in-schema.ts` from a real kube-apiserver's OpenAPI:
 * `node test/cluster/generate-schema.ts`, after the Kubernetes version in `apiserver/go.mod` has changed.
 */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { loadConfig } from "../../src/config/load.ts";
import { createClusterTransport } from "../../src/transport/cluster-transport.ts";
import { request } from "../contracts/server-under-test.ts";
import { startKubeApiServer } from "./kube-apiserver.ts";
import { readDefinitions, schemaModule } from "./open-api.ts";

const file = fileURLToPath(new URL("../../src/apiserver/schema/built-in-schema.ts", import.meta.url));
const server = await startKubeApiServer({ progress: (line) => process.stderr.write(`${line}\n`) });
if ("skipped" in server) throw new Error(server.skipped);
const transport = createClusterTransport(await loadConfig({ kubeconfig: server.kubeconfig }), {
  retry: { maxRetries: 0 },
});
try {
  const get = async (path: string): Promise<unknown> =>
    JSON.parse((await request({ transport }, "GET", path)).text);
  await writeFile(file, schemaModule(await readDefinitions(get)));
} finally {
  await transport.close();
  await server.stop();
}

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, inject, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { createClusterTransport } from "../../src/transport/cluster-transport.ts";
import { request } from "../contracts/server-under-test.ts";
import { readDefinitions, schemaModule } from "./open-api.ts";

const access = inject("kubeApiServer");
const file = fileURLToPath(new URL("../../src/apiserver/schema/built-in-schema.ts", import.meta.url));

describe.skipIf(access?.origin !== "started")("the schema of built-in kinds", () => {
  it("is that of the kube-apiserver's OpenAPI; test/cluster/generate-schema.ts writes it anew", async () => {
    const transport = createClusterTransport(await loadConfig({ kubeconfig: access?.kubeconfig ?? "" }), {
      retry: { maxRetries: 0 },
    });
    try {
      const get = async (path: string): Promise<unknown> =>
        JSON.parse((await request({ transport }, "GET", path)).text);
      expect(readFileSync(file, "utf8")).toBe(schemaModule(await readDefinitions(get)));
    } finally {
      await transport.close();
    }
  });
});

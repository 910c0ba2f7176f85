import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import shared from "../../vitest.config.ts";

const config: ViteUserConfig = defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  ...(shared.resolve === undefined ? {} : { resolve: shared.resolve }),
  test: {
    include: ["test/cluster/*.test.ts"],
    globalSetup: ["test/cluster/global-setup.ts"],
    // One server for all of them, which has better to do than to serve several at once.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    ...(shared.test?.env === undefined ? {} : { env: shared.test.env }),
  },
});

export default config;

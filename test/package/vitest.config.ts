import { defineConfig, type ViteUserConfig } from "vitest/config";

/** What the packed package does in projects of its users': `npm run package` builds it first. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ["test/package/installed/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    env: { KUBECONFIG: "/nonexistent/kubeconfig", KUBERNETES_SERVICE_HOST: "", NODE_ENV: "test" },
  },
});

export default config;

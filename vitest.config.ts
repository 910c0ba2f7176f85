import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

const config: ViteUserConfig = defineConfig({
  resolve: {
    // The longer names first: an alias also matches the paths below it.
    alias: [
      { find: "kube-reflex/kinds", replacement: source("kinds/index.ts") },
      { find: "kube-reflex/metrics", replacement: source("metrics/index.ts") },
      { find: "kube-reflex/testing", replacement: source("testing/index.ts") },
      { find: "kube-reflex/workers", replacement: source("worker-thread/index.ts") },
      { find: "kube-reflex", replacement: source("index.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
    exclude: ["test/cluster/**", "test/package/installed/**"],
    typecheck: { enabled: true, include: ["test/types/**/*.test-d.ts"], tsconfig: "./tsconfig.json" },
    // A developer's own cluster must never be what a test talks to.
    env: { KUBECONFIG: "/nonexistent/kubeconfig", KUBERNETES_SERVICE_HOST: "", NODE_ENV: "test" },
    coverage: {
      provider: "v8",
      reporter: ["text-summary"],
      include: ["src/**/*.ts"],
      exclude: ["src/**/index.ts"],
      thresholds: {
        "src/{watch,reflector,delta-fifo,store,informer}/**": { branches: 95 },
      },
    },
  },
});

export default config;

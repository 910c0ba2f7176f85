import type { Options } from "tsup";

const options: Options = {
  entry: {
    index: "src/index.ts",
    kinds: "src/kinds/index.ts",
    metrics: "src/metrics/index.ts",
    testing: "src/testing/index.ts",
  },
  format: "esm",
  target: "node22",
  platform: "node",
  dts: true,
  splitting: true,
  sourcemap: true,
  clean: true,
};

export default options;

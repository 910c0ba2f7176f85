import { rollup } from "rollup";
import type { Options } from "tsup";

/** What is used of js-yaml: a build fails where a source imports more. */
const yamlNames = [
  "boolCoreTag",
  "COLLECTION_STYLE",
  "defineScalarTag",
  "EVENT_ID",
  "floatCoreTag",
  "getScalarValue",
  "intCoreTag",
  "NOT_RESOLVED",
  "nullCoreTag",
  "parseEvents",
  "SCALAR_STYLE",
  "strTag",
  "YAMLException",
];

/**
 * Puts js-yaml into the package, without what is not used of it.
 *
 * It makes its schemas by calls as it loads. No bundler of a user's may leave out
 * a call that could have an effect, so each program would carry all of js-yaml,
 * 15 KB more. Rollup can be told that these calls have none.
 */
export const partOfYaml: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "part of js-yaml",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]js-yaml\.mjs$/ }, async ({ path }) => {
      const entry = "used";
      const bundle = await rollup({
        input: entry,
        treeshake: {
          preset: "smallest",
          manualPureFunctions: [
            "defineMappingTag",
            "defineScalarTag",
            "defineSequenceTag",
            "Schema",
            "YAML11_SCHEMA.withTags",
          ],
        },
        plugins: [
          {
            name: entry,
            resolveId: (id) => (id === entry ? id : null),
            load: (id) =>
              id === entry ? `export { ${yamlNames.join(", ")} } from ${JSON.stringify(path)};` : null,
          },
        ],
      });
      const { output } = await bundle.generate({ format: "esm" });
      return { contents: output[0].code };
    });
  },
};

const options: Options = {
  entry: {
    index: "src/index.ts",
    kinds: "src/kinds/index.ts",
    metrics: "src/metrics/index.ts",
    testing: "src/testing/index.ts",
    workers: "src/worker-thread/index.ts",
    // What a worker thread loads; found beside the others, by this name.
    "worker-thread": "src/worker-thread/main.ts",
  },
  format: "esm",
  target: "node22",
  platform: "node",
  dts: true,
  splitting: true,
  sourcemap: true,
  clean: true,
  noExternal: ["js-yaml"],
  esbuildPlugins: [partOfYaml],
};

export default options;

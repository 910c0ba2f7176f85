import { mkdir, readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InstalledProject } from "./project.ts";
import { moduleOf, readmeBlocks } from "./readme.ts";

const driver = fileURLToPath(new URL("./drive.ts", import.meta.url));
const external = ["@kubernetes/client-node"];
/** An ESM bundle has no `require`, which undici's CommonJS needs. */
const banner = {
  js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
};
const blocks = readmeBlocks();

/** A program that lists pods, to be bundled. */
const getPods = `
import { Cluster } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";
await using cluster = await Cluster.connect();
for await (const pod of cluster.resources(Pod).inNamespace(process.argv[2]).items()) console.log(pod.metadata.name);
`;

describe("the packed package in an empty project", () => {
  let project: InstalledProject;
  let sources: string[];

  const compile = async (folder: string, options: BuildOptions): Promise<void> => {
    await build({
      entryPoints: sources,
      outdir: join(project.folder, folder),
      platform: "node",
      target: "node22",
      logLevel: "error",
      absWorkingDir: project.folder,
      ...options,
    });
  };

  beforeAll(async () => {
    project = await InstalledProject.make();
    await mkdir(join(project.folder, "src"));
    sources = [await project.write("src/drive.ts", await readFile(driver, "utf8"))];
    for (const [i, block] of blocks.entries()) {
      sources.push(await project.write(`src/block-${i}.ts`, moduleOf(block)));
    }
    const imports = blocks.map((_, i) => `import { run as run${i} } from "./block-${i}.js";`);
    const main = [
      ...imports,
      'import { drive } from "./drive.js";',
      `drive([${blocks.map((_, i) => `run${i}`).join(", ")}]);`,
    ];
    sources.push(await project.write("src/main.ts", main.join("\n")));
    await project.write(
      "tsconfig.json",
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          target: "ES2023",
          lib: ["ES2023", "ESNext.Disposable"],
          types: ["node"],
        },
        include: ["src"],
      }),
    );
  });
  afterAll(() => project?.[Symbol.asyncDispose]());

  it("finds the README's blocks", () => {
    expect(blocks.length).toBeGreaterThanOrEqual(3);
  });

  it("runs the README's blocks as ES modules, on the oldest Node and on this one", async () => {
    await compile("esm", { format: "esm" });
    for (const { file } of project.nodes) {
      expect(await project.node(file, "esm/main.js")).toBe(`ok ${blocks.length}\n`);
    }
  });

  it("runs them as CommonJS by require(), on the oldest Node and on this one", async () => {
    await compile("cjs", { format: "cjs" });
    await project.write("cjs/package.json", '{ "type": "commonjs" }');
    for (const { file } of project.nodes) {
      expect(await project.node(file, "cjs/main.js")).toBe(`ok ${blocks.length}\n`);
    }
  });

  it("runs them bundled and minified into one file of either kind (P35)", async () => {
    const entryPoints = [join(project.folder, "src/main.ts")];
    const common = { entryPoints, bundle: true, minify: true, external };
    await compile("bundled-cjs", { ...common, format: "cjs" });
    await project.write("bundled-cjs/package.json", '{ "type": "commonjs" }');
    await compile("bundled-esm", { ...common, format: "esm", banner });
    for (const { file } of project.nodes) {
      expect(await project.node(file, "bundled-cjs/main.js")).toBe(`ok ${blocks.length}\n`);
      expect(await project.node(file, "bundled-esm/main.js")).toBe(`ok ${blocks.length}\n`);
    }
  });

  it.each([
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ])("type-checks with module %s and moduleResolution %s", async (module, moduleResolution) => {
    await project.tsc("-p", ".", "--module", module, "--moduleResolution", moduleResolution);
  });

  it("loads none of client-node's declarations for the types of kube-reflex alone", async () => {
    await mkdir(join(project.folder, "alone"));
    await project.write(
      "alone/main.ts",
      'import { Cluster } from "kube-reflex";\nexport const connect = Cluster.connect;\n',
    );
    const files = async (...sources: string[]): Promise<string[]> => {
      const options = [
        "--ignoreConfig",
        "--noEmit",
        "--strict",
        "--skipLibCheck",
        "--module",
        "nodenext",
        "--types",
        "node",
      ];
      const listed = await project.tsc(...options, "--listFiles", ...sources);
      return listed.split("\n").filter((file) => file.includes("@kubernetes/client-node"));
    };
    expect(await files("alone/main.ts")).toEqual([]);
    // The same question has another answer where the kinds' types are asked for.
    expect((await files("src/block-0.ts")).length).toBeGreaterThan(100);
  });

  it("adds at most 120 KB to undici in a bundled and minified program that lists pods", async () => {
    const undici = createRequire(import.meta.url).resolve("undici");
    await mkdir(join(project.folder, "size"));
    const programs = {
      pods: await project.write("size/pods.ts", getPods),
      undici: await project.write(
        "size/undici.ts",
        `import * as u from ${JSON.stringify(undici)}; console.log(u);`,
      ),
    };
    await compile("size/out", {
      entryPoints: Object.values(programs),
      bundle: true,
      minify: true,
      format: "esm",
      external,
    });
    const size = async (name: string): Promise<number> =>
      (await stat(join(project.folder, "size/out", `${name}.js`))).size;
    expect((await size("pods")) - (await size("undici"))).toBeLessThanOrEqual(120_000);
  });
});

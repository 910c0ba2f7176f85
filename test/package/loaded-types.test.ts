import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The options of a careful user: declaration files are checked too. */
const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2024,
  lib: ["lib.es2024.d.ts", "lib.esnext.disposable.d.ts"],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ["node"],
  strict: true,
  noEmit: true,
};

// A type checker reads a thousand files in each of these.
describe("type-checking an import of the package", { timeout: 120_000 }, () => {
  let project: string;

  beforeAll(() => {
    // A project that has the package's declarations, as a build writes them, and nothing of its sources.
    project = mkdtempSync(join(tmpdir(), "kube-reflex-types-"));
    const installed = join(project, "node_modules/kube-reflex");
    for (const file of readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts")) continue;
      const source = readFileSync(join(root, "src", file), "utf8");
      const path = join(installed, file.replace(/(\.d)?\.ts$/, ".d.ts"));
      mkdirSync(dirname(path), { recursive: true });
      const isDeclaration = file.endsWith(".d.ts");
      writeFileSync(path, isDeclaration ? source : ts.transpileDeclaration(source, {}).outputText);
    }
    const exports = { ".": { types: "./index.d.ts" }, "./kinds": { types: "./kinds/index.d.ts" } };
    writeFileSync(join(installed, "package.json"), JSON.stringify({ name: "kube-reflex", exports }));
    writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
    symlinkSync(join(root, "node_modules"), join(installed, "node_modules"));
    symlinkSync(join(root, "node_modules/@types"), join(project, "node_modules/@types"));
  }, 60_000);

  afterAll(() => rmSync(project, { recursive: true }));

  function check(text: string): { files: string[]; problems: string[] } {
    const file = join(project, "program.ts");
    writeFileSync(file, text);
    const host = ts.createCompilerHost(options);
    const program = ts.createProgram([file], options, { ...host, getCurrentDirectory: () => project });
    const source = program.getSourceFile(file);
    const diagnostics = [
      ...program.getOptionsDiagnostics(),
      ...(source === undefined ? [] : program.getSemanticDiagnostics(source)),
    ];
    return {
      files: program.getSourceFiles().map(({ fileName }) => fileName),
      problems: diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")),
    };
  }

  const ofClientNode = (files: readonly string[]): string[] =>
    files.filter((file) => file.includes("@kubernetes/client-node")).slice(0, 3);

  it("loads nothing of client-node's for `kube-reflex` alone", () => {
    const { files, problems } = check(
      'import { Cluster } from "kube-reflex";\nexport const cluster: Cluster = await Cluster.connect();\n',
    );
    expect(problems).toEqual([]);
    expect(files.some((file) => file.endsWith("kube-reflex/cluster/cluster.d.ts"))).toBe(true);
    expect(ofClientNode(files)).toEqual([]);
    expect(files.filter((file) => file.includes("kube-reflex/kinds/"))).toEqual([]);
  });

  it("loads them for `kube-reflex/kinds`, whose types are made from them", () => {
    const { files, problems } = check(
      'import { Pod } from "kube-reflex/kinds";\nexport const at: string | undefined = ({} as Pod).metadata.creationTimestamp;\n',
    );
    expect(problems).toEqual([]);
    expect(ofClientNode(files)).not.toEqual([]);
  });

  it("shows a handle's type short, with the name of its subresources", () => {
    const { problems } = check(`import { Cluster } from "kube-reflex";
import { ConfigMap, Job, Pod } from "kube-reflex/kinds";
const cluster = await Cluster.connect();
export const pods: 0 = cluster.resources(Pod);
export const jobs: 0 = cluster.resources(Job);
export const maps: 0 = cluster.resources(ConfigMap);
`);
    expect(problems).toEqual([
      "Type 'ResourceHandle<Pod, PodSubresource>' is not assignable to type '0'.",
      "Type 'ResourceHandle<Job, \"status\">' is not assignable to type '0'.",
      "Type 'ResourceHandle<ConfigMap, never>' is not assignable to type '0'.",
    ]);
  });
});

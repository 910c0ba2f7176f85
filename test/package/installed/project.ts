import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const runFile = promisify(execFile);

/** The oldest Node that the package says it runs on. */
const oldestNode = "22.19.0";

/** A folder of its own with the packed package installed, as a user's project has it. */
export class InstalledProject implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Pack the package as it is built, and install it into an empty project. */
  static async make(): Promise<InstalledProject> {
    const folder = await mkdtemp(join(tmpdir(), "kube-reflex-installed-"));
    const project = new InstalledProject(folder);
    await run("npm", ["pack", "--silent", "--pack-destination", folder], root);
    const [tarball = ""] = (await readdir(folder)).filter((name) => name.endsWith(".tgz"));
    await writeFile(
      join(folder, "package.json"),
      JSON.stringify({ name: "user", private: true, type: "module" }),
    );
    const wanted = [
      `./${tarball}`,
      "@types/node@24",
      `node-${process.platform}-${process.arch}@${oldestNode}`,
    ];
    await run("npm", ["install", "--no-audit", "--no-fund", "--silent", ...wanted], folder);
    return project;
  }

  /** The executables of the Node versions that the package must run on. */
  get nodes(): readonly { readonly version: string; readonly file: string }[] {
    const oldest = `node-${process.platform}-${process.arch}/bin/node`;
    return [
      { version: oldestNode, file: join(this.folder, "node_modules", oldest) },
      { version: process.versions.node, file: process.execPath },
    ];
  }

  async write(file: string, text: string): Promise<string> {
    const path = join(this.folder, file);
    await writeFile(path, text);
    return path;
  }

  /** Let a tool of the repository's find its own types from here. */
  async link(name: string): Promise<void> {
    await symlink(join(root, "node_modules", name), join(this.folder, "node_modules", name));
  }

  /** Run a file with a version of Node; resolves to what it prints. */
  node(executable: string, file: string, ...args: string[]): Promise<string> {
    return run(executable, [file, ...args], this.folder);
  }

  /** Run the repository's TypeScript compiler over the project. */
  tsc(...args: string[]): Promise<string> {
    return run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), ...args], this.folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function run(file: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    const { stdout } = await runFile(file, args, { cwd, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    // Its end alone: of a minified program the rest is one endless line.
    throw new Error(`${file} ${args.join(" ")} failed:\n${`${stdout}${stderr}`.slice(-2000)}`);
  }
}

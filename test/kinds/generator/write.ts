import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Write files below a folder, formatted as this repository is; answers their paths. */
export function writeFormatted(files: ReadonlyMap<string, string>, folder: string = root): string[] {
  const paths = [...files].map(([file, text]) => {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  });
  const biome = join(root, "node_modules/.bin/biome");
  const rules = ["--config-path", root, "--vcs-enabled=false"];
  execFileSync(biome, ["check", "--write", ...rules, ...paths], { cwd: folder, stdio: "pipe" });
  return paths;
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const folder = fileURLToPath(new URL("../../src/config/", import.meta.url));

describe("the configuration's declarations", () => {
  it("mention nothing of client-node, so that none of its 1,100 declaration files are loaded for them (P32)", () => {
    const imports = readdirSync(folder).filter((file) =>
      /from "@kubernetes|import\("@kubernetes/.test(readFileSync(join(folder, file), "utf8")),
    );
    expect(imports).toEqual([]);
  });
});

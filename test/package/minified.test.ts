import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { KubeError } from "kube-reflex";
import { TestApiServer } from "kube-reflex/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const source = fileURLToPath(new URL("./minified/program.ts", import.meta.url));

describe("a minified program", () => {
  let folder: string;
  let program: typeof import("./minified/program.ts");

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kube-reflex-minified-"));
    const outfile = join(folder, "program.cjs");
    await build({
      entryPoints: [source],
      outfile,
      bundle: true,
      minify: true,
      format: "cjs",
      platform: "node",
    });
    program = await import(pathToFileURL(outfile).href);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("has lost the names of its classes", () => {
    expect(program.className.length).toBeLessThan("Cluster".length);
  });

  it("follows two versions of a custom resource, another of the same name, and a built-in kind (P35)", async () => {
    const { run, WidgetV1, WidgetV2, OtherWidget } = program;
    await using server = await TestApiServer.start({
      listen: false,
      kinds: [WidgetV1, WidgetV2, OtherWidget],
    });
    const told = await run(server.transport);
    expect(told.sizes).toEqual([1]);
    expect(told.onNode).toEqual(["default/p"]);
    const watched = server.requests.filter({ verb: "watch" }).map(({ path }) => path);
    expect(watched.sort()).toEqual([
      "/api/v1/namespaces/default/pods",
      "/apis/example.com/v1/namespaces/default/widgets",
      "/apis/example.com/v2/namespaces/default/widgets",
      "/apis/other.example/v1/namespaces/default/widgets",
    ]);
  });

  it("throws errors that keep their name and are known to another copy of the package (P35)", async () => {
    await using server = await TestApiServer.start({
      listen: false,
      kinds: [program.WidgetV1, program.WidgetV2, program.OtherWidget],
    });
    const { error } = await program.run(server.transport);
    expect(KubeError.is(error)).toBe(true);
    expect(error).toMatchObject({ name: "KubeError", code: "INVALID_ARGUMENT" });
  });
});

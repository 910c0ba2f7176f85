import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { configFromKubeconfig } from "../../src/config/kubeconfig.ts";
import { parseKubeconfig, readKubeconfigFiles } from "../../src/config/kubeconfig-document.ts";
import { kubeconfig, TestFolder, thrown } from "./files.ts";

describe("several kubeconfig files", () => {
  it("are merged: the first to name something wins, and paths stay relative to their own file (P32)", () => {
    using folder = new TestFolder();
    const first = folder.write("one/config", {
      "current-context": "",
      users: [{ name: "u", user: { tokenFile: "token" } }],
    });
    const second = folder.write("two/config", kubeconfig({}, { token: "loses" }, { namespace: "two" }));
    const third = folder.write("three/config", {
      ...kubeconfig({ server: "https://loses.example" }, {}, { namespace: "three" }),
      "current-context": "loses",
    });
    const config = configFromKubeconfig(readKubeconfigFiles([first, second, third]));
    expect(config).toMatchObject({
      server: "https://cluster.example:6443",
      credentials: { type: "token-file", path: join(folder.path, "one/token") },
      namespace: "two",
    });
  });

  it("may be missing or empty in part, not in whole (P26)", () => {
    using folder = new TestFolder();
    const file = folder.write("config", kubeconfig({}, {}));
    const empty = folder.write("empty", "");
    const gone = join(folder.path, "gone");
    expect(configFromKubeconfig(readKubeconfigFiles([gone, empty, file])).server).toContain(
      "cluster.example",
    );
    const error = thrown(() => readKubeconfigFiles([gone, `${gone}2`]));
    expect(error).toMatchObject({
      code: "INVALID_CONFIG",
      message: expect.stringContaining(`${gone}, ${gone}2`),
    });
  });
});

const nine = (name: string): string => `[${`*${name},`.repeat(9)}]`;
const aliasBomb = `a: &a [1,1,1]\nb: &b ${nine("a")}\nc: &c ${nine("b")}\nd: &d ${nine("c")}\ne: ${nine("d")}\n`;

describe("what is written in a kubeconfig", () => {
  const tokenOf = (user: string): unknown => {
    const text = `${JSON.stringify({ ...kubeconfig({}, {}), users: undefined }).slice(0, -1)},"users":[{"name":"u","user":${user}}]}`;
    return configFromKubeconfig(parseKubeconfig(text, "FILE", "/")).credentials;
  };

  it.each(["0123", "12345678901234567890123", "1e5", "1.50"])(
    "is the text it was written as where it looks like the number %s (P32)",
    (token) => {
      expect(tokenOf(`{token: ${token}}`)).toEqual({ type: "token", token });
    },
  );

  it("hands numbers in extensions on as numbers (P32)", () => {
    const text = "clusters: [{name: c, cluster: {extensions: [{name: x, extension: {port: 1.50}}]}}]";
    const body = parseKubeconfig(text, "FILE", "/").clusters.get("c")?.body;
    expect(body).toEqual({ extensions: [{ name: "x", extension: { port: 1.5 } }] });
  });

  it("is merged by merge keys, as kubectl does (P32)", () => {
    expect(tokenOf("{<<: {token: merged}}")).toEqual({ type: "token", token: "merged" });
  });

  it("is not quoted in warnings of the YAML parser (P26)", () => {
    const warned = vi.spyOn(process, "emitWarning").mockReturnValue(undefined);
    parseKubeconfig("? {a: s3cret}\n: b\n", "FILE", "/");
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });
});

describe("an unreadable kubeconfig", () => {
  it("is INVALID_CONFIG naming the file: not there, a folder (P26)", () => {
    using folder = new TestFolder();
    const gone = join(folder.path, "gone");
    expect(thrown(() => readKubeconfigFiles([gone]))).toMatchObject({
      code: "INVALID_CONFIG",
      message: `read the kubeconfig: no such file: ${gone}; check the path`,
    });
    mkdirSync(join(folder.path, "dir"));
    expect(String(thrown(() => readKubeconfigFiles([join(folder.path, "dir")])))).toContain("is a folder");
  });

  it.each([
    ["not YAML", "a: [s3cret\nb: }", "not YAML"],
    ["a text", "s3cret", "no mapping"],
    ["clusters that are no list", "clusters: {}", "`clusters` is no list"],
    ["an entry without a name", "users: [{user: {token: s3cret}}]", "an entry of `users` has no name"],
    ["an alias without an anchor", "users: [{name: a, user: {token: *s3cret }}]", "an alias"],
    ["a bomb of aliases", aliasBomb, "an alias"],
    ["an entry that is no mapping", "users: [{name: a, user: s3cret}]", 'user "a" is no mapping'],
  ])("that is %s is INVALID_CONFIG and tells no content (P26)", (_case, text, why) => {
    const error = thrown(() => parseKubeconfig(text, "FILE", "/"));
    expect(error).toMatchObject({ code: "INVALID_CONFIG", message: expect.stringContaining(why) });
    expect(error).toMatchObject({ message: expect.stringContaining("kubeconfig FILE") });
    expect(inspect(error, { depth: 10 })).not.toContain("s3cret");
  });
});

import { describe, expect, it } from "vitest";
import { manifestsOf, parseManifests } from "../../src/manifests/parse-manifests.ts";

const configMap = (name: string, rest = ""): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${rest}`;

/** What reading a text fails with. */
async function problem(text: string, name = "web.yaml"): Promise<string> {
  const error: unknown = await parseManifests(text, { name }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
  return error instanceof Error ? error.message : "";
}

describe("parseManifests", () => {
  it("reads several documents, passes empty ones over and counts them", async () => {
    const text = `# a comment\n---\n${configMap("a")}---\n# nothing\n---\n---\n${configMap("b")}...\n`;
    const manifests = await parseManifests(text);
    expect(manifests.map(({ object, document, line }) => [object.metadata.name, document, line])).toEqual([
      ["a", 1, 3],
      ["b", 4, 11],
    ]);
    expect(await parseManifests("")).toEqual([]);
    expect(await parseManifests("---\n---\n# only comments\n")).toEqual([]);
  });

  it("reads JSON, one object or several after each other, with a byte order mark and Windows lines", async () => {
    const one = JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata: { name: "s" } }, null, "\t");
    const two = await parseManifests(`\uFEFF${one}\n${one.replace('"s"', '"t"')}`);
    expect(two.map(({ object, document, line }) => [object.metadata.name, document, line])).toEqual([
      ["s", 1, 1],
      ["t", 2, 8],
    ]);
    const [windows] = await parseManifests(configMap("w", "data: {a: b}\n").replaceAll("\n", "\r\n"));
    expect(windows?.object).toEqual({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "w" },
      data: { a: "b" },
    });
  });

  it("takes lists apart, those of one kind and those in lists too", async () => {
    const text = `apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Pod
    metadata: {name: p}
  - apiVersion: v1
    kind: ConfigMapList
    items:
      - metadata: {name: c}
      - metadata: {name: d}
---
kind: List
apiVersion: v1
items: null
`;
    const manifests = await parseManifests(text);
    expect(
      manifests.map(({ object: { apiVersion, kind, metadata }, document, line }) => [
        apiVersion,
        kind,
        metadata.name,
        document,
        line,
      ]),
    ).toEqual([
      ["v1", "Pod", "p", 1, 4],
      ["v1", "ConfigMap", "c", 1, 10],
      ["v1", "ConfigMap", "d", 1, 11],
    ]);
  });

  it("keeps a kind that only ends like a list, and fields it does not know (P36)", async () => {
    const [list] = await parseManifests(
      "apiVersion: example.com/v1\nkind: PriceList\nmetadata: {name: x}\nspec: {items: [1]}\n",
    );
    expect(list?.object).toMatchObject({ kind: "PriceList", spec: { items: [1] } });
  });

  it("follows aliases and merge keys", async () => {
    const text = configMap("a", "data: &d\n  x: '1'\nbinaryData:\n  <<: *d\n  z: Mg==\n");
    const [{ object } = {}] = await parseManifests(text);
    expect(object).toMatchObject({ data: { x: "1" }, binaryData: { x: "1", z: "Mg==" } });
  });

  it("names file, document and line of what is not YAML, and quotes none of it", async () => {
    const secret = "hunter2";
    for (const [broken, line, what] of [
      [`${configMap("a")}---\ndata:\n\t${secret}: x\n`, 7, "a tab"],
      [`${configMap("a")}---\nkind: "${secret}\n`, 7, "a character is missing"],
      [`${configMap("a")}---\na: ${secret}\n  b: c\n`, 6, "Check the indentation"],
      [`${configMap("a")}---\npassword: @${secret}\n`, 6, "needs quotes"],
      [`${configMap("a")}---\npassword: !vault ${secret}\n`, 6, "a tag that is not known"],
      [`${configMap("a")}---\n? {a: ${secret}}\n: b\n`, 6, "a key is no text"],
      [`${configMap("a")}---\nnull: ${secret}\n`, 6, "a key is no text"],
    ] as const) {
      const message = await problem(broken);
      expect(message).toMatch(/^read web\.yaml, document 2, line \d+: /);
      expect(message).toContain(`line ${line}: `);
      expect(message).toContain(what);
      expect(message).not.toContain(secret);
    }
    expect(await problem(`{"apiVersion": "v1", "kind": "Secret" "x": "${secret}"}`)).not.toContain(secret);
  });

  it("refuses a key that stands twice, also one that only reads the same", async () => {
    expect(await problem(configMap("a", "data:\n  a: b\n  a: c\n"))).toBe(
      "read web.yaml, document 1, line 7: a key stands twice in one mapping. Remove one of them",
    );
    expect(await problem(configMap("a", "data:\n  yes: b\n  true: c\n"))).toContain(
      "line 7: a key stands twice",
    );
    expect(await problem(configMap("a", "data:\n  '1': b\n  1: c\n"))).toContain("a key stands twice");
  });

  it("refuses aliases that grow without end, and those without an anchor", async () => {
    const bomb = ["a: &a [x,x,x,x,x,x,x,x,x,x]"];
    for (const [next, before] of ["ba", "cb", "dc", "ed"]) {
      bomb.push(`${next}: &${next} [${Array(10).fill(`*${before}`).join()}]`);
    }
    expect(await problem(bomb.join("\n"))).toContain("its aliases are too many");
    expect(await problem("a: *b\n")).toMatch(/document 1, line 1: /);
  });

  it.each([
    ["a text", "just words\n", "it is a string, expected an object with apiVersion, kind and metadata"],
    ["a list", "- a\n- b\n", "it is a list, expected an object"],
    [
      "no kind",
      "apiVersion: v1\nmetadata: {name: a}\n",
      "it has no kind. Name one, such as `kind: ConfigMap`",
    ],
    ["a wrong kind", "apiVersion: v1\nkind: a/b\nmetadata: {name: a}\n", 'its kind "a/b" is none'],
    ["no apiVersion", "kind: Pod\nmetadata: {name: a}\n", "the Pod has no apiVersion. Name one"],
    [
      "a wrong apiVersion",
      "apiVersion: apps/../v1\nkind: Pod\nmetadata: {name: a}\n",
      'the Pod has the apiVersion "apps/../v1"',
    ],
    [
      "a number for a version",
      "apiVersion: 1\nkind: Pod\nmetadata: {name: a}\n",
      "the Pod has the apiVersion,",
    ],
    ["no metadata", "apiVersion: v1\nkind: Pod\n", "the Pod has no metadata.name"],
    [
      "metadata that is none",
      "apiVersion: v1\nkind: Pod\nmetadata: a\n",
      "the metadata of the Pod is no object",
    ],
    [
      "generateName",
      "apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\n",
      "has metadata.generateName and no name: apply needs a name, create it instead",
    ],
    [
      "a number for a name",
      "apiVersion: v1\nkind: Pod\nmetadata: {name: 17}\n",
      "is a number. Put it in quotes",
    ],
    [
      "a namespace that is none",
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: A_b}\n",
      'the Pod "a" is in the namespace "A_b", expected a DNS label',
    ],
    [
      "a namespace that is read as true, as kubectl does",
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: y}\n",
      "the metadata.namespace of the Pod is a boolean. Put it in quotes",
    ],
    [
      "a number that JSON cannot hold",
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {x: [{z: 9007199254740993}]}\n",
      "the number in `spec.x.0.z` of the Pod cannot be sent as it is written",
    ],
    [
      "a number that is none",
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {x: .nan}\n",
      "the number in `spec.x` of the Pod cannot be sent",
    ],
  ])("refuses %s", async (_what, text, message) => {
    const told = await problem(text);
    expect(told).toMatch(/^read web\.yaml, document 1, line 1: /);
    expect(told).toContain(message);
  });

  it("refuses names that would reach another path (P30)", async () => {
    for (const name of ["../x", "a/b", "..", ".", "%2f", "a\\\\b", ""]) {
      const text = `apiVersion: v1\nkind: Pod\nmetadata: {name: "${name}"}\n`;
      expect(await problem(text)).toMatch(name === "" ? /no metadata\.name/ : /expected a name without/);
    }
  });

  it("refuses an object that stands twice, and names both places", async () => {
    const text = `${configMap("a", "data: {password: hunter2}\n")}---\n${configMap("a")}`;
    expect(await problem(text)).toBe(
      'read web.yaml, document 2, line 7: ConfigMap "a" stands twice, first in web.yaml, document 1, line 1. Remove one of them',
    );
    const other = (version: string, namespace: string): string =>
      `---\napiVersion: apps/${version}\nkind: Deployment\nmetadata: {name: a, namespace: ${namespace}}\n`;
    expect(await problem(other("v1", "x") + other("v1beta1", "x"))).toContain(
      '"a" in namespace "x" stands twice',
    );
    expect(await parseManifests(other("v1", "x") + other("v1", "z"))).toHaveLength(2);
  });

  it("refuses what is no text, and options that are none, before reading", async () => {
    // @ts-expect-error: a buffer is no text
    await expect(parseManifests(Buffer.from("a: b"))).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    // @ts-expect-error: a name is a text
    await expect(parseManifests("", { name: 1 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("objects given as such", () => {
  it("are checked in the same way, and named by their number", () => {
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "a" } };
    const list = { apiVersion: "v1", kind: "PodList", metadata: {}, items: [{ metadata: { name: "b" } }] };
    expect(manifestsOf([pod, list]).map(({ object, document }) => [object.metadata.name, document])).toEqual([
      ["a", 1],
      ["b", 2],
    ]);
    expect(() => manifestsOf([pod, { ...pod, kind: undefined }], { name: "mine" })).toThrow(
      "read mine, object 2: it has no kind",
    );
    expect(() => manifestsOf([pod, pod])).toThrow(
      'read manifests, object 2: Pod "a" stands twice, first in manifests, object 1',
    );
    expect(() => manifestsOf([null])).toThrow("read manifests, object 1: it is nothing");
    expect(() => manifestsOf(new Array(2))).toThrow("read manifests, object 1: it is a undefined");
  });

  it("are refused where they cannot be sent, before others are applied", () => {
    const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };
    const cycle: Record<string, unknown> = { ...map };
    cycle.self = cycle;
    for (const object of [cycle, { ...map, data: { a: 1n } }]) {
      expect(() => manifestsOf([map, object])).toThrow(
        "read manifests, object 2: it cannot be written as JSON",
      );
    }
  });

  it("are refused where they have no end, as texts with such aliases are", async () => {
    const start = "apiVersion: v1\nkind: ConfigMap\n";
    const deep = `{"apiVersion":"v1","kind":"X","x":${"[".repeat(50_000)}${"]".repeat(50_000)}}`;
    for (const text of [`${start}metadata: &m { name: a, labels: *m }`, `${start}x: &x [*x, *x]`, deep]) {
      expect(await problem(text)).toBe(
        "read web.yaml, document 1, line 1: it is nested too deep, or holds itself",
      );
    }
  });
});

import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/base/api-error.ts";
import { KubeError } from "../../src/base/errors.ts";
import { type ApplyManifestsOptions, applyManifests } from "../../src/manifests/apply-manifests.ts";
import { ApplyError, type ApplyReport } from "../../src/manifests/apply-report.ts";
import { ScriptedPort, yaml } from "./scripted-port.ts";

const forbidden = (what: string): ApiError =>
  new ApiError(`patch ${what}: forbidden (403)`, { status: 403, reason: "Forbidden" });

async function failure(applying: Promise<unknown>): Promise<ApplyError> {
  const error: unknown = await applying.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!ApplyError.is(error)) throw new Error(`expected an ApplyError, got ${String(error)}`);
  return error;
}

const outcomes = (report: ApplyReport): string[] =>
  report.map(({ kind, namespace, name, outcome }) =>
    [kind, namespace === undefined ? name : `${namespace}/${name}`, outcome].join(" "),
  );

const shop =
  yaml("apps/v1", "Deployment", "web", "shop") +
  yaml("v1", "ConfigMap", "web", "shop") +
  yaml("v1", "Namespace", "shop");

describe("applyManifests", () => {
  it("applies in install order and reports in the order given, created told from applied", async () => {
    const port = new ScriptedPort();
    port.there.add("ConfigMap shop/web");
    const report = await applyManifests(port, shop, { fieldManager: "test", force: true });
    expect(port.applied).toEqual(["Namespace shop", "ConfigMap shop/web", "Deployment shop/web"]);
    expect(report).toEqual([
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        namespace: "shop",
        name: "web",
        document: 1,
        line: 2,
        outcome: "created",
        uid: "uid of Deployment shop/web",
        resourceVersion: "7",
        error: undefined,
        reason: undefined,
      },
      expect.objectContaining({ kind: "ConfigMap", document: 2, outcome: "applied" }),
      expect.objectContaining({ kind: "Namespace", document: 3, outcome: "created", namespace: undefined }),
    ]);
    expect(port.calls[0]?.call).toEqual({
      namespace: undefined,
      fieldManager: "test",
      force: true,
      dryRun: undefined,
      signal: undefined,
    });
  });

  it("asks for each kind once, before anything is changed", async () => {
    const port = new ScriptedPort();
    await applyManifests(port, shop + yaml("v1", "ConfigMap", "other", "shop"));
    expect(port.asked.slice(0, 3)).toEqual([
      "find apps/v1 Deployment",
      "find v1 ConfigMap",
      "find v1 Namespace",
    ]);
    expect(port.asked.filter((request) => request.startsWith("find"))).toHaveLength(3);
  });

  it("takes objects, changes none of them, and sends no managedFields", async () => {
    const port = new ScriptedPort();
    const object = Object.freeze({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: Object.freeze({ name: "a", managedFields: [{ manager: "x" }], labels: { a: "b" } }),
      data: { new: "kept" },
    });
    const report = await applyManifests(port, [object], { namespace: "shop" });
    expect(report).toMatchObject([{ document: 1, line: undefined, namespace: "shop" }]);
    expect(port.calls[0]?.object).toEqual({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a", namespace: "shop", labels: { a: "b" } },
      data: { new: "kept" },
    });
    expect(port.calls[0]?.call.namespace).toBe("shop");
  });

  it("puts what names no namespace in the default one, and takes it from what has no use for it", async () => {
    const port = new ScriptedPort();
    const text =
      yaml("v1", "ConfigMap", "a") +
      yaml("v1", "ConfigMap", "a", "own") +
      yaml("rbac.authorization.k8s.io/v1", "ClusterRole", "r", "shop");
    expect(outcomes(await applyManifests(port, text, { namespace: "default" }))).toEqual([
      "ConfigMap default/a created",
      "ConfigMap own/a created",
      "ClusterRole r created",
    ]);
    expect(port.calls.find(({ object }) => object.kind === "ClusterRole")?.object.metadata).toEqual({
      name: "r",
    });
  });

  it("goes on after a failure, skips what needed it, and rejects with the report", async () => {
    const port = new ScriptedPort();
    const refusal = forbidden("namespaces/shop");
    port.script.set("apply Namespace shop", [refusal]);
    const text = shop + yaml("v1", "ConfigMap", "a", "other");
    const error = await failure(applyManifests(port, text, { name: "web.yaml" }));
    expect(outcomes(error.report)).toEqual([
      "Deployment shop/web skipped",
      "ConfigMap shop/web skipped",
      "Namespace shop failed",
      "ConfigMap other/a created",
    ]);
    expect(error.report[0]?.reason).toBe('its namespace "shop" was not applied');
    expect(error.report[2]?.error).toBe(refusal);
    expect(error).toMatchObject({ name: "ApplyError", code: "APPLY_FAILED", cause: refusal });
    expect(error.message).toBe(
      'apply web.yaml: 1 of 4 objects failed, 2 skipped: Namespace "shop" (document 3): patch namespaces/shop: forbidden (403)',
    );
    expect(KubeError.is(error)).toBe(true);
  });

  it("names the first three failures and counts the others", async () => {
    const port = new ScriptedPort();
    const names = ["a", "b", "c", "d", "e"];
    for (const name of names) port.script.set(`apply ConfigMap x/${name}`, [forbidden(name)]);
    const text = names.map((name) => yaml("v1", "ConfigMap", name, "x")).join("");
    const { message } = await failure(applyManifests(port, text));
    expect(message).toContain("5 of 5 objects failed: ConfigMap");
    expect(message).toContain('ConfigMap "c" (document 3)');
    expect(message).not.toContain('ConfigMap "d"');
    expect(message).toMatch(/; and 2 more, see `report`$/);
  });

  it("fails objects of a kind that is not served, and only these", async () => {
    const port = new ScriptedPort();
    const text = yaml("example.com/v1", "Widget", "w", "shop") + yaml("v1", "ConfigMap", "a", "shop");
    const error = await failure(applyManifests(port, text));
    expect(outcomes(error.report)).toEqual(["Widget w failed", "ConfigMap shop/a created"]);
    expect(error.report[0]?.error?.message).toBe("find the kind example.com/v1 Widget: not served (404)");
    expect(port.asked.filter((request) => request.includes("Widget"))).toHaveLength(1);
  });

  it("holds no contents in its report", async () => {
    const port = new ScriptedPort();
    const secret = yaml("v1", "Secret", "s", "shop", "stringData: {password: hunter2}\n");
    expect(JSON.stringify(await applyManifests(port, secret))).not.toContain("hunter2");
  });

  it("repeats nothing of a Secret that a server quotes in its refusal", async () => {
    const port = new ScriptedPort();
    const refusal = new ApiError(".data.key: expected bytes, got &{hunter2 and more} (422)", {
      status: 422,
      reason: "Invalid",
      retryAfterMs: 1000,
      details: { name: "s", causes: [{ field: "data", message: 'Invalid value: "s3cret"' }, { field: "x" }] },
      cause: new Error("hunter2"),
    });
    const data = "data: {key: hunter2}\nstringData: {a: [s3cret], b: hunter2 and more, c: ~, d: is}\n";
    const text = (kind: string): string => yaml("v1", kind, "s", "shop", data);
    port.script.set("apply Secret shop/s", [refusal]);
    const error = await failure(applyManifests(port, text("Secret")));
    expect(error.message).toBe(
      'apply manifests: 1 of 1 objects failed: Secret "s" (document 1): .data.key: expected bytes, got &{…} (422)',
    );
    expect(inspect(error, { depth: 9 })).not.toMatch(/hunter2|s3cret/);
    expect(error.report[0]?.error).toMatchObject({
      status: 422,
      reason: "Invalid",
      retryAfterMs: 1000,
      details: { name: "s", causes: [{ field: "data", message: 'Invalid value: "…"' }, { field: "x" }] },
    });
    port.script.set("apply ConfigMap shop/s", [refusal]);
    expect((await failure(applyManifests(port, text("ConfigMap")))).report[0]?.error).toBe(refusal);
  });

  it.each<[string, unknown, ApplyManifestsOptions, string]>([
    ["no text and no array", 17, {}, "`manifests`"],
    ["text that is no manifest", shop + yaml("v1", "Pod", "../x"), {}, "document 4"],
    [
      "an object without kind",
      [{ apiVersion: "v1", metadata: { name: "a" } }],
      {},
      "object 1: it has no kind",
    ],
    ["an empty field manager", shop, { fieldManager: "" }, "`fieldManager`"],
    ["a field manager that is too long", shop, { fieldManager: "x".repeat(129) }, "`fieldManager`"],
    ["a namespace that is none", shop, { namespace: "a/b" }, "`namespace`"],
    ["a time limit that is none", shop, { timeoutMs: -1 }, "`timeoutMs`"],
  ])("refuses %s before any request (P30)", async (_what, input, options, message) => {
    const port = new ScriptedPort();
    // @ts-expect-error: inputs that the types refuse as well
    const applying = applyManifests(port, input, options);
    await expect(applying).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
    expect(port.asked).toEqual([]);
  });

  it.each([
    ["names no namespace where it needs one", yaml("v1", "ConfigMap", "a"), undefined, "names no namespace"],
    [
      "turns out to stand twice, once the default namespace is filled in",
      yaml("v1", "ConfigMap", "a") + yaml("v1", "ConfigMap", "a", "shop"),
      "shop",
      'ConfigMap "a" in namespace "shop" stands twice',
    ],
  ])("refuses an object that %s, before anything is changed", async (_what, text, namespace, message) => {
    const port = new ScriptedPort();
    const applying = applyManifests(port, yaml("v1", "Namespace", "shop") + text, { namespace });
    await expect(applying).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
    expect(port.applied).toEqual([]);
  });

  it("resolves to an empty report for a text without objects, and asks nothing", async () => {
    const port = new ScriptedPort();
    expect(await applyManifests(port, "---\n# nothing\n")).toEqual([]);
    expect(port.asked).toEqual([]);
  });
});

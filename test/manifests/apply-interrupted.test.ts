import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { applyManifests } from "../../src/manifests/apply-manifests.ts";
import { ApplyError } from "../../src/manifests/apply-report.ts";
import { parseManifests } from "../../src/manifests/parse-manifests.ts";
import { notServed, ScriptedPort, widgetDefinition, withConditions, yaml } from "./scripted-port.ts";

const widget = yaml("example.com/v1", "Widget", "w", "shop");
const name = "widgets.example.com";
const definition = `CustomResourceDefinition ${name}`;

/** A port where widgets become a kind once their definition was applied. */
function portWithWidgets(): ScriptedPort {
  const port = new ScriptedPort();
  const kinds = new ScriptedPort().kinds;
  port.script.set(`apply ${definition}`, [
    () => {
      const like = kinds.get("v1 ConfigMap");
      if (like !== undefined)
        port.kinds.set("example.com/v1 Widget", { ...like, group: "example.com", kind: "Widget" });
    },
  ]);
  return port;
}

async function failure(applying: Promise<unknown>): Promise<ApplyError> {
  const error: unknown = await applying.catch((reason: unknown) => reason);
  if (!ApplyError.is(error)) throw new Error(`expected an ApplyError, got ${String(error)}`);
  return error;
}

// Loading it takes real time, which fake timers do not wait for.
beforeAll(() => parseManifests(widgetDefinition));

describe("custom resources with their definition", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("wait until it is established and served, and are not looked up before", async () => {
    const port = portWithWidgets();
    port.script.set(`get ${name}`, [
      withConditions(),
      withConditions({ type: "Established", status: "False" }),
    ]);
    port.script.set("find example.com/v1 Widget anew", [notServed()]);
    const applying = applyManifests(port, widget + yaml("v1", "ConfigMap", "c", "shop") + widgetDefinition);
    await vi.runAllTimersAsync();
    const report = await applying;
    expect(report.map(({ outcome }) => outcome)).toEqual(["created", "created", "created"]);
    expect(port.asked.slice(2)).toEqual([
      `apply ${definition}`,
      "apply ConfigMap shop/c",
      `get ${name}`,
      `get ${name}`,
      `get ${name}`,
      "find example.com/v1 Widget anew",
      `get ${name}`,
      "find example.com/v1 Widget anew",
      "apply Widget shop/w",
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("wait once for all of one kind", async () => {
    const port = portWithWidgets();
    const text = widgetDefinition + widget + yaml("example.com/v1", "Widget", "v", "shop");
    await applyManifests(port, text);
    expect(port.asked.filter((request) => request.startsWith("get"))).toHaveLength(1);
  });

  it("are repeated while a server does not know the kind yet, but not for a missing namespace", async () => {
    const port = portWithWidgets();
    port.script.set("apply Widget shop/w", [notServed(), notServed()]);
    const applying = applyManifests(port, widgetDefinition + widget);
    await vi.runAllTimersAsync();
    expect((await applying)[1]?.outcome).toBe("created");
    expect(port.applied.filter((request) => request === "Widget shop/w")).toHaveLength(3);

    const homeless = portWithWidgets();
    const missing = Object.assign(notServed(), { details: { kind: "namespaces", name: "shop" } });
    homeless.script.set("apply Widget shop/w", [missing]);
    const error = await failure(applyManifests(homeless, widgetDefinition + widget));
    expect(error.report[1]?.error).toBe(missing);
    expect(homeless.applied).toHaveLength(2);
  });

  it("fail with TIMEOUT where the kind is not served in time; others go on", async () => {
    const port = portWithWidgets();
    port.script.set(`get ${name}`, Array(1000).fill(withConditions()));
    const text = widgetDefinition + widget + yaml("example.com/v1", "Widget", "v", "shop");
    const applying = failure(applyManifests(port, text, { definitionTimeoutMs: 5_000 }));
    await vi.advanceTimersByTimeAsync(4_999);
    expect(port.applied).toEqual([definition]);
    await vi.advanceTimersByTimeAsync(1);
    const { report, message } = await applying;
    expect(report.map(({ outcome }) => outcome)).toEqual(["created", "failed", "failed"]);
    expect(report[1]?.error).toMatchObject({
      code: "TIMEOUT",
      message: 'wait until "widgets.example.com" is served: not within 5000 ms',
    });
    expect(message).toContain("2 of 3 objects failed");
  });

  it("fail at once where the server refuses the definition's names, with its words", async () => {
    const port = portWithWidgets();
    const refused = { type: "NamesAccepted", status: "False", reason: "PluralConflict", message: "in use" };
    port.script.set(`get ${name}`, [withConditions(refused)]);
    const { report } = await failure(applyManifests(port, widgetDefinition + widget));
    expect(report[1]?.error?.message).toBe(
      'wait until "widgets.example.com" is served: PluralConflict: in use',
    );
    expect(port.asked.filter((request) => request.startsWith("get"))).toHaveLength(1);
  });

  it("are skipped where the definition was refused", async () => {
    const port = portWithWidgets();
    port.script.set(`apply ${definition}`, [notServed()]);
    const { report } = await failure(applyManifests(port, widgetDefinition + widget));
    expect(report.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ["failed", undefined],
      ["skipped", 'its definition "widgets.example.com" was not applied'],
    ]);
  });

  it("of a version that it does not serve are of an unknown kind", async () => {
    const port = portWithWidgets();
    const { report } = await failure(
      applyManifests(port, widgetDefinition + yaml("example.com/v0", "Widget", "w", "shop")),
    );
    expect(report[1]).toMatchObject({ outcome: "failed", error: { code: "API" } });
  });

  it("need a namespace by the definition's own scope, before anything is changed", async () => {
    const port = portWithWidgets();
    const homeless = widgetDefinition + yaml("example.com/v1", "Widget", "w");
    await expect(applyManifests(port, homeless)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(port.applied).toEqual([]);
    const wide = portWithWidgets();
    await applyManifests(wide, homeless.replace("scope: Namespaced", "scope: Cluster"));
    expect(wide.applied).toContain("Widget w");
  });
});

describe("a dry run", () => {
  const text =
    yaml("v1", "Namespace", "shop") + yaml("v1", "ConfigMap", "c", "shop") + widgetDefinition + widget;

  it("skips what would need an object that it does not create, and does not fail for that", async () => {
    const port = portWithWidgets();
    const report = await applyManifests(port, text, { dryRun: true });
    expect(report.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ["created", undefined],
      ["skipped", 'its namespace "shop" is not there, and a dry run does not create it'],
      ["created", undefined],
      ["skipped", 'its namespace "shop" is not there, and a dry run does not create it'],
    ]);
    expect(port.calls.every(({ call }) => call.dryRun === true)).toBe(true);
  });

  it("goes all the way where namespace and definition are there already", async () => {
    const port = portWithWidgets();
    port.there.add("Namespace shop").add(definition);
    const report = await applyManifests(port, text, { dryRun: true });
    expect(report.map(({ outcome }) => outcome)).toEqual(["applied", "created", "applied", "created"]);
    const without = portWithWidgets();
    without.there.add("Namespace shop");
    const reasons = (await applyManifests(without, text, { dryRun: true })).map(({ reason }) => reason);
    expect(reasons[3]).toBe(
      'its definition "widgets.example.com" is not there, and a dry run does not create it',
    );
  });
});

describe("an interruption", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const three = ["a", "b", "c"].map((one) => yaml("v1", "ConfigMap", one, "shop")).join("");

  it("by the caller's signal ends it half-way, and tells how far it came", async () => {
    const port = new ScriptedPort();
    const controller = new AbortController();
    port.script.set("apply ConfigMap shop/b", [() => controller.abort()]);
    const error = await failure(applyManifests(port, three, { signal: controller.signal, name: "web.yaml" }));
    expect(error.code).toBe("ABORTED");
    expect(error.report.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ["created", undefined],
      ["created", undefined],
      ["skipped", "it was not its turn yet"],
    ]);
    expect(error.message).toBe(
      "apply web.yaml: aborted by the caller's signal; apply web.yaml: 0 of 3 objects failed, 1 skipped",
    );
  });

  it("that does not come leaves no timer and no listener behind", async () => {
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, "removeEventListener");
    await applyManifests(new ScriptedPort(), three, { timeoutMs: 60_000, signal });
    expect(vi.getTimerCount()).toBe(0);
    expect(removed).toHaveBeenCalledOnce();
  });

  it("by a signal that has aborted already sends nothing", async () => {
    const port = new ScriptedPort();
    const applying = applyManifests(port, three, { signal: AbortSignal.abort() });
    await expect(applying).rejects.toMatchObject({ code: "ABORTED", name: "KubeError" });
    expect(port.asked).toEqual([]);
  });

  it("by the time limit ends the wait for a definition, with no timer left", async () => {
    const port = portWithWidgets();
    port.script.set(`get ${name}`, Array(1000).fill(withConditions()));
    const applying = failure(applyManifests(port, widgetDefinition + widget + three, { timeoutMs: 1_000 }));
    await vi.advanceTimersByTimeAsync(1_000);
    const error = await applying;
    expect(error.code).toBe("TIMEOUT");
    expect(error.report.map(({ outcome }) => outcome).sort()).toEqual([
      "created",
      "created",
      "created",
      "created",
      "skipped",
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

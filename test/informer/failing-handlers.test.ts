import { describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import {
  added,
  apiError,
  deleted,
  informerOf,
  modified,
  pass,
  pod,
  recorder,
  rejection,
  Source,
  settle,
  sync,
  useFakeTime,
} from "./source.ts";

useFakeTime();

describe("a handler that fails (P20)", () => {
  it("breaks neither itself nor others, sync or async, and is reported without object content (P20)", async () => {
    const source = new Source([pod("a/x", "1", "u", { secret: "hunter2" })]);
    const informer = informerOf(source);
    const errors: KubeError[] = [];
    const { log, ...handlers } = recorder();
    informer.on("error", (error) => errors.push(error));
    informer.listen(
      {
        added: ({ spec }) => JSON.parse(spec?.secret ?? ""),
        modified: async () => Promise.reject("hunter2"),
        deleted: () => {
          throw apiError(409, "Conflict");
        },
      },
      { name: "bad" },
    );
    informer.listen(handlers);
    await sync(informer);
    source.send(modified("a/x", "11", "u"), deleted("a/x", "12", "u"));
    await settle();
    expect(log).toEqual(["+a/x@1 initial", "~a/x@11 was 1", "-a/x@12"]);
    expect(errors.map(({ message }) => message)).toEqual([
      "Listener bad, ADDED a/x: the handler threw (SyntaxError); see the cause",
      "Listener bad, MODIFIED a/x: the handler threw (string); see the cause",
      "Listener bad, DELETED a/x: the handler threw (ApiError); see the cause",
    ]);
    expect(errors.map(({ code }) => code)).toEqual(Array(3).fill("HANDLER_FAILED"));
    expect(informer.health()).toMatchObject({ state: "live", lastError: undefined });
    await informer.stop();
  });

  it("becomes a process warning where nobody listens to error, and none where somebody does (P20)", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const bad = () => {
      throw new Error("no");
    };
    const unheard = informerOf(new Source([pod("a/x", "1")]));
    unheard.on("ADDED", bad);
    await unheard.synced();
    await settle();
    expect(warn.mock.calls.map(([error]) => (error as KubeError).code)).toEqual(["HANDLER_FAILED"]);
    warn.mockClear();
    const heard = informerOf(new Source([pod("a/x", "1")]));
    heard.on("error", () => {}).on("ADDED", bad);
    await heard.synced();
    await settle();
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
    await Promise.all([unheard.stop(), heard.stop()]);
  });

  it("warns of an object that an index lacks where nobody listens to error, also of an index added late (S12)", async () => {
    const warned: unknown[] = [];
    const onWarning = vi.spyOn(process, "emitWarning").mockImplementation((warning) => {
      warned.push(warning);
    });
    const informer = informerOf(new Source([pod("a/x", "1", "u")]));
    await sync(informer);
    const bad = (): string => {
      throw new TypeError("no");
    };
    informer.addIndexers({ bad });
    expect(warned).toMatchObject([{ code: "INDEX_FAILED" }]);
    informer.on("error", () => {});
    informer.addIndexers({ worse: () => bad() });
    expect(warned).toHaveLength(1);
    onWarning.mockRestore();
    await informer.stop();
  });

  it("survives listeners of error, health and progress that throw or reject themselves", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    const { log, ...handlers } = recorder();
    informer.on("error", () => {
      throw new Error("in error");
    });
    informer.on("health", async () => Promise.reject(new Error("in health")));
    informer.on("progress", () => {
      throw "in progress";
    });
    informer.listen({
      ...handlers,
      added: (object, context) => {
        handlers.added(object, context);
        throw new Error("no");
      },
    });
    await sync(informer);
    source.send(added("a/y", "11"));
    await settle();
    expect(log).toEqual(["+a/x@1 initial", "+a/y@11"]);
    const messages = warn.mock.calls.map(([error]) => (error as KubeError).message);
    expect(messages).toContain("Informer of pods, on error: the handler threw (Error); see the cause");
    expect(messages).toContain("Informer of pods, on health: the handler threw (Error); see the cause");
    expect(messages).toContain("Informer of pods, on progress: the handler threw (string); see the cause");
    await informer.stop();
    await settle();
    warn.mockRestore();
  });

  it("names a handler that never settles in health and in what stop rejects with (P20)", async () => {
    const informer = informerOf(new Source([pod("a/x", "1")]));
    informer.listen({ added: () => new Promise(() => {}) }, { name: "stuck" });
    await sync(informer);
    await pass(60_000);
    expect(informer.health().listeners).toMatchObject([{ name: "stuck", runningMs: 60_000 }]);
    const stopping = rejection(informer.stop({ graceMs: 500 }));
    await pass(500);
    const error = await stopping;
    expect(error).toMatchObject({ code: "TIMEOUT" });
    expect(KubeError.is(error) && error.message).toBe(
      "Stop the informer of pods: after 500 ms still running: the handler of stuck",
    );
    expect(vi.getTimerCount()).toBe(0);
  });
});

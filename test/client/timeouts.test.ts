import { describe, expect, it, vi } from "vitest";
import type { ApiCall } from "../../src/client/api-call.ts";
import { Client } from "../../src/client/client.ts";
import { Deadline } from "../../src/client/deadline.ts";
import { listPages, pagedParts } from "../../src/client/pages.ts";
import { collect, inMemory, Pod } from "./in-memory.ts";

const empty = { body: { kind: "PodList", metadata: {}, items: [] } };
const getPod: ApiCall = { verb: "get", kind: Pod, namespace: "shop", name: "a" };

describe("timeoutMs", () => {
  it("is told to the server as a Go duration, on every call that has an end (H11)", async () => {
    const answers = [{ body: {} }, { body: "text" }, empty, empty, empty, empty, { body: {} }];
    const transport = inMemory(...answers);
    const client = new Client(transport);
    const options = { timeoutMs: 1500 };
    const list: ApiCall = { verb: "list", kind: Pod };
    await client.json(getPod, options);
    await client.text({ ...getPod, subresource: "log" }, options);
    await client.list(list, options);
    await collect(client.listParts(list, options));
    await collect(listPages(client, list, options));
    await collect(pagedParts(client, list, options));
    await client.read("/version", "read the version", options);
    for (const { path } of transport.sent) {
      expect(new URLSearchParams(path.split("?")[1]).get("timeout")).toBe("1500ms");
    }
    expect(transport.sent).toHaveLength(answers.length);
  });

  it("is rounded up to whole milliseconds, and gives way to the call's own (H11)", async () => {
    const transport = inMemory({ body: {} }, { body: {} });
    const client = new Client(transport);
    await client.json(getPod, { timeoutMs: 2000.2 });
    await client.json({ ...getPod, query: { timeout: "5s" } }, { timeoutMs: 2000 });
    expect(transport.sent.map(({ path }) => path.split("?")[1])).toEqual(["timeout=2001ms", "timeout=5s"]);
  });

  it("is not told of watches, other streams and proxies, nor where it is none or endless (H11)", async () => {
    const transport = inMemory(...Array.from({ length: 7 }, () => ({ body: {} })));
    const client = new Client(transport);
    const log: ApiCall = { ...getPod, subresource: "log", isStream: true };
    await client.stream({ verb: "watch", kind: Pod }, { timeoutMs: 1000 });
    await client.stream(log, { timeoutMs: 1000 });
    await client.text({ ...getPod, subresource: "proxy" }, { timeoutMs: 1000 });
    await client.raw("/apis", { timeoutMs: 1000 });
    await client.rawStream("/apis", { timeoutMs: 1000 });
    await client.json(getPod);
    await client.json(getPod, { timeoutMs: 2 ** 40 });
    for (const { path } of transport.sent) expect(path).not.toContain("timeout");
  });

  it("stands still while it is paused, and does not go on once the call is over (H2)", () => {
    vi.useFakeTimers();
    try {
      const deadline = new Deadline("get pods", { timeoutMs: 1000 });
      vi.advanceTimersByTime(900);
      deadline.pause();
      deadline.pause();
      vi.advanceTimersByTime(5000);
      deadline.resume();
      vi.advanceTimersByTime(99);
      expect(deadline.signal?.aborted).toBe(false);
      vi.advanceTimersByTime(1);
      expect(deadline.signal?.reason).toMatchObject({ code: "TIMEOUT" });

      const over = new Deadline("get pods", { timeoutMs: 1000 });
      over.pause();
      over.release();
      over.resume();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

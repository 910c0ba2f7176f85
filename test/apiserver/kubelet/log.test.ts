import { afterEach, describe, expect, it, vi } from "vitest";
import { Pod } from "../../../src/kinds/index.ts";
import { TestApiServer } from "../../../src/testing/index.ts";
import { createPod, ways } from "./pod-server.ts";

const path = "/api/v1/namespaces/default/pods/web-0/log";
const web0 = { namespace: "default", name: "web-0" };

interface Reading {
  readonly status: number;
  readonly type: string | undefined;
  readonly text: string;
}

describe.each(ways)("a set log %s", (_way, start) => {
  async function read(pod: Awaited<ReturnType<typeof start>>, query = "", at = path): Promise<Reading> {
    const { status, headers, body } = await pod.transport({
      method: "GET",
      path: `${at}${query}`,
      headers: { "accept-encoding": "gzip" },
      isStream: false,
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return { status, type: headers["content-type"], text: Buffer.concat(chunks).toString() };
  }

  it("is read as text, whole, its end, or its first bytes", async () => {
    await using pod = await start();
    pod.server.setLog(web0, ["one", "two", "drei ü"]);
    expect(await read(pod)).toEqual({ status: 200, type: "text/plain", text: "one\ntwo\ndrei ü\n" });
    expect((await read(pod, "?tailLines=2")).text).toBe("two\ndrei ü\n");
    expect((await read(pod, "?tailLines=0")).text).toBe("");
    expect((await read(pod, "?limitBytes=5")).text).toBe("one\nt");
    expect((await read(pod, "?tailLines=1&limitBytes=100")).text).toBe("drei ü\n");
    pod.server.setLog(web0, "a text\nof two lines\n");
    pod.server.appendLog(web0, "and a third");
    expect((await read(pod)).text).toBe("a text\nof two lines\nand a third\n");
  });

  it("may be of any length", async () => {
    await using pod = await start();
    pod.server.setLog(web0, "line\n".repeat(300_000));
    pod.server.appendLog(
      web0,
      Array.from({ length: 300_000 }, () => "line"),
    );
    expect((await read(pod)).text).toHaveLength(3_000_000);
  });

  it("knows when a line was written", async () => {
    await using pod = await start();
    const minute = 60_000;
    pod.server.setLog(web0, "old", { at: new Date(Date.now() - 10 * minute) });
    pod.server.appendLog(web0, "new", { at: new Date("2999-01-01T00:00:00.125Z") });
    expect((await read(pod, "?sinceSeconds=60")).text).toBe("new\n");
    expect((await read(pod, "?sinceTime=2998-12-31T23:59:59Z")).text).toBe("new\n");
    expect((await read(pod, "?sinceTime=2999-01-01T00:00:01%2B00:00")).text).toBe("");
    expect((await read(pod, "?timestamps=true&tailLines=1")).text).toBe(
      "2999-01-01T00:00:00.125000000Z new\n",
    );
  });

  it("is each container's own, and of its run before", async () => {
    await using pod = await start();
    createPod(pod.server, "two", "a", "b");
    const at = path.replace("web-0", "two");
    const two = { namespace: "default", name: "two" };
    pod.server.setLog({ ...two, container: "a" }, "of a");
    pod.server.setLog({ ...two, container: "a", previous: true }, "of a, before");
    expect((await read(pod, "?container=a", at)).text).toBe("of a\n");
    expect((await read(pod, "?container=a&previous=true", at)).text).toBe("of a, before\n");
    const missing = await read(pod, "?container=b&previous=true", at);
    expect([missing.status, JSON.parse(missing.text).message]).toEqual([
      400,
      'previous terminated container "b" in pod "two" not found',
    ]);
    expect(JSON.parse((await read(pod, "?container=b", at)).text).message).toBe(
      'container "b" in pod "two" is waiting to start: ContainerCreating',
    );
    pod.server.setLog(two, "of whichever");
    expect((await read(pod, "?container=b", at)).text).toBe("of whichever\n");
  });

  it("is followed until its pod is deleted, and forgotten then", async () => {
    await using pod = await start();
    pod.server.setLog(web0, ["one", "two"]);
    const follow = { method: "GET", path: `${path}?follow=true&tailLines=1`, headers: {} } as const;
    const { body } = await pod.transport({ ...follow, isStream: true });
    const lines = body[Symbol.asyncIterator]();
    expect(Buffer.from((await lines.next()).value ?? []).toString()).toBe("two\n");
    pod.server.appendLog(web0, ["three"]);
    expect(Buffer.from((await lines.next()).value ?? []).toString()).toBe("three\n");
    pod.server.delete(Pod, "default/web-0");
    expect((await lines.next()).done).toBe(true);
    createPod(pod.server, "web-0", "app");
    expect((await read(pod)).status).toBe(204);
  });

  it("is followed until its pod has succeeded or failed, or up to the limit", async () => {
    await using pod = await start();
    pod.server.setLog(web0, []);
    const limited = read(pod, "?follow=true&limitBytes=5");
    const followed = read(pod, "?follow=true");
    await vi.waitFor(() => expect(pod.server.requests.filter({ subresource: "log" }).length).toBe(2));
    pod.server.appendLog(web0, "one");
    pod.server.appendLog(web0, "two");
    expect((await limited).text).toBe("one\nt");
    const current = pod.server.get(Pod, "default/web-0");
    if (current !== undefined) pod.server.update(Pod, { ...current, status: { phase: "Succeeded" } });
    expect((await followed).text).toBe("one\ntwo\n");
    expect((await read(pod, "?follow=true")).text).toBe("one\ntwo\n");
  });

  it("ends for who follows it when the server stops", async () => {
    await using pod = await start();
    pod.server.setLog(web0, "one");
    const opened = pod.server.requests.next({ subresource: "log" });
    const followed = read(pod, "?follow=true").catch((error: unknown) => error);
    await opened;
    await pod.server.stop();
    await followed;
  });
});

describe("logs without a kubelet", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("refuses targets and lines that make no sense, and says nothing after stop", async () => {
    const server = await TestApiServer.start({ listen: false });
    const wrong = (code: string): unknown => expect.objectContaining({ code });
    expect(() => server.setLog({ namespace: "default", name: "" }, "x")).toThrow(wrong("INVALID_ARGUMENT"));
    expect(() => server.setLog(web0, "x", { at: new Date(Number.NaN) })).toThrow(wrong("INVALID_ARGUMENT"));
    expect(() => server.appendLog(web0, [1] as unknown as string[])).toThrow(wrong("INVALID_ARGUMENT"));
    await server.stop();
    expect(() => server.setLog(web0, "x")).toThrow(wrong("STOPPED"));
    expect(() => server.onExec(() => 0)).toThrow(wrong("STOPPED"));
  });

  it("writes at the time of fake timers", async () => {
    vi.useFakeTimers({ now: new Date("2030-01-01T00:00:00Z") });
    await using server = await TestApiServer.start({ listen: false });
    createPod(server, "web-0", "app");
    server.setLog(web0, "x");
    const sent = { method: "GET", path: `${path}?timestamps=1`, headers: {}, isStream: false } as const;
    const { body } = await server.transport(sent);
    for await (const chunk of body) {
      expect(Buffer.from(chunk).toString()).toBe("2030-01-01T00:00:00.000000000Z x\n");
    }
  });
});

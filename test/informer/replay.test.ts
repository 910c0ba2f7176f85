import { describe, expect, it } from "vitest";
import {
  added,
  deleted,
  informerOf,
  modified,
  pass,
  pod,
  recorder,
  Source,
  settle,
  sync,
  useFakeTime,
  wait,
} from "./source.ts";

useFakeTime();

describe("a late listener", () => {
  it("is shown what is stored, as initial, then every change: no gap, no duplicate (I8, P24)", async () => {
    const source = new Source([pod("a/x", "1"), pod("a/y", "2")]);
    const informer = informerOf(source);
    await sync(informer);
    source.send(modified("a/x", "11"));
    await settle();
    const { log, ...handlers } = recorder();
    const listener = informer.listen(handlers);
    source.send(modified("a/x", "12"), deleted("a/y", "13"), added("a/z", "14"));
    await listener.synced();
    await settle();
    expect(log).toEqual(["+a/x@11 initial", "+a/y@2 initial", "~a/x@12 was 11", "-a/y@13", "+a/z@14"]);
    await informer.stop();
  });

  it("has no gap and no duplicate wherever in a stream of changes it comes (I8, P24)", async () => {
    const source = new Source([pod("a/p0", "10")]);
    const informer = informerOf(source);
    await sync(informer);
    const late: { from: number; recorded: ReturnType<typeof recorder> }[] = [];
    for (let rv = 11; rv <= 60; rv++) {
      source.send(rv % 2 === 0 ? modified("a/p0", `${rv}`) : added(`a/p${rv}`, `${rv}`));
      // Before the chunk is read, and in whatever microtask follows.
      for (let turns = 0; turns < rv % 5; turns++) await Promise.resolve();
      const recorded = recorder();
      informer.listen(recorded);
      late.push({ from: rv, recorded });
    }
    await settle();
    for (const { recorded } of late) {
      const state = new Map<string, string>();
      for (const line of recorded.log) {
        const [, sign = "", key = "", rv = "", previous] = /^(.)(.*)@(\d+)(?: was (\d+))?/.exec(line) ?? [];
        expect(sign === "+", line).toBe(!state.has(key));
        if (sign === "~") expect(previous).toBe(state.get(key));
        state.set(key, rv);
      }
      const stored = informer.store.list().map(({ metadata }) => metadata?.resourceVersion);
      expect([...state.values()].sort()).toEqual(stored.sort());
    }
    await informer.stop();
  });

  it("is shown what is there when an error listener adds it in the middle of a write, once (P24)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source, {
      indexers: {
        bad: ({ metadata }) => {
          if (metadata?.name === "y") throw new Error("no index");
          return undefined;
        },
      },
    });
    const { log, ...handlers } = recorder();
    informer.on("error", () => informer.listen(handlers));
    await sync(informer);
    source.send(added("a/y", "11"), added("a/z", "12"));
    await settle();
    expect(log).toEqual(["+a/x@1 initial", "+a/y@11 initial", "+a/z@12"]);
    await informer.stop();
  });

  it("replaces one that overflowed, in the middle of a relist, without a duplicate (P24)", async () => {
    const source = new Source([pod("a/x", "1"), pod("a/y", "2")]);
    const informer = informerOf(source);
    const { log, ...handlers } = recorder();
    informer.on("error", ({ code }) => {
      if (code === "OVERFLOW") informer.listen(handlers);
    });
    const gate = Promise.withResolvers<void>();
    informer.listen({ added: () => gate.promise }, { overflow: "fail", highWaterMark: 1 });
    await sync(informer);
    source.relist([pod("a/x", "18"), pod("a/y", "19"), pod("a/z", "20")], "20");
    await settle();
    expect(log).toEqual(["+a/x@18 initial", "+a/y@19 initial", "+a/z@20 initial"]);
    gate.resolve();
    await informer.stop();
  });
});

describe("a late listener's sync", () => {
  it("is over when its handlers have returned from the whole replay, an empty one at once (I10)", async () => {
    const source = new Source([pod("a/x", "1"), pod("a/y", "2")]);
    const informer = informerOf(source);
    await sync(informer);
    let returned = 0;
    const listener = informer.listen({
      added: async () => {
        await wait(10);
        returned++;
      },
    });
    const synced = listener.synced().then(() => returned);
    await pass(100);
    expect(await synced).toBe(2);
    source.relist([], "20");
    await settle();
    await informer.listen({ added: () => {} }).synced();
    await informer.stop();
  });
});

describe("a late `on` handler", () => {
  it("is shown what is stored; those before it are not shown it again (P24)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    const first: string[] = [];
    const late: string[] = [];
    informer.on("ADDED", ({ metadata }) => first.push(`${metadata?.name}`));
    await sync(informer);
    informer.on("ADDED", ({ metadata }, { initial }) => late.push(`${metadata?.name} ${initial}`));
    informer.on("DELETED", ({ metadata }) => late.push(`-${metadata?.name}`));
    source.send(added("a/y", "11"), deleted("a/x", "12"));
    await settle();
    expect(first).toEqual(["x", "y"]);
    expect(late).toEqual(["x true", "y false", "-x"]);
    await informer.stop();
  });

  it("is told nothing that was queued before it came, and everything after, while changes stream in (P24)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    const first: string[] = [];
    informer.on("MODIFIED", async ({ metadata }) => {
      await wait(10);
      first.push(`${metadata?.resourceVersion}`);
    });
    await sync(informer);
    source.send(modified("a/x", "11"), modified("a/x", "12"), modified("a/x", "13"));
    await settle();
    const { log, ...late } = recorder();
    informer.on("ADDED", late.added).on("MODIFIED", late.modified);
    source.send(modified("a/x", "14"));
    await pass(1_000);
    expect(first).toEqual(["11", "12", "13", "14"]);
    expect(log).toEqual(["+a/x@13 initial", "~a/x@14 was 13"]);
    await informer.stop();
  });

  it.each(["coalesce", "latest"])(
    "has no gap while a queue that coalesces (%s) holds older entries of the object (P24)",
    async (how) => {
      const source = new Source([pod("a/x", "1")]);
      const listen = how === "latest" ? { delivery: "latest" as const } : { highWaterMark: 1 };
      const informer = informerOf(source, { listen });
      const first: string[] = [];
      informer.on("MODIFIED", async ({ metadata }, previous) => {
        await wait(10);
        first.push(`${metadata?.resourceVersion} was ${previous.metadata?.resourceVersion}`);
      });
      await sync(informer);
      source.send(modified("a/x", "11"));
      await settle();
      // The handler runs for 11; these wait, merged.
      source.send(modified("a/x", "12"), modified("a/x", "13"));
      await settle();
      const { log, ...late } = recorder();
      informer.on("ADDED", late.added).on("MODIFIED", late.modified);
      source.send(modified("a/x", "14"), modified("a/x", "15"));
      await pass(1_000);
      expect(log).toEqual(["+a/x@13 initial", "~a/x@15 was 13"]);
      expect(first).toEqual(["11 was 1", "13 was 11", "15 was 13"]);
      await informer.stop();
    },
  );

  it("belongs to a new listener where the old one was removed", async () => {
    const controller = new AbortController();
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source, { listen: { highWaterMark: 1, overflow: "fail", name: "on" } });
    const errors: string[] = [];
    informer.on("error", ({ code }) => errors.push(code));
    informer.on("MODIFIED", () => new Promise(() => {}));
    await sync(informer);
    source.send(modified("a/x", "11"), modified("a/x", "12"), modified("a/x", "13"));
    await settle();
    expect(errors).toEqual(["OVERFLOW"]);
    const { log, ...late } = recorder();
    informer.on("ADDED", late.added);
    await settle();
    expect(log).toEqual(["+a/x@13 initial"]);
    controller.abort();
    await informer.stop();
  });
});

describe("leases taken late", () => {
  it("see a replay on an informer that a first lease has synced", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    await sync(informer);
    const { log, ...handlers } = recorder();
    const listener = informer.listen(handlers);
    await listener.synced();
    expect(log).toEqual(["+a/x@1 initial"]);
    expect(source.log).toEqual(["list ", "watch 10"]);
    await informer.stop();
  });
});

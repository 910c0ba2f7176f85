import { describe, expect, it } from "vitest";
import { ConfigMap } from "../../src/kinds/index.ts";
import type { Interceptor } from "../../src/transport/port.ts";
import { Told, Workshop } from "./harness.ts";
import { Widget, widget } from "./widget.ts";

/** A controller that has reconciled everything, and whose watches bring nothing more. */
async function quiet(
  names: readonly string[],
  count: number,
  namespaces?: readonly string[],
): Promise<Workshop> {
  const shop = await Workshop.open();
  for (const name of names) {
    shop.server.create(Widget, widget(name, { size: 1 }));
    if (namespaces !== undefined) shop.server.create(Widget, widget(name, { size: 1 }, "web"));
  }
  shop.run("write", {
    count,
    ...(namespaces === undefined ? {} : { build: (builder) => builder.in(...namespaces) }),
  });
  await shop.reports.until(names.length * (namespaces?.length ?? 1));
  shop.server.stallWatches();
  return shop;
}

describe("what a reconcile in a thread wrote", { timeout: 20_000 }, () => {
  it("is in its own later reads, before the watch shows it (S19, S23)", async () => {
    await using shop = await quiet(["a"], 1);
    shop.wake("shop/a");
    const [line] = await shop.said("read a");
    expect(line?.fields).toMatchObject({ object: 1, a: 2 });
    expect(shop.server.get(Widget, "shop/a")?.spec?.size).toBe(2);
  });

  it("is in the next reconcile of the key, whichever thread runs it (S23)", async () => {
    await using shop = await quiet(["a", "hold"], 2);
    for (let round = 1; round <= 12; round++) {
      // Every other time the first thread is busy, until it sees what the second one writes.
      if (round % 2 === 0) {
        shop.wake("shop/hold");
        await shop.said("holds", round / 2);
      }
      shop.wake("shop/a");
      const lines = await shop.said("read a", round);
      // What it found is what the last one wrote.
      expect(lines.at(-1)?.fields).toMatchObject({ object: round, a: round + 1 });
      await shop.reports.until(1 + round, ({ key }) => key === "shop/a");
      if (round % 2 === 0) await shop.reports.until(1 + round / 2, ({ key }) => key === "shop/hold");
    }
    const workers = shop.lines.all.filter(({ message }) => message === "read a").map((l) => l.fields.worker);
    expect(new Set(workers).size).toBe(2);
  });

  it("is in the reads of all threads: what was made, and what was deleted (S23, S25)", async () => {
    await using shop = await quiet(["b", "c", "d", "e"], 2);
    shop.wake("shop/b");
    await shop.said("read b");
    for (const name of ["d", "e"]) shop.wake(`shop/${name}`);
    const made = {
      maps: ["shop/made"],
      listed: [{ by: "b" }],
      indexed: 1,
      size: 1,
      has: true,
    };
    expect((await shop.said("read d"))[0]?.fields).toMatchObject(made);
    expect((await shop.said("read e"))[0]?.fields).toMatchObject(made);
    shop.wake("shop/c");
    await shop.said("read c");
    for (const name of ["d", "e"]) shop.wake(`shop/${name}`);
    const gone = { maps: [], listed: [], indexed: 0, size: 0, has: false };
    expect((await shop.said("read d", 2))[1]?.fields).toMatchObject(gone);
    expect((await shop.said("read e", 2))[1]?.fields).toMatchObject(gone);
    const readers = shop.lines.all.filter(({ message }) => /read [de]/.test(message));
    expect(new Set(readers.map(({ fields }) => fields.worker)).size).toBe(2);
  });

  it("is not lost with its thread: a replacement reads it too (S23)", async () => {
    await using shop = await quiet(["a", "d", "x"], 1);
    shop.wake("shop/x");
    await shop.errors.until(1);
    shop.wake("shop/d");
    const [line] = await shop.said("read d");
    expect(line?.fields).toMatchObject({ a: 2 });
    expect(shop.controller?.health().threads).toMatchObject({ crashes: 1 });
  });

  it("gives way to somebody else's newer write (S23)", async () => {
    await using shop = await quiet(["a", "d"], 2);
    shop.wake("shop/a");
    await shop.said("read a");
    const theirs = shop.server.update(Widget, widget("a", { size: 50 }));
    shop.server.resumeWatches();
    // The event wakes the key, and a reconcile reads no older state than that of its event.
    await shop.reports.until(2, ({ key }) => key === "shop/a");
    await shop.cluster
      .resources(Widget)
      .informer()
      .store.waitFor(theirs.metadata?.resourceVersion ?? "");
    shop.wake("shop/d");
    expect((await shop.said("read d"))[0]?.fields).toMatchObject({ a: 50 });
  });

  it("shows with several namespaces, each of which is as far as it is by itself (S23)", async () => {
    await using shop = await quiet(["a", "d"], 2, ["shop", "web"]);
    shop.wake("shop/a");
    await shop.said("read a");
    // The other namespace gets ahead, in the same store.
    shop.server.create(Widget, widget("late", {}, "web"));
    for (const name of ["d", "d", "d"]) {
      shop.wake(`shop/${name}`);
      const lines = await shop.lines.until(
        shop.lines.all.filter(({ message }) => message === "read d").length + 1,
        ({ message }) => message === "read d",
      );
      expect(lines.at(-1)?.fields).toMatchObject({ a: 2 });
    }
  });

  it("is seen by what the controller does in the main thread: finalizers (Q44)", async () => {
    const cleaned = new Told<number | undefined>();
    await using shop = await Workshop.open();
    for (const name of ["a", "kill"]) shop.server.create(Widget, widget(name, { size: 1 }));
    shop.run("write", {
      build: (builder) =>
        builder.finalizer("example.com/shop", ({ object }) => cleaned.add(object.spec?.size)),
    });
    await shop.reports.until(2);
    shop.server.stallWatches();
    for (const name of ["a", "kill"]) {
      shop.wake(`shop/${name}`);
      await shop.said(`read ${name}`);
    }
    // No event tells of it: that the object is being deleted, only its thread's write says.
    shop.wake("shop/a");
    expect(await cleaned.until(1)).toEqual([2]);
  });
});

describe("what the main thread wrote", { timeout: 20_000 }, () => {
  it("is in what a thread reads after it: the finalizer that was added before (S23, Q44)", async () => {
    let stall = (): void => {};
    const interceptor: Interceptor = (next) => (request) => {
      if (request.method === "PATCH") stall();
      return next(request);
    };
    await using shop = await Workshop.open({}, { interceptors: [interceptor] });
    stall = () => shop.server.stallWatches();
    shop.server.create(Widget, widget("a", { size: 1 }));
    shop.run("tell", { build: (builder) => builder.finalizer("example.com/shop", () => {}) });
    const [line] = await shop.said("reconciled shop/a");
    expect(line?.fields.object).toMatchObject({ metadata: { finalizers: ["example.com/shop"] } });
  });
});

describe("an object of another kind", { timeout: 20_000 }, () => {
  it("can be made from a thread, through one cluster (Q41)", async () => {
    await using shop = await quiet(["b"], 1);
    shop.wake("shop/b");
    await shop.said("read b");
    expect(shop.server.get(ConfigMap, "shop/made")?.data).toEqual({ by: "b" });
  });
});

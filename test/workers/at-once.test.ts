import { describe, expect, it } from "vitest";
import type { Interceptor } from "../../src/transport/port.ts";
import { type Line, Workshop } from "./harness.ts";
import { Widget, widget } from "./widget.ts";

const isEdge = ({ message }: Line): boolean => message === "begins" || message === "ends";

/** Lets reads of single widgets through one by one, when told; the others wait. */
function gate(): {
  interceptor: Interceptor;
  waiting: () => number;
  asked(count: number): Promise<void>;
  open(): void;
} {
  const opened = Promise.withResolvers<void>();
  let count = 0;
  let look = (): void => {};
  const interceptor: Interceptor = (next) => async (request) => {
    if (request.method === "GET" && /\/widgets\/[a-z]/.test(request.path)) {
      count++;
      look();
      await opened.promise;
    }
    return next(request);
  };
  return {
    interceptor,
    waiting: () => count,
    asked: (wanted) =>
      new Promise((resolve) => {
        look = () => {
          if (count >= wanted) resolve();
        };
        look();
      }),
    open: opened.resolve,
  };
}

describe("keys in several threads", { timeout: 20_000 }, () => {
  it("are never twice at once, in whichever thread (Q24)", async () => {
    await using shop = await Workshop.open();
    const names = ["a", "b", "c"];
    for (const name of names) shop.server.create(Widget, widget(name, { size: 0 }));
    shop.run("overlap", { build: (builder) => builder.concurrency(4).timeouts({ graceMs: 30_000 }) });
    for (let round = 1; round <= 30; round++) {
      for (const name of names) shop.server.update(Widget, widget(name, { size: round }));
      await shop.lines.until(round * 2, isEdge);
    }
    for (const name of names) {
      await shop.lines.until(1, (line) => line.fields.of === `shop/${name}` && line.fields.size === 30);
    }
    // What runs may end.
    shop.stop.abort();
    await shop.ended;
    for (const name of names) {
      const edges = shop.lines.all.filter((line) => isEdge(line) && line.fields.of === `shop/${name}`);
      expect(edges.length).toBeGreaterThan(10);
      expect(edges.map(({ message }) => message)).toEqual(
        edges.map((_, at) => (at % 2 === 0 ? "begins" : "ends")),
      );
      for (let at = 0; at < edges.length; at += 2) {
        expect(edges[at + 1]?.fields.worker).toBe(edges[at]?.fields.worker);
      }
    }
    const workers = shop.lines.all.filter(isEdge).map(({ fields }) => fields.worker);
    expect(new Set(workers).size).toBe(2);
  });

  it.each([
    [2, undefined, 2],
    [2, 6, 6],
    [2, 3, 3],
  ])("are %s threads' with a concurrency of %s: %s at once", async (count, concurrency, atOnce) => {
    const { interceptor, asked, waiting, open } = gate();
    await using shop = await Workshop.open({}, { interceptors: [interceptor] });
    for (let i = 0; i < 8; i++) shop.server.create(Widget, widget(`w${i}`));
    shop.run("overlap", {
      count,
      build: (builder) => (concurrency === undefined ? builder : builder.concurrency(concurrency)),
    });
    await asked(atOnce);
    // Whatever was dispatched has been asked for by now: a line of each came before its request.
    expect([waiting(), shop.controller?.health().running.length]).toEqual([atOnce, atOnce]);
    const workers = shop.lines.all.filter(isEdge).map(({ fields }) => fields.worker);
    // Dealt out evenly.
    expect(workers.filter((worker) => worker === 1)).toHaveLength(Math.ceil(atOnce / 2));
    open();
    await shop.reports.until(8);
  });
});

import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import type { KubeError } from "../../src/base/errors.ts";
import type { HandleInformerOptions } from "../../src/cluster/handle-options.ts";
import type { ChangedContext } from "../../src/informer/handlers.ts";
import { ConfigMap } from "../../src/kinds/index.ts";
import { ByteWorld, stateOf } from "./byte-world.ts";
import {
  added,
  deleted,
  informerOf,
  modified,
  pass,
  pod,
  Source,
  settle,
  stopNow,
  sync,
  useFakeTime,
} from "./source.ts";

useFakeTime();

let parse: MockInstance<typeof JSON.parse>;
beforeEach(() => {
  parse = vi.spyOn(JSON, "parse");
});
afterEach(() => void parse.mockRestore());

/** How many states of objects were parsed since it was asked last: alone, in a frame, or in a part of a list. */
function parsedObjects(): number {
  const texts = parse.mock.calls.map(([text]) => String(text));
  parse.mockClear();
  const named = '"kind":"ConfigMap","apiVersion":"v1","metadata":{"name"';
  return texts.reduce((count, text) => count + text.split(named).length - 1, 0);
}

type Options = HandleInformerOptions<ConfigMap, ConfigMap, Record<never, never>>;

async function following(options: Options = {}, world = new ByteWorld()) {
  if (world.objects.size === 0) for (const key of ["a/x", "a/y"]) world.put(key);
  const cluster = await world.connect();
  const informer = cluster.resources(ConfigMap).informer({ streamingList: "off", ...options });
  const errors: KubeError[] = [];
  informer.on("error", (error) => void errors.push(error));
  const synced = informer.synced();
  await settle();
  await synced;
  // The first line of a watch is parsed in any case: it shows that frames are lines.
  world.bookmark();
  await settle();
  const close = async (): Promise<void> => {
    const closing = cluster.close();
    await pass(100);
    await closing;
  };
  return { world, informer, errors, close };
}

/** Notes what a `changed` handler is told. */
function keysOf(log: string[] = []) {
  const changed = (key: string, { type, initial, unchanged }: ChangedContext): void =>
    void log.push(`${type} ${key}${initial ? " initial" : ""}${unchanged ? " unchanged" : ""}`);
  return { log, changed };
}

describe.each(["objects", "bytes"] as const)("`changed` handlers, with a store of %s", (store) => {
  it("are told every change, the first list and deletions included, and nothing is parsed", async () => {
    const { world, informer, errors, close } = await following({ store });
    const { log, changed } = keysOf();
    informer.listen({ changed });
    await settle();
    world.put("a/x");
    world.put("b/z");
    world.put("a/y", { uid: "another" });
    world.remove("b/z");
    world.remove("b/never");
    await settle();
    expect(log).toEqual([
      "ADDED a/x initial",
      "ADDED a/y initial",
      "MODIFIED a/x",
      "ADDED b/z",
      "DELETED a/y",
      "ADDED a/y",
      "DELETED b/z",
    ]);
    expect([parsedObjects(), errors]).toEqual([0, []]);
    // Whoever is told reads the newest state, which is parsed now.
    expect(stateOf(world, informer.store.get("a/x")).rv).toBe(13);
    expect(parsedObjects()).toBe(1);
    await close();
  });

  it("are told even of objects whose bytes are no JSON: nobody looks", async () => {
    const world = new ByteWorld();
    for (const key of ["a/x", "a/y"]) world.put(key);
    world.breakStored("a/x");
    const { informer, errors, close } = await following({ store }, world);
    const { log, changed } = keysOf();
    informer.listen({ changed }, { delivery: "latest" });
    world.put("a/y", { isBroken: true });
    world.remove("a/x", { isBroken: true });
    await pass(10_000);
    expect([log, errors]).toEqual([
      ["ADDED a/x initial", "ADDED a/y initial", "MODIFIED a/y", "DELETED a/x"],
      [],
    ]);
    expect([world.lists, parsedObjects()]).toEqual([1, 0]);
    await close();
  });

  it("are told as an event, too, and late ones are shown what is stored first (P24)", async () => {
    const { world, informer, close } = await following({ store });
    const early = keysOf();
    const late = keysOf();
    informer.on("CHANGED", early.changed);
    await settle();
    world.put("a/x");
    await settle();
    informer.on("CHANGED", late.changed);
    world.put("a/y");
    await settle();
    expect(early.log).toEqual(["ADDED a/x initial", "ADDED a/y initial", "MODIFIED a/x", "MODIFIED a/y"]);
    expect(late.log).toEqual(["ADDED a/x initial", "ADDED a/y initial", "MODIFIED a/y"]);
    expect(parsedObjects()).toBe(0);
    await close();
  });

  it("are told by resyncs and relists that nothing changed, where they ask for it (I15, D30)", async () => {
    const { world, informer, close } = await following({ store });
    const all = keysOf();
    const changes = keysOf();
    informer.listen({ changed: all.changed }, { unchanged: true });
    informer.listen({ changed: changes.changed }, { resyncMs: 60_000 });
    await settle();
    world.expire(() => void world.put("a/y"));
    await pass(1000);
    expect(all.log.slice(2)).toEqual(["MODIFIED a/x unchanged", "MODIFIED a/y"]);
    expect(changes.log.slice(2)).toEqual(["MODIFIED a/y"]);
    await pass(59_000);
    expect(changes.log.slice(3)).toEqual(["MODIFIED a/x unchanged", "MODIFIED a/y unchanged"]);
    expect(parsedObjects()).toBe(0);
    await close();
  });
});

describe("`changed` handlers", () => {
  it("get a signal that aborts with their listener, are awaited, and called again where they fail", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    const signals: AbortSignal[] = [];
    const held = Promise.withResolvers<void>();
    let calls = 0;
    const listener = informer.listen(
      {
        changed: async (_key, { signal }) => {
          signals.push(signal);
          calls++;
          if (calls === 1) throw new Error("not yet");
          await held.promise;
        },
      },
      { retry: { attempts: 2, initialMs: 10, jitter: 0 } },
    );
    informer.on("error", () => {});
    await sync(informer);
    source.send(modified("a/x", "11"));
    await pass(10);
    expect([calls, listener.health().queued, signals[0]?.aborted]).toEqual([2, 2, false]);
    const removed = listener.remove();
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
    held.resolve();
    await removed;
    expect(calls).toBe(2);
    await stopNow(informer);
  });

  it("are told the same of objects that came parsed", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    const { log, changed } = keysOf();
    informer.listen({ changed });
    await sync(informer);
    source.send(modified("a/x", "11"), added("a/y", "12"), deleted("a/x", "13"));
    await settle();
    expect(log).toEqual(["ADDED a/x initial", "MODIFIED a/x", "ADDED a/y", "DELETED a/x"]);
    await stopNow(informer);
  });

  it.each([
    [{ changed: () => {}, added: () => {} }],
    [{ changed: () => {}, modified: () => {} }],
    [{ changed: () => {}, deleted: () => {} }],
    [{ changed: "no function" }],
    [{}],
  ])("are either these or those that are told objects, and functions: %j", async (handlers) => {
    const informer = informerOf(new Source());
    expect(() => informer.listen(handlers as never)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    expect(() => informer.on("CHANGE" as never, (() => {}) as never)).toThrow(/CHANGED/);
    await stopNow(informer);
  });
});

describe("what is parsed", () => {
  it('is no state that a "latest" listener never sees, and each that it sees once', async () => {
    const { world, informer, close } = await following();
    const seen: string[] = [];
    let release = (): void => {};
    const handler = (object: ConfigMap): Promise<void> => {
      seen.push(`${stateOf(world, object).rv}`);
      return new Promise((resolve) => {
        release = resolve;
      });
    };
    informer.listen({ added: handler, modified: handler }, { delivery: "latest" });
    await settle();
    expect(parsedObjects()).toBe(1);
    for (let write = 0; write < 50; write++) world.put("a/x");
    await settle();
    expect(parsedObjects()).toBe(0);
    for (let call = 0; call < 10; call++) {
      release();
      await settle();
    }
    expect(seen).toEqual(["11", "12", "62"]);
    // The other one, and the newest state: its previous one was parsed before.
    expect(parsedObjects()).toBe(2);
    await close();
  });

  it("is each state once in a store of objects, however many listeners and reads there are", async () => {
    const { world, informer, close } = await following({ store: "objects" });
    for (let listener = 0; listener < 3; listener++)
      informer.listen({ added: () => {}, modified: () => {}, deleted: () => {} });
    await settle();
    expect(parsedObjects()).toBe(2);
    for (let write = 0; write < 10; write++) {
      world.put("a/x");
      await settle();
      expect(informer.store.get("a/x")).toBe(informer.store.get("a/x"));
      informer.store.list();
    }
    world.remove("a/x");
    await settle();
    expect(parsedObjects()).toBe(11);
    await close();
  });

  it("is every state, once, where there is an index function", async () => {
    const { world, informer, close } = await following({
      store: "objects",
      indexers: { node: (object: ConfigMap) => object.data?.node },
    } as Options);
    expect(parsedObjects()).toBe(2);
    informer.listen({ added: () => {}, modified: () => {} });
    for (let write = 0; write < 10; write++) world.put("a/x");
    await settle();
    expect(parsedObjects()).toBe(10);
    await close();
  });

  it("is every object as it arrives, where there is a transform of the user's own", async () => {
    const { world, informer, close } = await following({
      transform: (object: ConfigMap): ConfigMap => ({ ...object, data: { seen: "yes" } }),
    });
    world.put("a/x");
    await settle();
    expect(informer.store.get("a/x")?.data).toEqual({ seen: "yes" });
    parse.mockClear();
    informer.store.list();
    expect(parsedObjects()).toBe(0);
    await close();
  });

  it.each([
    [undefined, "objects", true],
    [undefined, "bytes", true],
    [true, "bytes", true],
    [false, "bytes", false],
    [false, "objects", false],
  ] as const)(
    "is frozen in tests, or as the informer says: freeze %s, a store of %s",
    async (freeze, store, isFrozen) => {
      const { world, informer, close } = await following({
        store,
        ...(freeze === undefined ? {} : { freeze }),
      });
      world.put("a/x");
      await settle();
      for (const object of informer.store.list()) {
        expect([Object.isFrozen(object), Object.isFrozen(object.metadata?.labels)]).toEqual([
          isFrozen,
          isFrozen,
        ]);
      }
      await close();
    },
  );
});

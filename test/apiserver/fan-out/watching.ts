import { FanOut, type FanOutOptions } from "../../../src/apiserver/fan-out/fan-out.ts";
import type { Watcher } from "../../../src/apiserver/fan-out/watcher.ts";
import type { WatchQuery } from "../../../src/apiserver/watch-cache/query.ts";
import type { WatchCacheOptions } from "../../../src/apiserver/watch-cache/watch-cache.ts";
import { isJsonObject } from "../../../src/base/json-object.ts";
import { TestCluster } from "../watch-cache/cluster.ts";

/** A cluster whose one resource can be watched. */
export class WatchedCluster extends TestCluster {
  readonly fanOut: FanOut;

  constructor(options: FanOutOptions & WatchCacheOptions = {}) {
    super(options);
    this.fanOut = new FanOut(this.cache, options);
  }

  async watch(query: WatchQuery = {}, signal?: AbortSignal): Promise<Stream> {
    return new Stream(await this.fanOut.watch(query, signal));
  }
}

/** A frame as JSON. */
export function parse(frame: Uint8Array): { type: string; object: Record<string, unknown> } {
  const text = Buffer.from(frame).toString("utf8");
  if (!text.endsWith("\n") || text.indexOf("\n") !== text.length - 1)
    throw new Error(`no single line: ${text}`);
  const event: unknown = JSON.parse(text);
  if (!isJsonObject(event) || typeof event.type !== "string" || !isJsonObject(event.object)) {
    throw new Error(`no watch event: ${text}`);
  }
  return { type: event.type, object: event.object };
}

/** An event in short: `ADDED shop/a @1001`, `BOOKMARK @1005`, `BOOKMARK! @1005` at the end of the initial events. */
export function short(frame: Uint8Array): string {
  const { type, object } = parse(frame);
  if (type === "ERROR") return `ERROR ${String(object.code)} ${String(object.reason)}`;
  const meta = isJsonObject(object.metadata) ? object.metadata : {};
  if (type === "BOOKMARK") {
    return `${meta.annotations === undefined ? "BOOKMARK" : "BOOKMARK!"} @${String(meta.resourceVersion)}`;
  }
  return `${type} ${String(meta.namespace)}/${String(meta.name)} @${String(meta.resourceVersion)}`;
}

/** A watcher, read step by step. */
export class Stream {
  readonly watcher: Watcher;
  readonly #frames: AsyncIterator<Uint8Array>;

  constructor(watcher: Watcher) {
    this.watcher = watcher;
    this.#frames = watcher[Symbol.asyncIterator]();
  }

  /** The next frame; throws at the end. */
  async frame(): Promise<Uint8Array> {
    const { done, value } = await this.#frames.next();
    if (done === true) throw new Error("the stream ended");
    return value;
  }

  /** The next `count` events in short. */
  async next(count: number): Promise<string[]> {
    const events: string[] = [];
    while (events.length < count) events.push(short(await this.frame()));
    return events;
  }

  /** Everything up to the end. */
  async rest(): Promise<string[]> {
    const events: string[] = [];
    for (;;) {
      const { done, value } = await this.#frames.next();
      if (done === true) return events;
      events.push(short(value));
    }
  }

  /** Leave, as a client that closes its connection. */
  async leave(): Promise<void> {
    await this.#frames.return?.();
  }
}

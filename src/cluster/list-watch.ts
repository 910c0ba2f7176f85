import { KubeError } from "../base/errors.ts";
import { EncodedRecord } from "../bytes/encoded-record.ts";
import { KeyTable } from "../bytes/key-table.ts";
import { MetadataScanner } from "../bytes/metadata-scanner.ts";
import type { ObjectLog } from "../bytes/object-log.ts";
import type { ApiCall } from "../client/api-call.ts";
import { describeCall } from "../client/call.ts";
import type { Client } from "../client/client.ts";
import { pagedParts } from "../client/pages.ts";
import { isMetadata, metadataOnly } from "../client/representation.ts";
import type { ListWatch } from "../reflector/list-watch.ts";
import { keyOfMeta } from "../resource/key.ts";
import type { KubeObject } from "../resource/object.ts";
import { type ObjectRecord, ParsedChange, ParsedRecord, type WatchRecord } from "../resource/watch-event.ts";
import { inactivityLimitMs } from "../watch/inactivity-limit.ts";
import { readWatch } from "../watch/watch-stream.ts";
import type { Selection } from "./selection.ts";

/** How a selection is read from the server. */
export interface ReadingOptions {
  /** How many objects a page of a list has. @default 500 */
  readonly pageSize?: number | undefined;
  /** The largest frame of a watch, in bytes. @default 16 MiB */
  readonly maxFrameBytes?: number | undefined;
}

/** What {@link listWatchOf} takes. */
export interface ListWatchOptions<T> extends ReadingOptions {
  /** Where objects are kept as bytes until they are read. @default each is parsed as it arrives */
  readonly log?: ObjectLog<T> | undefined;
}

/** A field of an item's metadata that is text, or absent: `""` then. */
function textOf(value: unknown, field: string, step: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  throw new KubeError("BAD_RESPONSE", `${step}: an item of the list has a metadata.${field} that is no text`);
}

function recordOf<T extends KubeObject>(step: string, object: T): ParsedRecord<T> {
  const { name, namespace, uid, resourceVersion } = object.metadata ?? {};
  if (textOf(name, "name", step) === "") {
    throw new KubeError("BAD_RESPONSE", `${step}: an item of the list has no metadata.name`);
  }
  textOf(namespace, "namespace", step);
  return new ParsedRecord(
    keyOfMeta(object.metadata),
    textOf(uid, "uid", step),
    textOf(resourceVersion, "resourceVersion", step),
    object,
  );
}

function parseItem<T>(step: string, bytes: Buffer, start: number, end: number): T {
  try {
    return JSON.parse(bytes.toString("utf8", start, end));
  } catch {
    // Not the parser's error: it quotes the text, which may be a Secret's.
    throw new KubeError("BAD_RESPONSE", `${step}: an item of the list is not JSON`);
  }
}

/** A change of which only the metadata is kept, whatever the server sent (H15, I55). */
function withoutContents<T>(call: ApiCall, record: WatchRecord<T>): WatchRecord<T> {
  if (record.type !== "ADDED" && record.type !== "MODIFIED" && record.type !== "DELETED") return record;
  const { type, key, uid, resourceVersion } = record;
  // Its type is that of metadata alone: the selection says so.
  const object = metadataOnly(call, record.object) as T;
  return new ParsedChange(type, key, uid, resourceVersion, object);
}

/**
 * The reflector's port over a client: lists page by page, watches connection by connection.
 *
 * Nothing is retried here (`retry: false`): the reflector alone decides, so that
 * retries never multiply. Remembers the rhythm of bookmarks from one connection
 * to the next, to notice a silent one sooner (P7).
 */
export function listWatchOf<T extends KubeObject>(
  client: Client,
  selection: Selection<T>,
  options: ListWatchOptions<T> = {},
): ListWatch<T> {
  // Of metadata alone there is little to parse, and the server may have sent more than that.
  const log = isMetadata(selection.call("list")) ? undefined : options.log;
  const keys = new KeyTable();
  let bookmarkGapMs: number | undefined;

  const listCall = (resourceVersion: string): ApiCall => {
    const call = selection.call("list");
    // Without the match, a server would take a limit beside a resourceVersion to mean exactly that one.
    const resourceVersionMatch = resourceVersion === "" ? undefined : "NotOlderThan";
    return { ...call, retry: false, query: { ...call.query, resourceVersion, resourceVersionMatch } };
  };

  return {
    async *list({ resourceVersion, signal }) {
      const call = listCall(resourceVersion);
      const step = describeCall(call);
      const scanner = log && new MetadataScanner();
      const readItem = (bytes: Buffer, start: number, end: number): ObjectRecord<T> => {
        if (log !== undefined && scanner?.scan(bytes, start, end) === true) {
          const at = log.append(bytes, scanner);
          if (at !== -1) return new EncodedRecord(keys.keyOf(bytes, scanner), log.segment, at);
        }
        return recordOf(step, parseItem<T>(step, bytes, start, end));
      };
      const paging = { signal, pageSize: options.pageSize };
      if (log?.isWorthwhile === true) {
        yield* pagedParts<ObjectRecord<T>>(client, call, { ...paging, readItem });
        return;
      }
      for await (const part of pagedParts<T>(client, call, paging)) {
        yield { ...part, items: part.items.map((object) => recordOf(step, object)) };
      }
    },

    async *watch({ resourceVersion, sendInitialEvents, timeoutSeconds, signal, onOpen }) {
      const call = selection.call("watch");
      const query = {
        ...call.query,
        allowWatchBookmarks: true,
        resourceVersion,
        timeoutSeconds,
        ...(sendInitialEvents ? { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" } : {}),
      };
      const watchCall: ApiCall = { ...call, query, isStream: true, retry: false };
      let lastBookmarkAt: number | undefined;
      const measure = (records: readonly WatchRecord<T>[]): void => {
        if (!records.some(({ type }) => type === "BOOKMARK")) return;
        const now = Date.now();
        if (lastBookmarkAt !== undefined) {
          bookmarkGapMs = Math.max(bookmarkGapMs ?? 0, now - lastBookmarkAt);
        }
        lastBookmarkAt = now;
      };
      const batches = readWatch<T>((connection) => client.stream(watchCall, { signal: connection }), {
        step: describeCall(watchCall),
        // A server that does not negotiate sends the objects whole: both are taken.
        kind: isMetadata(call) ? undefined : selection.kind,
        inactivityMs: inactivityLimitMs(timeoutSeconds, bookmarkGapMs),
        maxFrameBytes: options.maxFrameBytes,
        log,
        signal,
        onOpen,
      });
      try {
        for await (const records of batches) {
          measure(records);
          yield isMetadata(call) ? records.map((record) => withoutContents(watchCall, record)) : records;
        }
      } catch (error) {
        // What was learned may have been wrong: a quiet connection must not be given up again and again.
        if (KubeError.is(error) && error.code === "TIMEOUT") bookmarkGapMs = undefined;
        throw error;
      }
    },
  };
}

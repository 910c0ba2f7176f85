import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import { keyOf } from "../resource/key.ts";
import { apiVersionOf, type Kind } from "../resource/kind.ts";
import { isStatus, type Status } from "../resource/status.ts";
import { ParsedChange, type SkippedRecord, type WatchRecord } from "../resource/watch-event.ts";

/** What a {@link RecordDecoder} expects in its frames. */
export interface RecordDecoderOptions {
  /** The step that errors name, such as `watch pods`. */
  readonly step: string;
  /** Objects that say they are of another kind are passed over. @default every kind is taken */
  readonly kind?: Pick<Kind, "group" | "version" | "kind"> | undefined;
}

/** The annotation on the bookmark that ends the initial events (R45). */
const initialEventsEnd = "k8s.io/initial-events-end";

/** What an ERROR frame stands for that carries no Status. */
const unknownStatus: Status = {
  kind: "Status",
  status: "Failure",
  message: "the server sent an ERROR event without a Status",
  reason: "Unknown",
  code: 500,
};

/**
 * Reads parsed frames as records: changes, bookmarks, errors (H17, H18, R45).
 *
 * A frame that is whole but no change of an object of this kind comes out as
 * `SKIPPED` with the reason (R31). Only a type outside the five throws,
 * `FRAME_CORRUPT`, because what it meant cannot be known.
 */
export class RecordDecoder<T> {
  readonly #step: string;
  readonly #kind: string | undefined;
  readonly #apiVersion: string | undefined;

  constructor(options: RecordDecoderOptions) {
    this.#step = options.step;
    this.#kind = options.kind?.kind;
    this.#apiVersion = options.kind && apiVersionOf(options.kind);
  }

  /** Read one frame, `{ type, object }`. */
  decode(frame: Record<string, unknown>): WatchRecord<T> {
    const { type, object } = frame;
    if (type === "ERROR") return { type, status: isStatus(object) ? object : unknownStatus };
    if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED" && type !== "BOOKMARK") {
      throw new KubeError("FRAME_CORRUPT", `${this.#step}: a frame has none of the five event types`);
    }
    if (!isJsonObject(object)) return this.#skip(type, "its object is none");
    if (!this.#isExpected(object)) return this.#skip(type, "its object is of another kind");
    const meta = object.metadata;
    if (!isJsonObject(meta)) return this.#skip(type, "its object has no metadata");
    const { name, namespace, uid, resourceVersion, annotations } = meta;
    if (!isText(resourceVersion)) return this.#skip(type, "its object has no metadata.resourceVersion");
    if (type === "BOOKMARK") {
      const isInitialEventsEnd = isJsonObject(annotations) && annotations[initialEventsEnd] === "true";
      return { type, resourceVersion, isInitialEventsEnd };
    }
    if (!isText(name)) return this.#skip(type, "its object has no metadata.name");
    const key = keyOf(isText(namespace) ? namespace : undefined, name);
    return new ParsedChange<T>(type, key, isText(uid) ? uid : "", resourceVersion, object);
  }

  /** Whether the object is no Table and, where it says both, of the expected version and kind. */
  #isExpected(object: Record<string, unknown>): object is Record<string, unknown> & T {
    const { apiVersion, kind } = object;
    if (kind === "Table" && isText(apiVersion) && apiVersion.startsWith("meta.k8s.io/")) return false;
    if (this.#kind === undefined || !isText(apiVersion) || !isText(kind)) return true;
    return kind === this.#kind && apiVersion === this.#apiVersion;
  }

  #skip(type: string, why: string): SkippedRecord {
    const message = `${this.#step}: passed over a ${type} event, ${why}`;
    return { type: "SKIPPED", error: new KubeError("BAD_RESPONSE", message) };
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

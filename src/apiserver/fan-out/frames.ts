import type { ApiError } from "../../base/api-error.ts";
import { apiVersionOf, type Kind } from "../../resource/kind.ts";
import type { ChangeType, WireWatchEvent } from "../../resource/watch-event.ts";
import type { StorageChange, StoredObject } from "../storage/port.ts";
import { zeroFields } from "./zero-fields.ts";

/** Encode one watch event as a line of JSON. */
function frame(type: WireWatchEvent["type"], json: string): Uint8Array {
  return Buffer.from(`{"type":"${type}","object":${json}}\n`, "utf8");
}

/** Encode an object that exists already, for a watch that begins with the current state. */
export function initialFrame(object: StoredObject): Uint8Array {
  return frame("ADDED", JSON.stringify(object));
}

/**
 * Encode a bookmark: the stream has reached this revision (R35).
 *
 * Carries the kind, its fields that are never left out, and of the metadata the
 * resourceVersion; after the initial events also the annotation that ends them (R45).
 */
export function bookmarkFrame(kind: Kind, revision: number, isInitialEventsEnd: boolean): Uint8Array {
  const metadata = {
    resourceVersion: String(revision),
    ...(isInitialEventsEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {}),
  };
  const object = { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata, ...zeroFields(kind) };
  return frame("BOOKMARK", JSON.stringify(object));
}

/** Encode an ERROR event: the failure as a Status, after which the stream ends (R30). */
export function errorFrame(error: ApiError): Uint8Array {
  const status = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: error.message,
    reason: error.reason,
    details: error.details,
    code: error.status,
  };
  return frame("ERROR", JSON.stringify(status));
}

/**
 * The frames of one change, each encoded at most once for all its watchers.
 *
 * To most watchers a change is what it is; to those whose selector it enters or
 * leaves it is another event, encoded when the first of them needs it. One that
 * leaves a selector is DELETED with its previous state and this change's revision.
 */
export class ChangeFrames {
  readonly #change: StorageChange;
  readonly #frames = new Map<ChangeType, Uint8Array>();
  #currentJson: string | undefined;

  constructor(change: StorageChange) {
    this.#change = change;
  }

  /** The change as an event of this type. */
  as(type: ChangeType): Uint8Array {
    let encoded = this.#frames.get(type);
    if (encoded === undefined) {
      encoded = frame(type, type === "DELETED" ? this.#lastState() : this.#current());
      this.#frames.set(type, encoded);
      // With both forms encoded nobody will ask for the text again.
      if (this.#frames.size > 1) this.#currentJson = undefined;
    }
    return encoded;
  }

  #current(): string {
    this.#currentJson ??= JSON.stringify(this.#change.object);
    return this.#currentJson;
  }

  #lastState(): string {
    const { type, previous, revision } = this.#change;
    if (type === "DELETED" || previous === undefined) return this.#current();
    return JSON.stringify({
      ...previous,
      metadata: { ...previous.metadata, resourceVersion: String(revision) },
    });
  }
}

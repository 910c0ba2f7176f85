import type { ApiError } from "../../base/api-error.ts";
import type { Kind } from "../../resource/kind.ts";
import type { ChangeType, WireWatchEvent } from "../../resource/watch-event.ts";
import type { StorageChange, StoredObject } from "../storage/port.ts";
import { bookmarkAs, type Representation, shownAs } from "./representation.ts";

/** Encode one watch event as a line of JSON. */
function frame(type: WireWatchEvent["type"], json: string): Uint8Array {
  return Buffer.from(`{"type":"${type}","object":${json}}\n`, "utf8");
}

/** Encode an object that exists already, for a watch that begins with the current state. */
export function initialFrame(object: StoredObject, representation: Representation): Uint8Array {
  return frame("ADDED", JSON.stringify(shownAs(representation, object)));
}

/**
 * Encode a bookmark: the stream has reached this revision (R35).
 *
 * Carries the kind, its fields that are never left out, and of the metadata the
 * resourceVersion; after the initial events also the annotation that ends them (R45).
 */
export function bookmarkFrame(
  kind: Kind,
  revision: number,
  isInitialEventsEnd: boolean,
  representation: Representation,
): Uint8Array {
  const metadata = {
    resourceVersion: String(revision),
    ...(isInitialEventsEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {}),
  };
  return frame("BOOKMARK", JSON.stringify(bookmarkAs(representation, kind, metadata)));
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
 * Metadata alone is encoded beside, for those who watch it, and costs the others nothing.
 */
export class ChangeFrames {
  readonly #change: StorageChange;
  readonly #representation: Representation;
  readonly #frames = new Map<ChangeType, Uint8Array>();
  #others: Map<Representation, ChangeFrames> | undefined;
  #currentJson: string | undefined;

  constructor(change: StorageChange, representation: Representation = "object") {
    this.#change = change;
    this.#representation = representation;
  }

  /** The frames of the same change as another representation. */
  in(representation: Representation): ChangeFrames {
    if (representation === this.#representation) return this;
    this.#others ??= new Map();
    let frames = this.#others.get(representation);
    if (frames === undefined) {
      frames = new ChangeFrames(this.#change, representation);
      this.#others.set(representation, frames);
    }
    return frames;
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
    this.#currentJson ??= this.#json(this.#change.object);
    return this.#currentJson;
  }

  #lastState(): string {
    const { type, previous, revision } = this.#change;
    if (type === "DELETED" || previous === undefined) return this.#current();
    return this.#json({
      ...previous,
      metadata: { ...previous.metadata, resourceVersion: String(revision) },
    });
  }

  #json(object: StoredObject): string {
    return JSON.stringify(shownAs(this.#representation, object));
  }
}

import type { KubeObject } from "../../src/resource/object.ts";
import { type ChangeType, ParsedChange, type WatchRecord } from "../../src/resource/watch-event.ts";
import type { TransportResponse } from "../../src/transport/port.ts";

/** A small pod as the wire carries it. */
export function podOf(
  name: string,
  resourceVersion: string,
  extra: Record<string, unknown> = {},
): KubeObject {
  const metadata = { name, namespace: "shop", uid: `uid-${name}`, resourceVersion };
  return { apiVersion: "v1", kind: "Pod", metadata, ...extra };
}

/** A frame as the server writes it. */
export function frameOf(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A decoded change of a small pod. */
export function change(type: ChangeType, name: string, resourceVersion: string): WatchRecord<KubeObject> {
  return new ParsedChange(type, `shop/${name}`, `uid-${name}`, resourceVersion, podOf(name, resourceVersion));
}

export function bookmark(resourceVersion: string, isInitialEventsEnd = false): WatchRecord<KubeObject> {
  return { type: "BOOKMARK", resourceVersion, isInitialEventsEnd };
}

export function errorRecord(
  code: number,
  reason: string,
  retryAfterSeconds?: number,
): WatchRecord<KubeObject> {
  const details = retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } };
  return { type: "ERROR", status: { kind: "Status", code, reason, message: "said the server", ...details } };
}

/** Cut bytes at the given places, in any order, empty pieces included. */
export function cut(all: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [0, ...at.map((place) => place % (all.length + 1)).sort((a, b) => a - b), all.length];
  return places.slice(1).map((end, index) => all.subarray(places[index], end));
}

/** A response whose body is written by the test, and which counts how it is closed. */
export class FakeConnection {
  readonly response: TransportResponse;
  reads = 0;
  closes = 0;
  #chunks: Uint8Array[] = [];
  #isEnded = false;
  #error: unknown;
  #wake: (() => void) | undefined;

  constructor(headers: Record<string, string> = { "content-type": "application/json" }) {
    const body = { [Symbol.asyncIterator]: () => this.#read() };
    this.response = { status: 200, headers, body };
  }

  write(text: string): this {
    this.#chunks.push(bytesOf(text));
    this.#wake?.();
    return this;
  }

  end(error?: unknown): this {
    this.#isEnded = true;
    this.#error = error;
    this.#wake?.();
    return this;
  }

  #read(): AsyncIterator<Uint8Array> {
    return {
      next: async () => {
        this.reads += 1;
        for (;;) {
          const value = this.#chunks.shift();
          if (value !== undefined) return { done: false, value };
          if (this.#error !== undefined) throw this.#error;
          if (this.#isEnded) return { done: true, value: undefined };
          const { promise, resolve } = Promise.withResolvers<void>();
          this.#wake = resolve;
          await promise;
        }
      },
      return: async () => {
        this.closes += 1;
        return { done: true, value: undefined };
      },
    };
  }
}

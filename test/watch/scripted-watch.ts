import type { KubeObject } from "../../src/resource/object.ts";
import type { WatchRecord } from "../../src/resource/watch-event.ts";
import type { OpenWatch, WatchOpenRequest } from "../../src/watch/watch-session.ts";

/** What one connection does: batches, then a time, then its end. */
export interface Script {
  readonly batches?: readonly (readonly WatchRecord<KubeObject>[])[];
  /** How long it lives after its batches. */
  readonly livesMs?: number;
  /** Breaks it; with `isRefused` before it is accepted. */
  readonly error?: unknown;
  readonly isRefused?: boolean;
}

/** A server that plays one script per connection, and stays silent once they are used up. */
export class ScriptedServer {
  readonly requests: WatchOpenRequest[] = [];
  readonly openedAt: number[] = [];
  /** Connections whose generator has been left. */
  closes = 0;
  readonly #scripts: readonly Script[];
  readonly #always: Script | undefined;

  constructor(scripts: readonly Script[], always?: Script) {
    this.#scripts = scripts;
    this.#always = always;
  }

  get versions(): string[] {
    return this.requests.map(({ resourceVersion }) => resourceVersion);
  }

  readonly open: OpenWatch<KubeObject> = (request) => this.#play(request);

  async *#play(request: WatchOpenRequest): AsyncGenerator<readonly WatchRecord<KubeObject>[], void, void> {
    const script = this.#scripts[this.requests.length] ?? this.#always;
    this.requests.push(request);
    this.openedAt.push(Date.now());
    try {
      if (script?.isRefused) throw script.error;
      request.onOpen();
      yield* script?.batches ?? [];
      if (script === undefined) await new Promise(() => {});
      const { livesMs } = script ?? {};
      if (livesMs !== undefined) await new Promise<void>((resolve) => setTimeout(resolve, livesMs));
      if (script?.error !== undefined) throw script.error;
    } finally {
      this.closes += 1;
    }
  }
}

import type { Informer } from "../../src/informer/informer.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import type { IndexFunctions } from "../../src/store/indexer.ts";

/** What happened, line by line, to be waited for without polling. */
export class Journal {
  readonly lines: string[] = [];
  readonly #waiting = new Set<{ readonly line: string; readonly resolve: () => void }>();

  add(line: string): void {
    this.lines.push(line);
    for (const waiting of this.#waiting) {
      if (waiting.line !== line) continue;
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
  }

  /** Resolves once a line is there. */
  async until(line: string): Promise<void> {
    if (this.lines.includes(line)) return;
    await new Promise<void>((resolve) => this.#waiting.add({ line, resolve }));
  }

  /** Give the lines so far and forget them. */
  take(): string[] {
    return this.lines.splice(0);
  }

  /** Write down what an informer tells: `ADDED a initial`, `MODIFIED a`, `DELETED a unknown`. */
  follow<T extends KubeObject, I extends IndexFunctions<T>>(informer: Informer<T, I>): this {
    const name = (object: T): string => object.metadata?.name ?? "";
    informer
      .on("ADDED", (object, { initial }) => this.add(`ADDED ${name(object)}${initial ? " initial" : ""}`))
      .on("MODIFIED", (object) => this.add(`MODIFIED ${name(object)}`))
      .on("DELETED", (object, { finalStateUnknown }) =>
        this.add(`DELETED ${name(object)}${finalStateUnknown ? " unknown" : ""}`),
      );
    return this;
  }
}

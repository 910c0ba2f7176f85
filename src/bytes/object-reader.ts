import { KubeError } from "../base/errors.ts";

/** How an {@link ObjectReader} makes objects. */
export interface ObjectReaderOptions<T> {
  /** What is read, for errors, such as `pods in shop`. @default "objects" */
  readonly name?: string | undefined;
  /** Done to each object once, as it is parsed: freezing it. */
  readonly finish?: ((object: T) => T) | undefined;
}

/**
 * Makes objects of bytes that were kept unparsed.
 *
 * Throws `FRAME_CORRUPT` for what turns out to be no JSON, and tells
 * `onUnreadable` of it, so that whoever follows the objects can read them anew:
 * bytes that nobody has parsed yet are trusted to be whole.
 */
export class ObjectReader<T> {
  /** Called with the errors that `read` throws, once for each entry; must not throw. */
  onUnreadable: ((error: KubeError) => void) | undefined;
  readonly #name: string;
  readonly #finish: ((object: T) => T) | undefined;

  constructor({ name = "objects", finish }: ObjectReaderOptions<T> = {}) {
    this.#name = name;
    this.#finish = finish;
  }

  /** Parse the JSON at [start, end); where it is known to be none, nobody is told again. */
  read(bytes: Buffer, start: number, end: number, key: string, isKnown = false): T {
    let object: T;
    try {
      object = JSON.parse(bytes.toString("utf8", start, end));
    } catch {
      // Not the parser's message: it quotes the text, which may be a Secret's.
      const message = `Read ${key} of ${this.#name}: its bytes are no JSON; it is asked for again`;
      const error = new KubeError("FRAME_CORRUPT", message);
      if (!isKnown) this.onUnreadable?.(error);
      throw error;
    }
    return this.#finish === undefined ? object : this.#finish(object);
  }
}

import { firstVersion, type PreparedKind } from "./objects.ts";

const pageObjects = 500;

/** One page of a list in the two forms in which it is asked for, each made when it first is. */
class Page {
  items: Buffer | undefined;
  frames: Buffer | undefined;
}

/** The first state of a collection as bytes: as a list in pages, and as the events of a streaming list. */
export class PreparedList {
  readonly kind: PreparedKind;
  readonly size: number;
  readonly #pages: Page[];

  constructor(kind: PreparedKind, size: number) {
    this.kind = kind;
    this.size = size;
    this.#pages = Array.from({ length: Math.ceil(size / pageObjects) }, () => new Page());
  }

  /** The state's resourceVersion: that of the newest object. */
  get version(): number {
    return firstVersion + this.size;
  }

  /** A list answer; of `limit` objects, rounded up to whole pages, from the page that `from` names on. */
  *list(limit: number, from: number, isEmpty = false): Generator<Buffer> {
    const wanted = limit > 0 ? Math.ceil(limit / pageObjects) : this.#pages.length;
    const end = isEmpty ? from : Math.min(this.#pages.length, from + wanted);
    const left = this.#pages.length - end;
    const metadata = {
      resourceVersion: String(this.version),
      ...(!isEmpty && left > 0 && { continue: String(end), remainingItemCount: left * pageObjects }),
    };
    yield Buffer.from(
      `{"kind":"${this.kind.kind}List","apiVersion":"v1","metadata":${JSON.stringify(metadata)},"items":[`,
    );
    for (let page = from; page < end; page++) {
      if (page > from) yield Buffer.from(",");
      yield this.#items(page);
    }
    yield Buffer.from("]}\n");
  }

  /** The events of a streaming list, and the bookmark that ends it. */
  *stream(isEmpty = false): Generator<Buffer> {
    if (!isEmpty) for (let page = 0; page < this.#pages.length; page++) yield this.#frames(page);
    yield Buffer.from(
      `{"type":"BOOKMARK","object":{"kind":"${this.kind.kind}","apiVersion":"v1","metadata":{"resourceVersion":"${this.version}",` +
        `"creationTimestamp":null,"annotations":{"k8s.io/initial-events-end":"true"}}}}\n`,
    );
  }

  #items(number: number): Buffer {
    const page = this.#page(number);
    // As the API server has it: in lists of built-in kinds the items have neither kind nor apiVersion.
    page.items ??= Buffer.from(this.#map(number, (body) => `{${body}`).join(","));
    return page.items;
  }

  #frames(number: number): Buffer {
    const page = this.#page(number);
    const start = `{"type":"ADDED","object":{"kind":"${this.kind.kind}","apiVersion":"v1",`;
    page.frames ??= Buffer.from(this.#map(number, (body) => `${start}${body}}\n`).join(""));
    return page.frames;
  }

  #map(number: number, form: (body: string) => string): string[] {
    const from = number * pageObjects;
    const length = Math.min(pageObjects, this.size - from);
    return Array.from({ length }, (_, i) => form(this.kind.body(from + i, firstVersion + from + i + 1)));
  }

  #page(number: number): Page {
    const page = this.#pages[number];
    if (page === undefined) throw new Error(`there is no page ${number}`);
    return page;
  }
}

import {
  COLLECTION_STYLE,
  type DocumentDirective,
  EVENT_ID,
  type Event,
  getScalarValue,
  type MappingEvent,
  SCALAR_STYLE,
  type ScalarEvent,
  type SequenceEvent,
} from "js-yaml";
import type { Parsed } from "./events.ts";
import { mappingInValue, type Refuse } from "./problem.ts";
import type { YamlAlias, YamlDocument, YamlList, YamlMapping, YamlNode, YamlScalar } from "./tree.ts";

/** How many times as large as a text its aliases may make it: what comes of it is walked through and sent. */
const maxGrowth = 100;

/** Tells the line that a place in a text is in, `first` being the number of its first. */
function lineFinder(text: string, first: number): (offset: number) => number {
  const ends: number[] = [];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) ends.push(at);
  return (offset) => {
    let low = 0;
    for (let high = ends.length; low < high; ) {
      const middle = (low + high) >>> 1;
      if ((ends[middle] ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low + first;
  };
}

/** A tag in full; `handles` are those of the document's `%TAG` lines. */
function tagOf(raw: string, handles: ReadonlyMap<string, string>): string {
  if (raw.startsWith("!<")) return raw.slice(2, -1);
  const [, handle = "", name = ""] = /^(![^!]*!|!)(.*)$/s.exec(raw) ?? [];
  return (handles.get(handle) ?? (handle === "!!" ? "tag:yaml.org,2002:" : handle)) + name;
}

/** What an alias may refer to; the size is 1 while it is not whole. */
interface Anchor {
  readonly node: Exclude<YamlNode, YamlAlias>;
  size: number;
}

/** A list or a mapping that has not ended. */
interface Open {
  readonly node: YamlList | YamlMapping;
  readonly anchor: Anchor | undefined;
  /** Not in brackets. */
  readonly isBlock: boolean;
  /** How many values it is made of, aliases written out. */
  size: number;
  key?: YamlNode | undefined;
}

/** Makes trees of what the parser finds. */
export class Composer {
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #refuse: Refuse;
  readonly #lineAt: (offset: number) => number;
  readonly #open: Open[] = [];
  readonly #anchors = new Map<string, Anchor>();
  readonly #handles = new Map<string, string>();
  #root: YamlNode | undefined;
  #number: number;
  /** Where what was read last ends. */
  #end = 0;
  /** How many values aliases may still stand for. */
  #allowance: number;

  constructor({ text, events }: Parsed, line: number, number: number, refuse: Refuse) {
    this.#text = text;
    this.#events = events;
    this.#refuse = refuse;
    this.#lineAt = lineFinder(text, line);
    this.#number = number;
    this.#allowance = events.length * maxGrowth;
  }

  *documents(): Generator<YamlDocument> {
    for (const event of this.#events) {
      if (event.type === EVENT_ID.DOCUMENT) this.#begin(event.directives);
      else if (event.type === EVENT_ID.SCALAR) this.#scalar(event);
      else if (event.type === EVENT_ID.ALIAS) this.#alias(event.anchorStart, event.anchorEnd);
      else if (event.type !== EVENT_ID.POP) this.#collection(event);
      else if (this.#open.length > 0) this.#close();
      else if (this.#root !== undefined) yield { number: this.#number, root: this.#root };
    }
  }

  #begin(directives: readonly DocumentDirective[]): void {
    this.#number += 1;
    for (const one of directives) if (one.kind === "tag") this.#handles.set(one.handle, one.prefix);
  }

  #scalar(event: ScalarEvent): void {
    const isPlain = event.style === SCALAR_STYLE.PLAIN;
    const place = this.#placeOf(event, isPlain);
    const line = this.#lineAt(place);
    const isBlock = event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK;
    // A key that is a block of text, or nothing, has its `?`.
    if (event.valueStart !== -1 && !isBlock) this.#checkPlace(place, line);
    const text = getScalarValue(this.#text, event);
    const node: YamlScalar = { type: "scalar", text, isPlain, tag: this.#tag(event), line };
    this.#anchor(event, node);
    this.#add(node, 1);
  }

  /** Only marks stand before a key in its line; the parser takes some that stand behind a value. */
  #checkPlace(place: number, line: number): void {
    const open = this.#open.at(-1);
    if (open === undefined || !open.isBlock || open.node.type === "list" || open.key !== undefined) return;
    let start = place;
    while (start > 0 && !"\r\n".includes(this.#text.charAt(start - 1))) start -= 1;
    if (/^\uFEFF? *(?:[-?:] +)*(?:[&!]\S* +)*$/.test(this.#text.slice(start, place))) return;
    throw this.#refuse({ message: mappingInValue, document: this.#number, line });
  }

  /** The parser gives no place for a value of which nothing is written: it is behind what came before. */
  #placeOf(event: ScalarEvent, isPlain: boolean): number {
    const end = Math.max(event.valueEnd, event.tagEnd, event.anchorEnd);
    if (event.valueStart === -1 && end === -1) {
      const place = this.#nextPlace(this.#end);
      this.#end = place + 1;
      return place;
    }
    this.#end = event.valueStart === -1 || isPlain ? end : end + 1;
    if (event.valueStart === -1) return Math.max(event.tagStart, event.anchorStart);
    // The quote; or the end of the line with the mark, `|` or `>`.
    return isPlain ? event.valueStart : event.valueStart - 1;
  }

  /** Skip spaces, comments, and brackets that close. */
  #nextPlace(from: number): number {
    let at = from;
    for (let char = this.#text.charAt(at); char !== "" && " \t\r\n]}#".includes(char); ) {
      const next = char === "#" ? this.#text.indexOf("\n", at) : at + 1;
      if (next === -1) break;
      at = next;
      char = this.#text.charAt(at);
    }
    return at;
  }

  #collection(event: SequenceEvent | MappingEvent): void {
    const start = { tag: this.#tag(event), line: this.#lineAt(event.start) };
    const node: YamlList | YamlMapping =
      event.type === EVENT_ID.SEQUENCE
        ? { type: "list", items: [], ...start }
        : { type: "mapping", pairs: [], ...start };
    this.#end = event.start;
    const anchor = this.#anchor(event, node);
    this.#add(node, 0);
    this.#open.push({ node, anchor, isBlock: event.style === COLLECTION_STYLE.BLOCK, size: 1 });
  }

  #alias(start: number, end: number): void {
    const line = this.#lineAt(start);
    const anchor = this.#anchors.get(this.#text.slice(start, end));
    const place = { document: this.#number, line, isAlias: true };
    if (anchor === undefined) {
      throw this.#refuse({ message: "an alias has no anchor before it", ...place });
    }
    this.#allowance -= anchor.size;
    if (this.#allowance < 0) {
      const message = `its aliases are too many: they make it more than ${maxGrowth} times as large`;
      throw this.#refuse({ message, ...place });
    }
    this.#end = end;
    this.#add({ type: "alias", target: anchor.node, line }, anchor.size);
  }

  #close(): void {
    const closed = this.#open.pop();
    if (closed === undefined) return;
    if (closed.anchor !== undefined) closed.anchor.size = closed.size;
    const parent = this.#open.at(-1);
    if (parent !== undefined) parent.size += closed.size;
  }

  #add(node: YamlNode, size: number): void {
    const parent = this.#open.at(-1);
    if (parent === undefined) {
      this.#root = node;
      return;
    }
    parent.size += size;
    if (parent.node.type === "list") parent.node.items.push(node);
    else if (parent.key === undefined) parent.key = node;
    else {
      parent.node.pairs.push([parent.key, node]);
      parent.key = undefined;
    }
  }

  #anchor(event: ScalarEvent | SequenceEvent | MappingEvent, node: Anchor["node"]): Anchor | undefined {
    if (event.anchorStart === -1) return undefined;
    const anchor: Anchor = { node, size: 1 };
    this.#anchors.set(this.#text.slice(event.anchorStart, event.anchorEnd), anchor);
    return anchor;
  }

  #tag({ tagStart, tagEnd }: ScalarEvent | SequenceEvent | MappingEvent): string | undefined {
    return tagStart === -1 ? undefined : tagOf(this.#text.slice(tagStart, tagEnd), this.#handles);
  }
}

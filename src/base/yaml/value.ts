import { NOT_RESOLVED, type ScalarTagDefinition } from "js-yaml";
import { type Refuse, unknownTag, type YamlProblem } from "./problem.ts";
import type { YamlDocument, YamlList, YamlMapping, YamlNode, YamlScalar } from "./tree.ts";

/** What is made of a tree. */
export interface YamlMeaning {
  /** The tags that may be written; what has none and no quotes is the first implicit one that fits, or a text. */
  readonly scalars: readonly ScalarTagDefinition[];
  /** What it is instead in the values of keys with these names, however deep. */
  readonly within?: ReadonlyMap<string, YamlMeaning> | undefined;
  /** Pass over keys that are no text, and tags that begin with a single `!`, instead of refusing them. @default false */
  readonly isLenient?: boolean | undefined;
}

const listTag = "tag:yaml.org,2002:seq";
const mappingTag = "tag:yaml.org,2002:map";
const mergeTag = "tag:yaml.org,2002:merge";

const resolved = (node: YamlNode): Exclude<YamlNode, { type: "alias" }> =>
  node.type === "alias" ? node.target : node;

function isMergeKey(key: YamlNode): boolean {
  if (key.type !== "scalar" || key.text !== "<<") return false;
  return key.tag === mergeTag || (key.tag === undefined && key.isPlain);
}

/** Set an own member: `__proto__` is a name like any other. */
function put(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, configurable: true, enumerable: true, writable: true });
}

/** Makes values of the nodes of one document. */
class ValueReader {
  readonly #document: number;
  readonly #refuse: Refuse;
  /** So that an alias gives the very same value; one that holds itself is begun already. */
  readonly #done = new Map<YamlNode, unknown>();

  constructor(document: number, refuse: Refuse) {
    this.#document = document;
    this.#refuse = refuse;
  }

  value(node: YamlNode, meaning: YamlMeaning): unknown {
    const source = resolved(node);
    if (source.type === "scalar") return this.#scalar(source, meaning);
    if (this.#done.has(source)) return this.#done.get(source);
    const tag = source.type === "list" ? listTag : mappingTag;
    if (source.tag !== undefined && source.tag !== tag && !isPassedOver(source.tag, meaning)) {
      throw this.#problem(source, unknownTag);
    }
    return source.type === "list" ? this.#list(source, meaning) : this.#mapping(source, meaning);
  }

  #scalar(node: YamlScalar, meaning: YamlMeaning): unknown {
    const { tag, text, isPlain } = node;
    if (tag === undefined) {
      if (!isPlain) return text;
      for (const one of meaning.scalars) {
        const value = one.implicit ? one.resolve(text, false, one.tagName) : NOT_RESOLVED;
        if (value !== NOT_RESOLVED) return value;
      }
      return text;
    }
    if (isPassedOver(tag, meaning)) return text;
    const known = meaning.scalars.find(({ tagName }) => tagName === tag);
    const value = known === undefined ? NOT_RESOLVED : known.resolve(text, true, tag);
    if (value === NOT_RESOLVED) throw this.#problem(node, unknownTag);
    return value;
  }

  #list(node: YamlList, meaning: YamlMeaning): unknown[] {
    const items: unknown[] = [];
    this.#done.set(node, items);
    for (const item of node.items) items.push(this.value(item, meaning));
    return items;
  }

  #mapping(node: YamlMapping, meaning: YamlMeaning): Record<string, unknown> {
    const value: Record<string, unknown> = {};
    this.#done.set(node, value);
    const own = new Set<string>();
    for (const [key, item] of node.pairs) {
      if (isMergeKey(key)) {
        this.#merge(value, item, meaning);
        continue;
      }
      const name = this.#name(key, meaning);
      if (name === undefined) continue;
      if (own.has(name)) throw this.#problem(key, "a key stands twice in one mapping. Remove one of them");
      own.add(name);
      put(value, name, this.value(item, meaning.within?.get(name) ?? meaning));
    }
    return value;
  }

  /** What stands in the mapping itself, before or behind the merge key, is not replaced. */
  #merge(target: Record<string, unknown>, node: YamlNode, meaning: YamlMeaning): void {
    const source = resolved(node);
    for (const one of source.type === "list" ? source.items.map(resolved) : [source]) {
      if (one.type !== "mapping") {
        throw this.#problem(node, "a merge key (`<<`) has something else than mappings");
      }
      const value = this.value(one, meaning);
      if (typeof value !== "object" || value === null) continue;
      for (const [name, item] of Object.entries(value)) {
        if (!Object.hasOwn(target, name)) put(target, name, item);
      }
    }
  }

  #name(key: YamlNode, meaning: YamlMeaning): string | undefined {
    const source = resolved(key);
    const value = source.type === "scalar" ? this.#scalar(source, meaning) : null;
    if (value !== null) return String(value);
    if (meaning.isLenient) return undefined;
    throw this.#problem(key, "a key is no text. Put it in quotes");
  }

  #problem({ line }: YamlNode, message: string): Error {
    const problem: YamlProblem = { message, document: this.#document, line };
    return this.#refuse(problem);
  }
}

/** `!` alone says only that it is what it looks like, which for a scalar is a text. */
function isPassedOver(tag: string, { isLenient = false }: YamlMeaning): boolean {
  return tag === "!" || (isLenient && tag.startsWith("!"));
}

/**
 * Make JSON's values of a document: numbers, texts, arrays, objects; merge keys carried out, aliases followed.
 *
 * Throws what `refuse` makes of a key that stands twice or is no text, and of a
 * tag that is not known. With aliases, the same object may stand in several
 * places, even within itself.
 */
export function yamlValue({ number, root }: YamlDocument, meaning: YamlMeaning, refuse: Refuse): unknown {
  return new ValueReader(number, refuse).value(root, meaning);
}

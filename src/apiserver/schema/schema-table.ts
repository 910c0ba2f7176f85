import type { Kind } from "../../resource/kind.ts";
import {
  deducedType,
  type FieldSchema,
  opaqueType,
  type PatchRule,
  type SchemaRef,
  type TypeSchema,
} from "./type-schema.ts";

const scalars: Readonly<Record<string, TypeSchema>> = {
  s: { scalar: "string" },
  n: { scalar: "numeric" },
  b: { scalar: "boolean" },
  u: { scalar: "any" },
  "*": deducedType,
  "?": opaqueType,
};
const metadata = 0;
const fieldForm = /^([^:]+):([^+\-&%]+)([+-]?)(?:&([a-z]+)(?:\.([^%]+))?)?(?:%(.*))?$/;

function withRelation(type: TypeSchema, isAtomic: boolean): TypeSchema {
  return type.map === undefined ? type : { ...type, map: { ...type.map, isAtomic } };
}

function patchRule(strategies: string | undefined, mergeKey = ""): PatchRule | undefined {
  if (strategies === undefined) return undefined;
  return { isMerged: strategies.includes("m"), isReplaced: strategies.includes("x"), mergeKey };
}

/**
 * The types of built-in kinds, read from their text when they are first asked for.
 *
 * A line is `group/version/Kind,…|type`, without kinds where it is only referred
 * to. Types: `s` `n` `b` scalars, `u` any of them, `*` anything, `?` anything as
 * one value, `#7` the definition of that line (base 36; `!#7` as one value, `~#7`
 * by field), `[s` a list as one value, `=s` a set, `(a,b)#7` a list with these
 * keys, `{s` a map and `<s` one as one value, `{name:s spec:#7` declared fields.
 * After a field's type: `+` is always there, `-` is null when not set, `&m.name`
 * its patch strategies (merge, x: replace, k: retainKeys) and merge key, `%"TCP"`
 * its value where a list's item does not name it.
 */
export class SchemaTable {
  readonly #lines: readonly string[];
  readonly #types = new Map<number, TypeSchema>();
  #kinds: ReadonlyMap<string, number> | undefined;
  #custom: TypeSchema | undefined;

  constructor(texts: readonly string[]) {
    this.#lines = texts.flatMap((text) => text.split("\n"));
  }

  /** The type of a kind's objects; of kinds that are not built in only the metadata is known. */
  typeOf(kind: Pick<Kind, "group" | "version" | "kind">, isCustom = false): TypeSchema {
    this.#kinds ??= this.#numbersOfKinds();
    const at = isCustom ? undefined : this.#kinds.get(`${kind.group}/${kind.version}/${kind.kind}`);
    if (at !== undefined) return this.#definition(at);
    this.#custom ??= this.#customType();
    return this.#custom;
  }

  #customType(): TypeSchema {
    const fields: [string, FieldSchema][] = [
      ["apiVersion", { type: () => ({ scalar: "string" }) }],
      ["kind", { type: () => ({ scalar: "string" }) }],
      ["metadata", { type: () => this.#definition(metadata), zero: "{}" }],
    ];
    return { map: { isAtomic: false, fields: new Map(fields), item: () => deducedType } };
  }

  #numbersOfKinds(): ReadonlyMap<string, number> {
    return new Map(
      this.#lines.flatMap((line, at) =>
        line
          .slice(0, line.indexOf("|"))
          .split(",")
          .filter((kind) => kind !== "")
          .map((kind): [string, number] => [kind, at]),
      ),
    );
  }

  #definition(at: number): TypeSchema {
    const known = this.#types.get(at);
    if (known !== undefined) return known;
    const line = this.#lines[at] ?? "|?";
    const type = this.#read(line.slice(line.indexOf("|") + 1));
    this.#types.set(at, type);
    return type;
  }

  #read(text: string): TypeSchema {
    const known = scalars[text];
    if (known !== undefined) return known;
    const rest = text.slice(1);
    switch (text[0]) {
      case "#":
        return this.#definition(Number.parseInt(rest, 36));
      case "!":
        return withRelation(this.#read(rest), true);
      case "~":
        return withRelation(this.#read(rest), false);
      case "[":
        return { list: { isAtomic: true, keys: [], item: this.#ref(rest) } };
      case "=":
        return { list: { isAtomic: false, keys: [], item: this.#ref(rest) } };
      case "(": {
        const end = rest.indexOf(")");
        return {
          list: {
            isAtomic: false,
            keys: rest.slice(0, end).split(","),
            item: this.#ref(rest.slice(end + 1)),
          },
        };
      }
      case "<":
        return { map: { isAtomic: true, fields: new Map(), item: this.#ref(rest) } };
      default:
        return this.#readMap(rest);
    }
  }

  #readMap(text: string): TypeSchema {
    if (!text.includes(":")) return { map: { isAtomic: false, fields: new Map(), item: this.#ref(text) } };
    const fields = text.split(" ").map((field) => this.#readField(field));
    return { map: { isAtomic: false, fields: new Map(fields), item: undefined } };
  }

  #readField(text: string): [string, FieldSchema] {
    const [, name = "", type = "?", presence, strategies, mergeKey, fallback] = fieldForm.exec(text) ?? [];
    return [
      name,
      {
        type: this.#ref(type),
        zero: presence === "+" ? "{}" : presence === "-" ? "null" : undefined,
        patch: patchRule(strategies, mergeKey),
        ...(fallback === undefined ? {} : { fallback: JSON.parse(fallback) }),
      },
    ];
  }

  #ref(text: string): SchemaRef {
    let type: TypeSchema | undefined;
    return () => {
      type ??= this.#read(text);
      return type;
    };
  }
}

import fc from "fast-check";

/** An object whose members keep the order they were given in, whatever their keys. */
export class Members {
  readonly entries: readonly (readonly [string, Json])[];

  constructor(entries: readonly (readonly [string, Json])[]) {
    this.entries = entries;
  }
}

/** A number is given as it is written. */
export class Written {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Json = string | boolean | null | Written | readonly Json[] | Members;

/** How JSON is written: what stands between two tokens, and which characters are escaped without need. */
export interface Writing {
  readonly gaps: readonly string[];
  readonly escapes: readonly boolean[];
}

export const compact: Writing = { gaps: [""], escapes: [false] };

/** Write JSON; gaps and escapes are used in turn. */
export function written(json: Json, { gaps, escapes }: Writing = compact): string {
  let gap = 0;
  let turn = 0;
  const space = (): string => gaps[gap++ % gaps.length] ?? "";
  const string = (text: string): string => {
    const characters = [...text].map((character) =>
      escapes[turn++ % escapes.length] ? escaped(character) : JSON.stringify(character).slice(1, -1),
    );
    return `"${characters.join("")}"`;
  };
  const write = (value: Json): string => {
    if (typeof value === "string") return string(value);
    if (typeof value === "boolean" || value === null) return String(value);
    if (value instanceof Written) return value.text;
    if (value instanceof Members) {
      const members = value.entries.map(
        ([key, one]) => `${space()}${string(key)}${space()}:${space()}${write(one)}${space()}`,
      );
      return `{${members.join(",") || space()}}`;
    }
    return `[${value.map((one) => `${space()}${write(one)}${space()}`).join(",") || space()}]`;
  };
  return write(json);
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}

/** Texts that look like what is searched for. */
const decoys = [
  '"uid":"x"',
  '{"metadata":{"name":"no"}}',
  'name":"no","',
  "}}}]]",
  '\\"',
  "\\",
  '","resourceVersion":"666',
  "name",
  "metadata",
  "é",
  "\ud83d\ude00",
  "\ud800",
  "\u2028",
  "\n\t\u0000",
];

const text: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...decoys),
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.string({ maxLength: 6 }),
);
const number: fc.Arbitrary<Json> = fc
  .constantFrom("0", "-1", "1.5e+10", "-0.0", "1E400", "12345678901234567890")
  .map((one) => new Written(one));

/**
 * Keys have no backslash in them: V8's JSON.parse may take one key for another
 * then (`"\\\\"` for `"\\u0062"`, once it has seen both at the same place).
 */
const anyKey: fc.Arbitrary<string> = text.map((one) => one.replaceAll("\\", "/"));

/** Members in any order, no key twice. */
export function members(
  key: fc.Arbitrary<string>,
  value: fc.Arbitrary<Json>,
  maxLength: number = 5,
): fc.Arbitrary<Members> {
  return fc
    .uniqueArray(fc.tuple(key, value), { selector: ([one]) => one, maxLength })
    .map((entries) => new Members(entries));
}

/** Any JSON value. */
export const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(text, number, fc.boolean(), fc.constant(null)),
    fc.array(tie("value"), { maxLength: 3 }),
    members(anyKey, tie("value"), 3),
  ),
})).value;

export const writing: fc.Arbitrary<Writing> = fc.record({
  gaps: fc.oneof(
    fc.constant([""]),
    fc.array(fc.constantFrom("", " ", "\n", "\r\n", "\t", "   "), { minLength: 1, maxLength: 7 }),
  ),
  escapes: fc.oneof(fc.constant([false]), fc.array(fc.boolean(), { minLength: 1, maxLength: 7 })),
});

/** The bytes of a text, with other bytes around that must not be read. */
export function surrounded(
  body: string,
  before: string = '"}{',
  after: string = '"}}{"name":"x"}',
): {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
} {
  const start = Buffer.byteLength(before);
  return {
    bytes: Buffer.from(before + body + after),
    start,
    end: start + Buffer.byteLength(body),
  };
}

/** Bytes with some of them changed, or fewer of them. */
export const damage: fc.Arbitrary<(bytes: Uint8Array) => Uint8Array> = fc
  .record({
    changes: fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0x22, 0x5c, 0x7b, 0x7d))), {
      maxLength: 4,
    }),
    length: fc.option(fc.nat(), { nil: undefined }),
  })
  .map(({ changes, length }) => (bytes) => {
    const damaged = Uint8Array.from(
      bytes.subarray(0, length === undefined ? bytes.length : length % bytes.length),
    );
    for (const [at, byte] of changes) damaged[at % Math.max(1, damaged.length)] = byte;
    return damaged;
  });

/** The same bytes, throwing where one outside is read. */
export function guarded(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Proxy(bytes, {
    get(target, property) {
      const index = typeof property === "string" ? Number(property) : Number.NaN;
      if (!Number.isNaN(index)) {
        if (index < start || index >= end) throw new RangeError(`read ${index}, outside ${start} to ${end}`);
        return target[index];
      }
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

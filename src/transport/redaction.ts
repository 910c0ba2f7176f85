/** Shorter ones are also parts of words, and are replaced as words of their own only. */
const minAnywhere = 6;
const replacement = "[credential]";
/** Longer ones are looked for in pieces: a pattern of more would be refused, in words that quote it. */
const pieceLength = 256;

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

/** One character of a secret in all the forms in which JSON, HTML and URLs repeat it. */
function anyForm(char: string): string {
  if (/[A-Za-z0-9]/.test(char)) return char;
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  const named: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&apos;",
  };
  const url = [...Buffer.from(char)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  const units = Array.from({ length: char.length }, (_, at) => char.charCodeAt(at));
  const json = units.map((unit) => `\\\\u${unit.toString(16).padStart(4, "0")}`).join("");
  const forms = [`\\\\?${escaped(char)}`, `&#0*${code};`, `&#x0*${hex};`, url, json];
  if (named[char] !== undefined) forms.push(named[char]);
  return `(?:${forms.map(ignoringHexCase).join("|")})`;
}

/** Hex digits come in both cases; the letters of the secret itself do not. */
function ignoringHexCase(form: string): string {
  if (!/^(?:&#x|%|\\\\u)/.test(form)) return form;
  return form.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`).replace("&#x", "&#[xX]");
}

function patternOf(secret: string): string {
  const body = Array.from(secret, anyForm).join("");
  return secret.length >= minAnywhere ? body : `(?<![A-Za-z0-9])${body}(?![A-Za-z0-9])`;
}

/** The patterns of a secret, one for each piece: the first is searched for, the others stand right behind it. */
function patternsOf(secret: string): RegExp[] {
  const count = Math.max(1, Math.floor(secret.length / pieceLength));
  return Array.from({ length: count }, (_, at) => {
    const piece = secret.slice(at * pieceLength, at === count - 1 ? undefined : (at + 1) * pieceLength);
    return new RegExp(patternOf(piece), at === 0 ? "g" : "y");
  });
}

/** Replace a secret wherever it stands, also where only its first pieces do. */
function without(text: string, [head, ...rest]: readonly RegExp[]): string {
  if (head === undefined) return text;
  let clean = "";
  let from = 0;
  head.lastIndex = 0;
  for (let found = head.exec(text); found !== null; found = head.exec(text)) {
    clean += text.slice(from, found.index) + replacement;
    from = head.lastIndex;
    for (const piece of rest) {
      piece.lastIndex = from;
      if (!piece.test(text)) break;
      from = piece.lastIndex;
    }
    head.lastIndex = from;
  }
  return clean + text.slice(from);
}

/** What must not be seen of an Authorization header: the token; name and password, encoded; the password. */
export function secretsOf(authorization: string): string[] {
  const [, scheme = "", value = authorization] = /^(\S+)\s+(.+)$/s.exec(authorization.trim()) ?? [];
  if (scheme.toLowerCase() !== "basic") return value === "" ? [] : [value];
  const pair = Buffer.from(value, "base64").toString("utf8");
  const password = pair.slice(pair.indexOf(":") + 1);
  return [value, password].filter((secret) => secret !== "");
}

/** Replaces the secrets of one Authorization header wherever somebody repeats them. */
export class Redaction {
  readonly #secrets: readonly (readonly RegExp[])[];
  readonly #longest: number;

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets.map(patternsOf);
    this.#longest = Math.max(...secrets.map((secret) => secret.length));
  }

  text(text: string): string {
    return this.#secrets.reduce(without, text);
  }

  headers(headers: Readonly<Record<string, string>>): Record<string, string> {
    const clean = Object.entries(headers).map(([name, value]) => [name, this.text(value)] as const);
    // The body's may not be what it was.
    return Object.fromEntries(clean.filter(([name]) => name !== "content-length"));
  }

  /** `isWhole`: `false` where the text was cut off, perhaps amid a secret: then its end is dropped. */
  bytes(chunks: readonly Uint8Array[], isWhole: boolean): Uint8Array {
    const bytes = Buffer.concat(chunks);
    const text = bytes.toString("utf8");
    const clean = this.text(text);
    if (isWhole) return clean === text ? bytes : Buffer.from(clean);
    // Every character of a secret may be written with six, as in JSON.
    return Buffer.from(clean.slice(0, -6 * this.#longest));
  }
}

/** Shorter ones are also parts of words, and are replaced as words of their own only. */
const minAnywhere = 6;
const replacement = "[credential]";

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

/** What must not be seen of an Authorization header: the token; name and password, encoded; the password. */
export function secretsOf(authorization: string): string[] {
  const [, scheme = "", value = authorization] = /^(\S+)\s+(.+)$/s.exec(authorization.trim()) ?? [];
  if (scheme.toLowerCase() !== "basic") return [value];
  const pair = Buffer.from(value, "base64").toString("utf8");
  const password = pair.slice(pair.indexOf(":") + 1);
  return [value, password].filter((secret) => secret !== "");
}

/** Replaces the secrets of one Authorization header wherever somebody repeats them. */
export class Redaction {
  readonly #pattern: RegExp;
  readonly #longest: number;

  constructor(secrets: readonly string[]) {
    this.#pattern = new RegExp(secrets.map(patternOf).join("|"), "g");
    this.#longest = Math.max(...secrets.map((secret) => secret.length));
  }

  text(text: string): string {
    return text.replace(this.#pattern, replacement);
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

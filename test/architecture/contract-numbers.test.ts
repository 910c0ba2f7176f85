import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Numbered behaviours that bind, by the letter of their chapter; a pair is a range. */
const binding: Record<string, readonly (number | readonly [number, number])[]> = {
  R: [2, 6, 7, 10, 12, 15, 16, 22, [23, 27], 30, 31, 33, [43, 52], 54, 55],
  S: [6, [9, 14], 18, 19, [23, 25]],
  D: [14, 16, [18, 23], 29],
  I: [[1, 11], 14, 15, [20, 27], 36, 41],
  Q: [
    [1, 12],
    [14, 56],
    [59, 62],
  ],
  K: [[1, 11]],
  H: [2, [4, 11], [16, 22], [25, 30]],
  P: [
    [1, 18],
    [20, 27],
    [30, 38],
  ],
};

const numbers = Object.entries(binding).flatMap(([letter, list]) =>
  list.flatMap((entry) => {
    const [from, to] = typeof entry === "number" ? [entry, entry] : entry;
    return Array.from({ length: to - from + 1 }, (_, i) => `${letter}${from + i}`);
  }),
);

/** Every title of a test or a group of tests, with the placeholders of `each` as they stand. */
function titles(text: string): string[] {
  const direct = /\b(?:it|test|describe)\(\s*(["'`])((?:(?!\1)[^\\]|\\.)*)\1/g;
  const each = /^\s*\]?\)\(\s*(["'`])((?:(?!\1)[^\\]|\\.)*)\1/gm;
  const inline = /\.(?:each|for)\([^\n]*\)\(\s*(["'`])((?:(?!\1)[^\\]|\\.)*)\1/g;
  return [direct, each, inline].flatMap((pattern) =>
    [...text.matchAll(pattern)].map(([, , title = ""]) => title),
  );
}

const all = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.startsWith("architecture"))
  .flatMap((file) => titles(readFileSync(`${root}/${file}`, "utf8")));

describe("the contract", () => {
  it.each(numbers)("%s is named by a test", (number) => {
    expect(all.filter((title) => new RegExp(`\\b${number}\\b`).test(title))).not.toEqual([]);
  });
});

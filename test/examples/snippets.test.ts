import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(`${root}/${path}`, "utf8");

const examples = readdirSync(`${root}/examples`, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => read(`examples/${file}`));
const pages = [
  "README.md",
  ...readdirSync(`${root}/docs`)
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
];

/** Lines without their common indentation, so that a snippet can stand inside a function. */
function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function isQuoted(snippet: string): boolean {
  const wanted = lines(snippet).join("\n");
  return examples.some((example) => lines(example).join("\n").includes(wanted));
}

const snippets = pages.flatMap((page) =>
  [...read(page).matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = ""]) => ({
    page,
    code,
    first: lines(code)[0] ?? "",
  })),
);

describe("documentation", () => {
  it("shows code on the first page", () => {
    expect(snippets.filter(({ page }) => page === "README.md").length).toBeGreaterThanOrEqual(3);
  });

  it.each(snippets)("$page quotes an example that is checked and run: $first", ({ code }) => {
    expect(isQuoted(code), `not found in examples/:\n${code}`).toBe(true);
  });

  it.each(pages)("%s links to files that exist", (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)].map(([, to = ""]) => to);
    const folder = page.includes("/") ? "docs/" : "";
    for (const to of links)
      expect(() => readFileSync(`${root}/${folder}${to}`), `${page} → ${to}`).not.toThrow(/ENOENT/);
  });
});

import { describe, expect, it } from "vitest";
import { parseKubeconfig } from "../../src/config/kubeconfig-document.ts";
import { thrown } from "./files.ts";

const userIn = (text: string): unknown => parseKubeconfig(text, "FILE", "/").users.get("u")?.body;

describe("the YAML of a kubeconfig", () => {
  it("may be written like JSON, with brackets that close in the column of their key (P32)", () => {
    expect(userIn("users: [\n  {name: u, user: {\n    token: t\n  }}\n]\n")).toEqual({ token: "t" });
  });

  it("is one document: a second one is INVALID_CONFIG (P26)", () => {
    expect(userIn("---\nusers: [{name: u, user: {token: t}}]\n...\n")).toEqual({ token: "t" });
    expect(thrown(() => userIn("users: []\n---\nusers: []\n"))).toMatchObject({
      code: "INVALID_CONFIG",
      message: expect.stringContaining("kubeconfig FILE: it has more than one YAML document"),
    });
  });

  it("is told wrong with the line, and the alias that a token was taken for (P26)", () => {
    expect(String(thrown(() => userIn("users:\n- {name: u, user: {token: *s3cret}}\n")))).toContain(
      "an alias (`*NAME`) in line 2 without an anchor",
    );
    expect(String(thrown(() => userIn("users:\n- name: u\n  user: {token: @s3cret}\n")))).toMatch(
      /it is not YAML \(line 3: [^)]*\); is it cut off\?/,
    );
    expect(String(thrown(() => userIn("users: []\nusers: []\n")))).toContain("line 2: a key stands twice");
  });

  it("has its yes and no as texts, and what nobody knows in extensions passed over (P32)", () => {
    const user = "{token: yes, extensions: [{name: x, extension: {[a]: b, c: !mine 1, d: true}}]}";
    expect(userIn(`users: [{name: u, user: ${user}}]`)).toEqual({
      token: "yes",
      extensions: [{ name: "x", extension: { c: "1", d: true } }],
    });
  });
});

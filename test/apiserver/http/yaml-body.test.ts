import { describe, expect, it } from "vitest";
import { yamlBody } from "../../../src/apiserver/http/yaml-body.ts";

const refuse = ({ line, message }: { line: number; message: string }): Error =>
  new Error(`line ${line}: ${message}`);

describe("a body in YAML", () => {
  it("means what it means to kube-apiserver", () => {
    expect(yamlBody("a: yes\nb: 0644\nc: 2001-01-01\n", refuse)).toEqual({
      a: true,
      b: 420,
      c: "2001-01-01",
    });
    expect(yamlBody("", refuse)).toBeNull();
    expect(yamlBody("# nothing\n", refuse)).toBeNull();
  });

  it("is its first document", () => {
    expect(yamlBody("a: b\n---\n[", refuse)).toEqual({ a: "b" });
  });

  it("is refused with the line of what is wrong", () => {
    expect(() => yamlBody("a: b\nc: [", refuse)).toThrow("line 2: a character is missing");
  });
});

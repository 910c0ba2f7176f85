import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { benchPod, frame } from "../../bench/pods.ts";
import { FrameScanner } from "../../src/bytes/frame-scanner.ts";
import { damage, guarded, json, Members, members, surrounded, writing, written } from "./json-text.ts";

const pod = { apiVersion: "v1", kind: "Pod" };
const type = fc.constantFrom("ADDED", "MODIFIED", "DELETED");
const body = JSON.stringify({ ...pod, metadata: { name: "a", namespace: "b", resourceVersion: "1" } });

/** What the scanner finds; undefined where it says to parse. */
function scan(text: string): object | undefined {
  const { bytes, start, end } = surrounded(text);
  const scanner = new FrameScanner(pod);
  const type = scanner.scan(guarded(bytes, start, end), start, end);
  if (type === undefined) return undefined;
  const cut = (from: number, to: number): string => Buffer.from(bytes.subarray(from, to)).toString();
  return {
    type,
    object: JSON.parse(cut(scanner.start, scanner.end)),
    name: cut(scanner.nameStart, scanner.nameEnd),
    namespace: cut(scanner.namespaceStart, scanner.namespaceEnd),
    uid: scanner.uidStart === -1 ? undefined : cut(scanner.uidStart, scanner.uidEnd),
    resourceVersion: cut(scanner.versionStart, scanner.versionEnd),
  };
}

describe("FrameScanner", () => {
  it.each(["ADDED", "MODIFIED", "DELETED"])("finds the names in a frame of type %s", (type) => {
    const object = benchPod(7, 99);
    expect(scan(frame(type, object).toString())).toEqual({
      type,
      object,
      name: "web-7",
      namespace: "ns-7",
      uid: "00000000-0000-4000-8000-000000000007",
      resourceVersion: "99",
    });
  });

  it("finds them with any whitespace between, before and behind", () => {
    const space = fc.constantFrom("", " ", "\r", "\r\n", "\t ");
    fc.assert(
      fc.property(
        type,
        members(fc.constantFrom("spec", "status"), json),
        writing,
        space,
        space,
        (...drawn) => {
          const [type, rest, { gaps }, before, behind] = drawn;
          const names = Object.entries({ name: "a", namespace: "b", uid: "c", resourceVersion: "1" });
          const object = new Members([
            ...Object.entries(pod),
            ["metadata", new Members(names)],
            ...rest.entries,
          ]);
          const text = written(
            new Members([
              ["type", type],
              ["object", object],
            ]),
            { gaps, escapes: [false] },
          );
          expect(scan(before + text + behind)).toEqual({
            type,
            object: JSON.parse(text).object,
            ...Object.fromEntries(names),
          });
        },
      ),
    );
  });

  it.each([
    ["nothing", ""],
    ["whitespace", " \r"],
    ["a bookmark", `{"type":"BOOKMARK","object":${body}}`],
    ["an error", `{"type":"ERROR","object":${body}}`],
    ["an unknown type", `{"type":"ADDER","object":${body}}`],
    ["a longer type", `{"type":"ADDEDX","object":${body}}`],
    ["an escaped type", `{"type":"\\u0041DDED","object":${body}}`],
    ["a type that is no text", `{"type":1,"object":${body}}`],
    ["another order", `{"object":${body},"type":"ADDED"}`],
    ["another key in front", `{"more":1,"type":"ADDED","object":${body}}`],
    ["another key between", `{"type":"ADDED","more":1,"object":${body}}`],
    ["another key behind", `{"type":"ADDED","object":${body},"more":1}`],
    ["an object that is none", `{"type":"ADDED","object":[${body}]}`],
    ["another key in its place", `{"type":"ADDED","abject":${body}}`],
    ["no object", `{"type":"ADDED"}`],
    ["a frame cut short", `{"type":"ADDED","object":${body.slice(0, -1)}`],
    ["an object of another kind", `{"type":"ADDED","object":${body.replace("Pod", "Node")}}`],
    ["an object without a name", `{"type":"ADDED","object":${body.replace('"name"', '"nom"')}}`],
    ["a frame in an array", `[{"type":"ADDED","object":${body}}]`],
    ["a text behind", `{"type":"ADDED","object":${body}}x`],
  ])("leaves %s to be parsed", (_, text) => {
    expect(scan(text)).toBeUndefined();
  });

  it("never throws nor reads outside, whatever the bytes", () => {
    fc.assert(
      fc.property(type, writing, damage, (type, style, hurt) => {
        const names = Object.entries({ name: "a", namespace: "b", uid: "c", resourceVersion: "1" });
        const object = new Members([...Object.entries(pod), ["metadata", new Members(names)]]);
        const bytes = hurt(
          Buffer.from(
            written(
              new Members([
                ["type", type],
                ["object", object],
              ]),
              style,
            ),
          ),
        );
        const scanner = new FrameScanner(pod);
        const found = scanner.scan(guarded(bytes, 0, bytes.length), 0, bytes.length);
        if (found !== undefined) expect(scanner.end).toBeLessThan(bytes.length);
      }),
      { numRuns: 500 },
    );
  });
});

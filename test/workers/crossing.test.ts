import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/base/api-error.ts";
import { KubeError } from "../../src/base/errors.ts";
import { isTerminal } from "../../src/controller/outcome.ts";
import { TerminalError, terminal } from "../../src/controller/reconcile.ts";
import { packError, unpackError } from "../../src/workers/crossing-error.ts";
import { packFields, unpackFields } from "../../src/workers/crossing-fields.ts";

/** What comes out at the other side. */
const crossed = (thrown: unknown): unknown => unpackError(structuredClone(packError(thrown)));

describe("an error between two threads", { timeout: 20_000 }, () => {
  it("keeps its class where it is one of this library's, its text, stack, code and causes", () => {
    const cause = new RangeError("deep");
    const kube = crossed(new KubeError("TIMEOUT", "too late", { cause }));
    expect(kube).toBeInstanceOf(KubeError);
    expect(kube).toMatchObject({ code: "TIMEOUT", message: "too late", cause: { name: "RangeError" } });
    const marked = crossed(new Error("outer", { cause: terminal(cause) })) as Error;
    expect([isTerminal(marked), marked.cause instanceof TerminalError]).toEqual([true, true]);
    const thrown = Object.assign(new TypeError("x"), { code: "E1" });
    const plain = crossed(thrown) as TypeError;
    expect([plain.name, plain.message, plain.stack]).toEqual(["TypeError", "x", thrown.stack]);
    expect(plain).toMatchObject({ code: "E1" });
  });

  it("keeps a server's answer: status, reason, details, the wish to wait", () => {
    const details = { name: "a", kind: "pods", causes: [{ reason: "FieldValueInvalid", field: "spec" }] };
    const error = new ApiError("refused", { status: 422, reason: "Invalid", details, retryAfterMs: 5 });
    const api = crossed(error);
    expect(api).toBeInstanceOf(ApiError);
    expect(api).toMatchObject({ code: "API", status: 422, reason: "Invalid", details, retryAfterMs: 5 });
  });

  it("leaves all other members behind, in details and causes too", () => {
    const secret = { data: { password: "hunter2" } };
    const cause = Object.assign(new Error("inner"), { body: secret });
    const details = { name: "a", causes: [{ reason: "x", secret }], secret } as object;
    const errors = [Object.assign(new Error("one"), { secret })];
    const all = [
      Object.assign(new Error("outer", { cause }), { response: secret }),
      new ApiError("refused", { status: 409, reason: "Conflict", details }),
      new AggregateError(errors, "several"),
      secret,
    ].map((one) => JSON.stringify(packError(one)));
    expect(all.join()).not.toContain("hunter2");
  });

  it("of many in one keeps the first, and of causes those that a person would read", () => {
    const several = new AggregateError(
      Array.from({ length: 50 }, (_, i) => new Error(`e${i}`)),
      "several",
    );
    expect((crossed(several) as AggregateError).errors).toHaveLength(20);
    const circle = new Error("a");
    circle.cause = circle;
    let depth = 0;
    for (let one: unknown = crossed(circle); one instanceof Error; one = one.cause) depth++;
    expect(depth).toBe(17);
  });

  it("may be anything, also what cannot be looked at", () => {
    expect([crossed("text"), crossed(5), crossed(undefined)]).toEqual(["text", "5", "undefined"]);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(crossed(proxy)).toMatchObject({ message: "What was thrown cannot be looked at" });
  });
});

describe("the fields of a line between two threads", { timeout: 20_000 }, () => {
  const across = (fields: unknown): object =>
    unpackFields(structuredClone(packFields(fields)), { worker: 2 });

  it("keep their values and their errors, and get those of the thread beside them", () => {
    const fields = across({
      n: 1,
      list: [1],
      err: new KubeError("TIMEOUT", "late"),
      big: 10n,
      none: undefined,
    });
    expect(fields).toMatchObject({ n: 1, list: [1], big: 10n, worker: 2 });
    expect((fields as { err: unknown }).err).toBeInstanceOf(KubeError);
    expect(across(new Error("alone"))).toMatchObject({ err: { message: "alone" }, worker: 2 });
  });

  it("that cannot cross break nothing", () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const fields = across({ call: () => 1, circle, inner: { call: () => 1, n: 1 }, at: new Date(0) });
    expect(fields).toEqual({
      call: "a function",
      circle: "an object that has no JSON",
      inner: { n: 1 },
      at: "1970-01-01T00:00:00.000Z",
      worker: 2,
    });
    expect(across(undefined)).toEqual({ worker: 2 });
  });
});

import { describe, expect, it } from "vitest";
import type { StatusDetails } from "../../src/base/api-error.ts";
import { type Status, statusError } from "../../src/resource/status.ts";
import type { FailedCall } from "../../src/resource/status-remedy.ts";
import { Deployment, Pod, Secret, Widget } from "../client/in-memory.ts";

const textOf = (
  code: number,
  reason: string,
  message: string,
  call?: FailedCall,
  details?: StatusDetails,
  retryAfterMs?: number,
): string => {
  const status: Status = { kind: "Status", code, reason, message, ...(details ? { details } : {}) };
  return statusError(status, { step: "do it", call, retryAfterMs }).message;
};

describe("the words of a failure", () => {
  it.each([
    [404, "NotFound", "not found"],
    [409, "AlreadyExists", "already exists"],
    [409, "Conflict", "conflict"],
    [422, "Invalid", "invalid"],
    [410, "Expired", "expired"],
    [429, "TooManyRequests", "too many requests"],
    [504, "Timeout", "timeout"],
    [500, "InternalError", "internal error"],
    [400, "BadRequest", "bad request"],
    [418, "TeapotEmpty", "TeapotEmpty"],
  ])("%i %s reads %s", (code, reason, words) => {
    expect(textOf(code, reason, "why")).toMatch(new RegExp(`^do it: ${words}: why \\(${code}\\)`));
  });

  it("keep to one line, whatever the server sends, and to 2,048 characters of it (H20)", () => {
    const message = textOf(500, "InternalError", `a\r\nERROR forged\u001b[31m${"x".repeat(10_000)}`);
    for (const control of ["\r", "\n", "\u001b"]) expect(message).not.toContain(control);
    expect(message.length).toBeLessThan(2048 + 100);
  });

  it("say nothing twice: a message that is the reason, a full stop before the code", () => {
    expect(textOf(401, "Unauthorized", "Unauthorized")).toBe(
      "do it: unauthorized (401). Check the credentials: they are missing, expired, or of another cluster.",
    );
    expect(textOf(422, "Invalid", "No.")).toBe("do it: invalid: No (422)");
  });
});

describe("the remedy of a failure", () => {
  const unknown = "the server could not find the requested resource";

  it.each<[string, string, string | undefined]>([
    [
      "an object that is not there",
      textOf(404, "NotFound", 'pods "a" not found', undefined, { name: "a" }),
      undefined,
    ],
    [
      "an object by name",
      textOf(404, "NotFound", unknown, { verb: "get", kind: Widget }, { name: "a" }),
      undefined,
    ],
    ["an object that exists", textOf(409, "AlreadyExists", "pods exists"), undefined],
    [
      "an unknown custom kind",
      textOf(404, "NotFound", unknown, { verb: "list", kind: Widget }, {}),
      "Is the CustomResourceDefinition of widgets.example.com installed, and does it serve v1?",
    ],
    [
      "an unknown subresource",
      textOf(404, "NotFound", unknown, { verb: "get", kind: Deployment, subresource: "scale" }, {}),
      "Does this server serve deployments.apps in apps/v1, with the subresource scale?",
    ],
    [
      "a namespace that is not there",
      textOf(
        404,
        "NotFound",
        'namespaces "x" not found',
        { verb: "create", kind: Pod },
        { name: "x", kind: "namespaces" },
      ),
      "Create the namespace first.",
    ],
    [
      "a changed object",
      textOf(409, "Conflict", "changed"),
      "Read the object again and repeat the change, or use edit().",
    ],
    [
      "fields of another manager",
      textOf(409, "Conflict", "conflicts", undefined, { causes: [{ reason: "FieldManagerConflict" }] }),
      "Leave these fields to their manager, or take them over with { force: true }.",
    ],
    [
      "a precondition",
      textOf(409, "Conflict", "uid", { verb: "delete", kind: Pod }),
      "Read the object again, and decide anew.",
    ],
    [
      "lost history",
      textOf(410, "Expired", "old"),
      "List again: the history that this resourceVersion or continue token refers to is gone.",
    ],
    ["a busy server", textOf(429, "TooManyRequests", "busy"), "Try again later."],
    [
      "a busy server with a wish",
      textOf(429, "TooManyRequests", "busy", undefined, {}, 4500),
      "Try again in 5 s.",
    ],
    [
      "an unready server with a wish",
      textOf(503, "ServiceUnavailable", "soon", undefined, {}, 1000),
      "Try again in 1 s.",
    ],
    [
      "a strategic patch of a custom kind",
      textOf(415, "UnsupportedMediaType", "no", { verb: "patch", kind: Widget, patchType: "strategic" }),
      "Custom resources take no strategic patches: use a merge or JSON patch, or apply.",
    ],
  ])("of %s helps, or is absent", (_what, message, remedy) => {
    if (remedy === undefined) expect(message).toMatch(/\(\d+\)$/);
    else expect(message.endsWith(`). ${remedy}`)).toBe(true);
  });
});

describe("what a Status must not tell", () => {
  const value = "hunter2";

  it.each([
    `data[a]: Invalid value: "${value}": must be base64`,
    `data[a]: Invalid value: "x\\"${value}": must be base64`,
    `data[a]: Invalid value: {"a":"${value}: b"}: must be base64, b: Invalid value: ${value}`,
    `type: Unsupported value: "${value}": supported values: "a", "${value}"`,
    `data[a]: Duplicate value: "${value}"`,
    `.data: expected map, got &{${value}}`,
    `.stringData.a: expected string, got &value.valueUnstructured{Value:map[string]interface {}{"b":"${value}"}}`,
    `illegal base64 data, error found in #10 byte of ...|"a":"${value}"|..., bigger context ...|"${value}"|...`,
    `couldn't get version/kind; json parse error: unexpected end (${Buffer.from(value).toString("hex")} 00)`,
  ])("is a Secret's value, in message and causes: %s", (said) => {
    const details = { name: "s", kind: "Secret", causes: [{ reason: "X", message: said, field: "data[a]" }] };
    const known: Status = {
      kind: "Status",
      code: 422,
      reason: "Invalid",
      message: `Secret "s" is invalid: ${said}`,
      details,
    };
    const asked: Status = { ...known, details: { causes: details.causes }, message: said };
    for (const error of [
      statusError(known, { step: "apply" }),
      statusError(asked, { step: "apply", call: { verb: "create", kind: Secret } }),
    ]) {
      const all = JSON.stringify([error.message, error.details]);
      expect(all).not.toContain(value);
      expect(all).not.toContain(Buffer.from(value).toString("hex"));
      expect(error.details?.causes?.[0]).toMatchObject({ reason: "X", field: "data[a]" });
    }
  });

  it("is nothing of other kinds' values: they are what the user needs to see", () => {
    expect(textOf(422, "Invalid", 'spec.replicas: Invalid value: "-1": must be positive')).toContain('"-1"');
  });

  it.each([
    "Authorization: Bearer s3cret",
    '"authorization": "Basic s3cret"',
    "bearer s3cret is not known",
    "Post https://user:s3cret@hook.example.com/: refused",
    "token=s3cret&x=1",
    '{"id_token":"s3cret"}',
    "no such token eyJhbGciOiJSUzI1NiJ9.s3cret.s3cret",
    "token sha256~s3cret is unknown",
  ])("is a credential: %s", (said) => {
    const details = { causes: [{ message: said }] };
    const error = statusError({ kind: "Status", code: 500, message: said, details }, { step: "list pods" });
    expect(JSON.stringify([error.message, error.details])).not.toContain("s3cret");
    expect(error.message).toContain("***");
  });

  it("is nothing that only sounds like one", () => {
    for (const said of [
      "the bearer token has expired",
      "spec.token: Required value",
      'secrets "token-a" not found',
    ]) {
      expect(textOf(400, "BadRequest", said)).toContain(said);
    }
  });
});

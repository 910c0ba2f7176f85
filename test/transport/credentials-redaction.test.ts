import { describe, expect, it } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import type { Credentials } from "../../src/config/cluster-config.ts";
import { credentialOf } from "../../src/transport/credential.ts";
import { credentials } from "../../src/transport/credentials.ts";
import type { Transport, TransportRequest, TransportResponse } from "../../src/transport/port.ts";
import { configFor, failure, get, textOf } from "./local-server.ts";
import { scripted } from "./scripted.ts";

const token = "eyJhbGciOi.J+/=&<s3cret>.sig-_";

function through(transport: Transport, given: Credentials = { type: "token", token }): Transport {
  return credentials(credentialOf(configFor("http://cluster.example", { credentials: given })))(transport);
}

async function answer(status: number, body: string, given?: Credentials): Promise<string> {
  return textOf(await through(scripted({ status, body }), given)(get()));
}

/** Answers with chunks, then fails or goes on for ever, and tells whether it was left. */
function chunked(chunks: readonly string[], end: "fail" | "endless"): Transport & { left: boolean } {
  const transport = async (): Promise<TransportResponse> => {
    let at = 0;
    const body = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          const chunk = chunks[end === "endless" ? at % chunks.length : at];
          at += 1;
          if (chunk === undefined) throw new KubeError("CONNECTION_FAILED", "it broke");
          return { done: false as const, value: Buffer.from(chunk) };
        },
        return: async () => {
          made.left = true;
          return { done: true as const, value: undefined };
        },
      }),
    };
    return { status: 500, headers: {}, body };
  };
  const made = Object.assign(transport, { left: false });
  return made;
}

describe("a failing answer that repeats the credential", () => {
  const status = { kind: "Status", message: `invalid bearer token ${token}`, code: 401 };
  const goJson = JSON.stringify(status).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
  const url = encodeURIComponent(token);
  const html = token.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  it.each([
    ["plain text", 401, `no such token: ${token}, "Bearer ${token}"`],
    ["a Status", 401, JSON.stringify(status)],
    ["a Status as Go escapes it", 403, goJson],
    ["a page", 502, `<p title="${html.replaceAll("+", "&#43;").replaceAll("=", "&#x3D;")}">${html}</p>`],
    ["a redirection", 302, `<a href="/login?from=${url}">`],
    ["a redirection in lower case", 307, `/login?from=${url.replace(/%../g, (hex) => hex.toLowerCase())}`],
  ])("does not show it: %s", async (_case, code, body) => {
    const text = await answer(code, body);
    expect(text).not.toContain("s3cret");
    expect(text).toContain("[credential]");
  });

  it("stays JSON, and stays the same where there is nothing to hide", async () => {
    expect(JSON.parse(await answer(401, goJson))).toEqual({
      ...status,
      message: "invalid bearer token [credential]",
    });
    expect(await answer(500, goJson.replaceAll("s3cret", "other"))).toBe(
      goJson.replaceAll("s3cret", "other"),
    );
  });

  it("hides credentials of any length, which no pattern could hold at once", async () => {
    for (const length of [255, 256, 257, 511, 513, 20_000, 200_000]) {
      const long = Array.from({ length }, (_, at) => "aZ9-_.+/="[(at * 7 + (at >> 5)) % 9]).join("");
      const body = await answer(400, `no such token: ${long}!`, { type: "token", token: long });
      expect(body).toBe("no such token: [credential]!");
    }
  });

  it("hides a password, alone and encoded, but not the user's name", async () => {
    const basic: Credentials = { type: "basic", username: "jane", password: "hunter2 ü" };
    const encoded = Buffer.from("jane:hunter2 ü").toString("base64");
    const body = `jane:hunter2 ü, Basic ${encoded}, hunter2%20%C3%BC, "hunter2 \\u00fc", &#104;unter2`;
    expect(await answer(401, body, basic)).toBe(
      'jane:[credential], Basic [credential], [credential], "[credential]", &#104;unter2',
    );
  });

  it("hides a short password where it stands as a word, and leaves words that contain it", async () => {
    const basic: Credentials = { type: "basic", username: "u", password: "no" };
    expect(await answer(401, "cannot use password no (now)", basic)).toBe(
      "cannot use password [credential] (now)",
    );
  });

  it("hides what the caller's own header holds, and what an unknown scheme carries", async () => {
    for (const header of ["Bearer my-own-token", "Custom my-own-token", "my-own-token"]) {
      const headers = { authorization: header };
      const response = await through(scripted({ status: 403, body: "my-own-token!" }))(get("/", { headers }));
      expect(await textOf(response)).toBe("[credential]!");
    }
  });

  it("hides it in streams that fail, in both answers around a renewal, and in headers", async () => {
    const body = `refused ${token}`;
    const headers = { "www-authenticate": `Bearer error="${token}"`, "content-length": String(body.length) };
    const response = await through(scripted({ status: 401, headers, body }))(get("/", { isStream: true }));
    expect(response.headers).toEqual({ "www-authenticate": 'Bearer error="[credential]"' });
    expect(await textOf(response)).toBe("refused [credential]");
    let value = "first-token";
    const renewable = {
      authorization: async () => `Bearer ${value}`,
      renewed: async () => {
        value = "second-token";
        return `Bearer ${value}`;
      },
    };
    const echo: Transport = async (request) =>
      await scripted({ status: 401, body: `${request.headers.authorization}` })(request);
    expect(await textOf(await credentials(renewable)(echo)(get()))).toBe("Bearer [credential]");
    expect(value).toBe("second-token");
  });

  it("is read up to 1 MiB, and a cut end shows no half of a credential", async () => {
    const endless = chunked([`${token.slice(0, 20)}`, " ".repeat(1024)], "endless");
    const long = await textOf(await through(endless)(get()));
    expect(endless.left).toBe(true);
    expect(long.length).toBeLessThan(1024 * 1024);
    const broken = await through(chunked([`${"x".repeat(300)} ${token}`, token.slice(0, 25)], "fail"))(get());
    const seen: string[] = [];
    const error = await failure(
      (async () => {
        for await (const chunk of broken.body) seen.push(Buffer.from(chunk).toString());
      })(),
    );
    expect(error).toMatchObject({ code: "CONNECTION_FAILED" });
    expect(seen.join("")).toMatch(/^x+$/);
  });

  it("can be left unread", async () => {
    const endless = chunked(["x"], "endless");
    const body = (await through(endless)(get())).body[Symbol.asyncIterator]();
    await body.return?.();
    expect(endless.left).toBe(true);
    expect(await body.next()).toEqual({ done: true, value: undefined });
  });
});

describe("other answers", () => {
  it("are handed over as they are: good ones, and those to requests without a credential", async () => {
    expect(await answer(200, `{"data":"${token}"}`)).toContain(token);
    const response: TransportResponse = { status: 500, headers: {}, body: (async function* () {})() };
    const none = through(async () => response, { type: "none" });
    expect(await none(get())).toBe(response);
  });

  it("that are errors do not quote it either", async () => {
    const quoting = async (request: TransportRequest): Promise<TransportResponse> => {
      const cause = new Error(`not mocked: ${JSON.stringify(request.headers)}`);
      throw new KubeError("CONNECTION_FAILED", `no answer for ${request.headers.authorization}`, { cause });
    };
    const error = await failure(through(quoting)(get()));
    expect(error).toMatchObject({ code: "CONNECTION_FAILED", message: "no answer for Bearer [credential]" });
    const { inspect } = await import("node:util");
    expect(inspect(error, { depth: 20 })).not.toContain("s3cret");
  });
});

import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { Client } from "../../src/client/client.ts";
import type { Transport } from "../../src/transport/port.ts";
import { failure, inMemory, Pod } from "./in-memory.ts";

const getPod = { verb: "get", kind: Pod, namespace: "shop", name: "a" } as const;

/** Answers 200 with a body that never ends, or never answers; keeps to the port's promise about aborts. */
function stuck(where: "head" | "body"): Transport {
  return async (request) => {
    const aborted = new Promise<never>((_, reject) => {
      request.signal?.addEventListener("abort", () => reject(request.signal?.reason), { once: true });
    });
    if (where === "head") return aborted;
    const body = (async function* () {
      yield Buffer.from("{");
      await aborted;
    })();
    return { status: 200, headers: {}, body };
  };
}

afterEach(() => {
  vi.useRealTimers();
});

describe("Client", () => {
  it("sends the call and decodes the object, fields unknown to us included", async () => {
    const pod = { kind: "Pod", metadata: { name: "a" }, spec: { newerThanUs: 1 } };
    const transport = inMemory({ body: pod });
    expect(await new Client(transport).json(getPod)).toEqual(pod);
    expect(transport.sent[0]).toMatchObject({ method: "GET", path: "/api/v1/namespaces/shop/pods/a" });
  });

  it("names itself, its version, the system and Node, unless told otherwise (H22)", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    const transport = inMemory({ body: {} }, { body: {} });
    await new Client(transport).json(getPod);
    await new Client(transport, { userAgent: "shop-operator/1.4" }).json(getPod);
    const [ours, theirs] = transport.sent.map((request) => request.headers["user-agent"]);
    expect(ours).toBe(
      `kube-reflex/${version} (${process.platform}/${process.arch}) node/${process.versions.node.split(".")[0]}`,
    );
    expect(theirs).toBe("shop-operator/1.4");
  });

  it("refuses a user agent that would end the header, and a transport that is none", () => {
    expect(() => new Client(inMemory(), { userAgent: "a\r\nb: c" })).toThrow(/userAgent/);
    // @ts-expect-error: plain JavaScript can do this
    expect(() => new Client(undefined)).toThrow(/transport/);
  });

  it("sends nothing for a bad call (P30)", async () => {
    const transport = inMemory();
    const client = new Client(transport);
    const call = { verb: "delete", kind: Pod, namespace: "shop" } as const;
    for (const send of [
      client.json(call),
      client.text(call),
      client.stream(call),
      client.listParts(call).next(),
    ]) {
      expect(await failure(send)).toMatchObject({ code: "INVALID_ARGUMENT" });
    }
    expect(await failure(client.json(getPod, { timeoutMs: -1 }))).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(transport.sent).toHaveLength(0);
  });

  it("reports the server's warnings, with the call (H21)", async () => {
    const warnings: unknown[] = [];
    const warning = '299 - "v1beta1 is \\"old\\"", 199 cache "stale", 299 k8s "second"';
    const transport = inMemory({ body: {}, headers: { warning } });
    await new Client(transport, { onWarning: (one) => warnings.push(one) }).json(getPod);
    expect(warnings).toEqual([
      { message: 'v1beta1 is "old"', step: 'get pods "a" in namespace "shop"' },
      { message: "second", step: 'get pods "a" in namespace "shop"' },
    ]);
  });

  it("puts the call in front of a transport's error, keeping code and cause (P31)", async () => {
    const cause = new Error("ECONNREFUSED");
    const refused = new KubeError("CONNECTION_FAILED", "https://h: refused", { cause });
    const client = new Client(inMemory(refused, new Error("of a user's transport")));
    expect(await failure(client.json(getPod))).toMatchObject({
      code: "CONNECTION_FAILED",
      message: 'get pods "a" in namespace "shop": https://h: refused',
      cause,
    });
    expect(await failure(client.json(getPod))).toMatchObject({ code: "CONNECTION_FAILED" });
  });

  it("reads a text answer", async () => {
    const client = new Client(inMemory({ body: ["line 1\n", "line 2\n"] }));
    const call = { ...getPod, subresource: "log", accept: "text/plain" };
    expect(await client.text(call)).toBe("line 1\nline 2\n");
  });
});

describe.each(["head", "body"] as const)("a call that hangs in its %s", (where) => {
  it("ends with TIMEOUT naming the call and the limit, leaving no timer (P31)", async () => {
    vi.useFakeTimers();
    const pending = failure(new Client(stuck(where)).json(getPod, { timeoutMs: 5000 }));
    await vi.advanceTimersByTimeAsync(5000);
    expect(await pending).toMatchObject({
      code: "TIMEOUT",
      message: 'get pods "a" in namespace "shop": not finished within 5000 ms',
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([undefined, 5000])(
    "ends with ABORTED and the reason as its cause, with timeoutMs %j (P31)",
    async (timeoutMs) => {
      vi.useFakeTimers();
      const controller = new AbortController();
      const remove = vi.spyOn(controller.signal, "removeEventListener");
      const options = { signal: controller.signal, timeoutMs };
      const pending = failure(new Client(stuck(where)).json(getPod, options));
      await vi.advanceTimersByTimeAsync(1);
      const reason = new Error("enough");
      controller.abort(reason);
      expect(await pending).toMatchObject({ code: "ABORTED", cause: reason });
      expect(vi.getTimerCount()).toBe(0);
      if (timeoutMs !== undefined) expect(remove).toHaveBeenCalled();
    },
  );
});

describe("stream", () => {
  const watch = { verb: "watch", kind: Pod } as const;

  it("hands over an accepted answer with its body unread", async () => {
    const response = await new Client(inMemory({ body: ["a", "b"] })).stream(watch);
    const chunks: string[] = [];
    for await (const chunk of response.body) chunks.push(Buffer.from(chunk).toString());
    expect(chunks).toEqual(["a", "b"]);
  });

  it("throws the Status of a watch that is not accepted (H10)", async () => {
    const status = { kind: "Status", status: "Failure", code: 410, reason: "Expired", message: "too old" };
    const error = await failure(new Client(inMemory({ status: 410, body: status })).stream(watch));
    expect(error).toMatchObject({ code: "API", status: 410, reason: "Expired" });
  });

  it("limits the time until it is accepted, not its life, and follows the signal to the end", async () => {
    vi.useFakeTimers();
    const slow = failure(new Client(stuck("head")).stream(watch, { timeoutMs: 100 }));
    await vi.advanceTimersByTimeAsync(100);
    expect(await slow).toMatchObject({ code: "TIMEOUT" });

    const controller = new AbortController();
    const response = await new Client(stuck("body")).stream(watch, {
      timeoutMs: 100,
      signal: controller.signal,
    });
    expect(vi.getTimerCount()).toBe(0);
    const reading = failure(
      (async () => {
        for await (const _ of response.body);
      })(),
    );
    await vi.advanceTimersByTimeAsync(1000);
    const reason = new KubeError("STOPPED", "stopped");
    controller.abort(reason);
    expect(await reading).toBe(reason);
  });

  it("throws ABORTED at once for a signal that has aborted, sending nothing", async () => {
    const transport = inMemory();
    const error = await failure(new Client(transport).stream(watch, { signal: AbortSignal.abort() }));
    expect(error).toMatchObject({ code: "ABORTED" });
    expect(transport.sent).toHaveLength(0);
  });

  it.each([
    ["a Table", { kind: "Table", apiVersion: "meta.k8s.io/v1", rows: [] }],
    ["another kind", { kind: "Service", apiVersion: "v1", metadata: { name: "a" } }],
  ])("refuses %s where a Pod was asked for, on every verb that answers with one", async (_, body) => {
    for (const verb of ["get", "create", "replace", "delete"] as const) {
      const client = new Client(inMemory({ body }));
      const call = { verb, kind: Pod, namespace: "shop", name: "a" };
      const object = verb === "create" || verb === "replace" ? { body: { metadata: { name: "a" } } } : {};
      await expect(client.json({ ...call, ...object })).rejects.toMatchObject({
        code: "BAD_RESPONSE",
        message: expect.stringContaining("expected a Pod, got a"),
      });
    }
    const scale = { verb: "get", kind: Pod, namespace: "shop", name: "a", subresource: "scale" } as const;
    await expect(new Client(inMemory({ body })).json(scale)).resolves.toEqual(body);
  });
});

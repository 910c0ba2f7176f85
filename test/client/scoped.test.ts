import { describe, expect, it } from "vitest";
import { onAbort } from "../../src/base/abort.ts";
import { KubeError } from "../../src/base/errors.ts";
import type { ApiCall } from "../../src/client/api-call.ts";
import type { CallScope } from "../../src/client/call-scope.ts";
import { Client } from "../../src/client/client.ts";
import { listPages } from "../../src/client/pages.ts";
import type { Transport } from "../../src/transport/port.ts";
import { collect, Deployment, failure, inMemory, Pod, Widget } from "./in-memory.ts";

const named = { namespace: "shop", name: "web" };
const object = { metadata: { name: "web" } };
const answer = { body: { kind: "Deployment", metadata: { name: "web", resourceVersion: "7" } } };

const writes: [string, ApiCall][] = [
  ["create", { verb: "create", kind: Deployment, namespace: "shop", body: object }],
  ["replace", { verb: "replace", kind: Deployment, ...named, body: object }],
  ["patch", { verb: "patch", kind: Deployment, ...named, patchType: "merge", body: {} }],
  [
    "apply",
    {
      verb: "patch",
      kind: Deployment,
      ...named,
      patchType: "apply",
      body: object,
      query: { fieldManager: "m" },
    },
  ],
  ["delete", { verb: "delete", kind: Deployment, ...named }],
  ["a status", { verb: "replace", kind: Deployment, ...named, subresource: "status", body: object }],
  [
    "a scale",
    { verb: "patch", kind: Deployment, ...named, subresource: "scale", patchType: "merge", body: {} },
  ],
];

/** A client that notes, in order, what its scope is asked and told and what is sent. */
function noted(scope: CallScope = {}): { client: Client; log: string[]; told: unknown[][] } {
  const log: string[] = [];
  const told: unknown[][] = [];
  const transport: Transport = async ({ method }) => {
    log.push(method);
    return {
      status: 200,
      headers: {},
      body: (async function* () {
        yield Buffer.from(JSON.stringify(answer.body));
      })(),
    };
  };
  const client = new Client(transport).scoped({
    beforeWrite: (step) => void log.push(`may I ${step}`),
    written: (call, object) => {
      log.push(`wrote ${call.verb}`);
      told.push([call, object]);
    },
    ...scope,
  });
  return { client, log, told };
}

describe("a scoped client", () => {
  it.each(writes)("asks right before it sends %s, and tells what was answered (S23)", async (_, call) => {
    const { client, log, told } = noted();
    const given = await client.json(call);
    expect(log).toEqual([
      expect.stringMatching(/^may I (create|replace|patch|apply|delete) deployments\.apps/),
      expect.stringMatching(/^(POST|PUT|PATCH|DELETE)$/),
      `wrote ${call.verb}`,
    ]);
    expect(told).toEqual([[call, given]]);
    expect(told[0]?.[1]).toBe(given);
  });

  it("sends nothing where it may not write: what is thrown is what the call rejects with", async () => {
    const lost = new KubeError("LEADERSHIP_LOST", "another is the leader");
    const beforeWrite = (): never => {
      throw lost;
    };
    for (const [, call] of writes) {
      const { client, log } = noted({ beforeWrite });
      expect(await failure(client.json(call))).toMatchObject({
        code: "LEADERSHIP_LOST",
        message: expect.stringMatching(/^\w+ deployments\.apps.*: another is the leader$/),
      });
      expect(log).toEqual([]);
    }
    const { client, log } = noted({ beforeWrite });
    for (const method of ["POST", "PUT", "PATCH", "DELETE"] as const) {
      expect(await failure(client.raw("/x", { method }))).toMatchObject({ code: "LEADERSHIP_LOST" });
      expect(await failure(client.rawStream("/x", { method }))).toMatchObject({ code: "LEADERSHIP_LOST" });
    }
    expect(log).toEqual([]);
  });

  it("asks for nothing where nothing is written: reads and dry runs", async () => {
    const { client, log, told } = noted();
    await client.json({ verb: "get", kind: Deployment, ...named });
    await client.raw("/version");
    await client.raw("/x?dryRun=All", { method: "POST", body: {} });
    for (const [, call] of writes) {
      const body = call.verb === "delete" ? { dryRun: ["All"] } : call.body;
      const query = call.verb === "delete" ? {} : { ...call.query, dryRun: "All" };
      await client.json({ ...call, body, query });
    }
    expect([log.filter((line) => /wrote|may/.test(line)), told]).toEqual([[], []]);
    expect(log).toHaveLength(3 + writes.length);
  });

  it("tells of no write that failed", async () => {
    const told: unknown[] = [];
    const transport = inMemory({ status: 409, body: { kind: "Status", reason: "Conflict" } });
    const client = new Client(transport).scoped({ written: (call) => void told.push(call) });
    await failure(client.json({ verb: "replace", kind: Deployment, ...named, body: object }));
    expect(told).toEqual([]);
  });

  it("ends every call with its signal: answers, lists, pages, streams and paths", async () => {
    const reason = new KubeError("LEADERSHIP_LOST", "no longer the leader");
    const never: Transport = ({ signal }) =>
      new Promise((_, reject) => onAbort(signal, () => reject(signal?.reason)));
    const pods: ApiCall = { verb: "list", kind: Pod, namespace: "shop" };
    const calls: ((client: Client, signal?: AbortSignal) => Promise<unknown>)[] = [
      (client, signal) => client.json({ verb: "get", kind: Widget, ...named }, { signal }),
      (client, signal) => client.text({ verb: "get", kind: Pod, ...named, subresource: "log" }, { signal }),
      (client, signal) => client.list(pods, { signal }),
      (client, signal) => collect(client.listParts(pods, { signal })),
      (client, signal) => collect(listPages(client, pods, { signal, timeoutMs: 60_000 })),
      (client, signal) => client.stream({ ...pods, verb: "watch" }, { signal }),
      (client, signal) => client.stream({ ...pods, verb: "watch" }, { signal, timeoutMs: 60_000 }),
      (client, signal) => client.read("/apis", "discover", { signal }),
      (client, signal) => client.raw("/version", { signal }),
      (client, signal) => client.rawStream("/version", { signal }),
    ];
    for (const call of calls) {
      const scope = new AbortController();
      const own = new AbortController();
      const client = new Client(never).scoped({ signal: scope.signal });
      const patient = new AbortController();
      const signals = [undefined, patient.signal, scope.signal];
      const ended = signals.map((signal) => failure(call(client, signal)));
      const left = failure(call(client, own.signal));
      own.abort(new KubeError("ABORTED", "the caller left"));
      expect(await left).toMatchObject({ code: "ABORTED" });
      scope.abort(reason);
      const codes = (await Promise.all(ended)).map((error) => (error as KubeError).code);
      expect(codes).toEqual(["LEADERSHIP_LOST", "LEADERSHIP_LOST", "LEADERSHIP_LOST"]);
      expect(await failure(call(client))).toBe(reason);
    }
  });

  it("ends a stream that is being read", async () => {
    const scope = new AbortController();
    const transport: Transport = async ({ signal }) => ({
      status: 200,
      headers: {},
      body: (async function* () {
        yield Buffer.from("{}");
        await new Promise((_, reject) => onAbort(signal, () => reject(signal?.reason)));
      })(),
    });
    const client = new Client(transport).scoped({ signal: scope.signal });
    const { body } = await client.stream({ verb: "watch", kind: Pod, namespace: "shop" });
    const reading = failure(collect(body));
    scope.abort(new KubeError("ABORTED", "over"));
    expect(await reading).toMatchObject({ message: "over" });
  });

  it("is the same client otherwise: who it is, what it warns of, how much it reads", async () => {
    const warnings: string[] = [];
    const transport = inMemory(
      { headers: { warning: '299 - "old"' }, body: { kind: "Deployment", metadata: {} } },
      { body: { kind: "Deployment", metadata: {}, spec: "x".repeat(200) } },
    );
    const client = new Client(transport, {
      userAgent: "me",
      onWarning: ({ message }) => void warnings.push(message),
      maxAnswerBytes: 100,
    }).scoped({});
    await client.json({ verb: "get", kind: Deployment, ...named });
    expect([client.userAgent, transport.sent[0]?.headers["user-agent"], warnings]).toEqual([
      "me",
      "me",
      ["old"],
    ]);
    const large = failure(client.json({ verb: "get", kind: Deployment, ...named }));
    expect(await large).toMatchObject({ code: "BAD_RESPONSE" });
  });

  it("refuses what is no signal, as any client does", async () => {
    const { client } = noted({ signal: new AbortController().signal });
    const options = { signal: {} as AbortSignal };
    expect(await failure(client.json({ verb: "get", kind: Deployment, ...named }, options))).toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });
});

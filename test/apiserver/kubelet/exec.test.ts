import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, it, vi } from "vitest";
import { ApiError } from "../../../src/base/api-error.ts";
import { attach, exec } from "../../../src/streams/exec.ts";
import { beginHandshake } from "../../../src/streams/handshake.ts";
import { type PodProcess, TestApiServer } from "../../../src/testing/index.ts";
import type { Interceptor } from "../../../src/transport/port.ts";
import { createPod, inMemory, ways, web0 } from "./pod-server.ts";

const two = { ...web0, name: "two" };

describe.each(ways)("a scripted process %s", (_way, start) => {
  it("gets its command, its container and its pod, and tells its exit code", async () => {
    await using pod = await start();
    const asked: PodProcess[] = [];
    pod.server.onExec(async (process) => {
      asked.push(process);
      process.stdout.write("one ");
      process.stderr.write("oops");
      process.stdout.end("two");
      return 3;
    });
    const remote = await exec(pod.transport, web0, ["ls", "-l", "a b"]);
    const [stdout, stderr, exited] = await Promise.all([
      text(remote.stdout),
      text(remote.stderr),
      remote.exited,
    ]);
    expect([stdout, stderr]).toEqual(["one two", "oops"]);
    expect(exited).toEqual({
      exitCode: 3,
      message: "command terminated with non-zero exit code: error executing command [ls -l a b], exit code 3",
    });
    expect(asked[0]).toMatchObject({
      namespace: "default",
      name: "web-0",
      container: "app",
      command: ["ls", "-l", "a b"],
      tty: false,
    });
    await remote.close();
  });

  it("reads stdin to its end, of any size, and answers while it reads", async () => {
    await using pod = await start();
    pod.server.onExec(async ({ stdin, stdout }) => {
      for await (const chunk of stdin) stdout.write(chunk);
    });
    const sent = "0123456789".repeat(100_000);
    const remote = await exec(pod.transport, web0, ["cat"], { stdin: true });
    expect(remote.protocol).toBe("v5.channel.k8s.io");
    remote.stdin.end(sent);
    expect(await text(remote.stdout)).toBe(sent);
    expect(await remote.exitCode).toBe(0);
    await remote.close();
  });

  it("has a terminal: its sizes, and everything on stdout", async () => {
    await using pod = await start();
    pod.server.onAttach(async ({ command, stderr, stdout, tty, resize }) => {
      stderr.write("nowhere");
      for await (const { columns, rows } of resize) {
        stdout.write(`${command.length} ${tty} ${columns}x${rows}\n`);
        if (rows === 50) return;
      }
    });
    const remote = await attach(pod.transport, web0, { stdin: true, tty: true });
    remote.resize({ columns: 80, rows: 24 });
    remote.resize({ columns: 120, rows: 50 });
    expect(await text(remote.stdout)).toBe("0 true 80x24\n0 true 120x50\n");
    expect(await remote.exitCode).toBe(0);
    await remote.close();
  });

  it("hears by its signal that the client has gone", async () => {
    await using pod = await start();
    const gone = Promise.withResolvers<void>();
    pod.server.onExec(async ({ signal }) => {
      await once(signal, "abort");
      gone.resolve();
    });
    const remote = await exec(pod.transport, web0, ["sleep"]);
    remote.exited.catch(() => {});
    await remote.close();
    await gone.promise;
  });

  it("breaks with the server, whether it ends or not", async () => {
    const pod = await start();
    const started = Promise.withResolvers<AbortSignal>();
    pod.server.onExec(({ signal }) => {
      started.resolve(signal);
      return new Promise<undefined>(() => {});
    });
    const remote = await exec(pod.transport, web0, ["sleep"]);
    const signal = await started.promise;
    const exited = expect(remote.exited).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
    await pod.server.stop();
    await exited;
    await pod[Symbol.asyncDispose]();
    expect(signal.aborted).toBe(true);
  });

  it("harms nobody else by writing after its end, or by breaking its streams", async () => {
    await using pod = await start();
    const late = Promise.withResolvers<Error | null | undefined>();
    pod.server.onExec(({ stdin, stdout, stderr }) => {
      stdin.destroy(new Error("stdin"));
      stderr.destroy(new Error("stderr"));
      stdout.end("done");
      stdout.write("more", late.resolve);
    });
    const remote = await exec(pod.transport, web0, ["sh"]);
    expect(await text(remote.stdout)).toBe("done");
    expect(await remote.exitCode).toBe(0);
    expect(await late.promise).toBeInstanceOf(Error);
    await remote.close();
  });

  it.each([
    "v5.channel.k8s.io, ",
    ", ,v5.channel.k8s.io",
    "v5.channel.k8s.io,v5.channel.k8s.io",
    "@@,v5.channel.k8s.io",
  ])("shakes hands over what it finds in the list of protocols %j", async (protocols) => {
    await using pod = await start();
    pod.server.onExec(() => 0);
    const { status, headers, socket } = await pod.transport({
      method: "GET",
      path: "/api/v1/namespaces/default/pods/web-0/exec?command=ls&stdout=true",
      headers: { ...beginHandshake(["any"]).headers, "sec-websocket-protocol": protocols },
      isStream: false,
      upgrade: "websocket",
    });
    expect([status, headers["sec-websocket-protocol"]]).toEqual([101, "v5.channel.k8s.io"]);
    socket?.destroy();
  });

  it("tells as an internal error what its handler throws", async () => {
    await using pod = await start();
    pod.server.onExec(() => Promise.reject(new Error("no such shell")));
    const remote = await exec(pod.transport, web0, ["nope"]);
    const error = await remote.exited.catch((thrown: unknown) => thrown);
    expect(ApiError.is(error) && error.reason).toBe("InternalError");
    expect(String(error)).toContain("error executing command in container: no such shell");
    await remote.close();
  });

  it("stops writing while nobody reads", async () => {
    await using pod = await start();
    const written = vi.fn();
    pod.server.onExec(async ({ stdout, signal }) => {
      while (!signal.aborted && written.mock.calls.length < 1000) {
        written();
        if (!stdout.write(Buffer.alloc(256 * 1024))) await once(stdout, "drain", { signal });
      }
    });
    const remote = await exec(pod.transport, web0, ["yes"]);
    remote.exited.catch(() => {});
    await once(remote.stdout, "readable");
    await vi.waitFor(async () => {
      const before = written.mock.calls.length;
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(written.mock.calls.length).toBe(before);
    });
    expect(written.mock.calls.length).toBeLessThan(200);
    await remote.close();
  });

  it("holds its client back while it does not read", async () => {
    await using pod = await start();
    const chunk = Buffer.alloc(256 * 1024);
    const ready = Promise.withResolvers<void>();
    pod.server.onExec(async ({ stdin }) => {
      await ready.promise;
      let received = 0;
      for await (const bytes of stdin) received += bytes.length;
      return received / chunk.length;
    });
    const remote = await exec(pod.transport, web0, ["wc"], { stdin: true });
    let [sent, isHeld] = [0, false];
    while (!isHeld && sent < 120) {
      sent += 1;
      if (remote.stdin.write(chunk)) continue;
      const quiet = new Promise<true>((resolve) => setTimeout(resolve, 300, true));
      isHeld = await Promise.race([quiet, once(remote.stdin, "drain").then((): false => false)]);
    }
    expect([isHeld, sent]).toEqual([true, expect.any(Number)]);
    ready.resolve();
    remote.stdin.end();
    expect(await remote.exitCode).toBe(sent);
    await remote.close();
  });

  it("refuses, in kube-apiserver's words, what it cannot run", async () => {
    await using pod = await start();
    createPod(pod.server, "two", "a", "b");
    const refused = async (opening: Promise<unknown>): Promise<unknown> => {
      const error = await opening.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      return ApiError.is(error) ? [error.status, error.reason, error.message] : error;
    };
    const words = (text: string): unknown => expect.stringContaining(text);
    expect(await refused(exec(pod.transport, web0, ["ls"]))).toEqual([
      400,
      "BadRequest",
      words("pod web-0 does not have a host assigned"),
    ]);
    pod.server.onExec(() => 0);
    expect(await refused(exec(pod.transport, two, ["ls"]))).toEqual([
      400,
      "BadRequest",
      words("a container name must be specified for pod two, choose one of: [a b]"),
    ]);
    expect(await refused(exec(pod.transport, two, ["ls"], { container: "c" }))).toEqual([
      400,
      "BadRequest",
      words("container c is not valid for pod two"),
    ]);
    expect(await refused(exec(pod.transport, { ...web0, name: "none" }, ["ls"]))).toEqual([
      404,
      "NotFound",
      words('pods "none" not found'),
    ]);
    const forbidden = { method: "GET", headers: {}, isStream: false } as const;
    const plain = await pod.transport({
      ...forbidden,
      path: "/api/v1/namespaces/default/pods/web-0/exec?command=ls&stdout=1",
    });
    expect(plain.status).toBe(400);
    for await (const chunk of plain.body)
      expect(Buffer.from(chunk).toString()).toContain("Upgrade request required");
  });
});

describe("a connection in memory", () => {
  it.each(["exec?command=ls&stdout=1", "portforward?ports=80"])(
    "breaks when its request aborts: %s",
    async (at) => {
      await using pod = await inMemory();
      pod.server.onExec(() => new Promise<undefined>(() => {}));
      pod.server.onPortForward(() => new Promise(() => {}));
      const abort = new AbortController();
      const { status, headers, socket } = await pod.transport({
        method: "GET",
        path: `/api/v1/namespaces/default/pods/web-0/${at}`,
        headers: {
          "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
          "sec-websocket-version": "13",
          "sec-websocket-protocol": "v4.channel.k8s.io",
        },
        isStream: true,
        upgrade: "websocket",
        signal: abort.signal,
      });
      expect([status, headers["sec-websocket-protocol"]]).toEqual([101, "v4.channel.k8s.io"]);
      expect(headers["sec-websocket-accept"]).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
      const closed = socket === undefined ? undefined : once(socket, "close");
      abort.abort();
      await closed;
      expect(socket?.destroyed).toBe(true);
    },
  );
});

describe("an upgrade that nobody answers", () => {
  it("does not keep the server from stopping", async () => {
    const asked = Promise.withResolvers<void>();
    const holding: Interceptor = () => () => {
      asked.resolve();
      return new Promise(() => {});
    };
    const server = await TestApiServer.start({ interceptors: [holding] });
    const sent = request(server.url, { headers: { connection: "Upgrade", upgrade: "websocket" } }).end();
    const broken = once(sent, "error");
    await asked.promise;
    await server.stop();
    expect(await broken).toEqual([expect.objectContaining({ code: "ECONNRESET" })]);
  });
});

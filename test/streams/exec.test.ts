import { once } from "node:events";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/base/api-error.ts";
import { attach, exec } from "../../src/streams/exec.ts";
import { exitedWith, failure, scriptedPod, success, textOf, ways, web0 } from "./scripted-pod.ts";

describe.each(ways)("exec %s", (way) => {
  it("asks for the streams, the container and the command, each argument by itself", async () => {
    await using pod = await scriptedPod(way, (peer) => peer.send(3, success));
    const remote = await exec(pod.transport, web0, ["sh", "-c", "echo a&b ü", ""], {
      container: "app",
      stdin: true,
      stderr: false,
    });
    expect(await remote.exitCode).toBe(0);
    const url = pod.peers[0]?.url;
    expect(url?.pathname).toBe("/api/v1/namespaces/shop/pods/web-0/exec");
    expect(url?.searchParams.getAll("command")).toEqual(["sh", "-c", "echo a&b ü", ""]);
    expect(Object.fromEntries(url?.searchParams ?? [])).toMatchObject({
      container: "app",
      stdin: "true",
      stdout: "true",
      stderr: "false",
      tty: "false",
    });
    expect(pod.requests[0]).toMatchObject({ method: "GET", upgrade: "websocket", isStream: true });
    await remote.close();
  });

  it("hands out stdout, stderr and the exit code, and says goodbye", async () => {
    await using pod = await scriptedPod(way, async (peer) => {
      await peer.send(1);
      await peer.send(1, "one ");
      await peer.send(2, "oops");
      await peer.send(1, "two");
      await peer.send(9, "a channel that nobody knows");
      await peer.send(3, exitedWith(3));
    });
    const remote = await exec(pod.transport, web0, ["ls"]);
    const [stdout, stderr, exited] = await Promise.all([
      textOf(remote.stdout),
      textOf(remote.stderr),
      remote.exited,
    ]);
    expect({ stdout, stderr }).toEqual({ stdout: "one two", stderr: "oops" });
    expect(exited).toMatchObject({ exitCode: 3, message: expect.stringContaining("exit status 3") });
    expect(await remote.exitCode).toBe(3);
    expect(await pod.peers[0]?.closed()).toBe(1000);
    await remote.close();
  });

  it("ends stdin by a message of its own on v5, after all that was written", async () => {
    await using pod = await scriptedPod(way, async (peer) => {
      const text = await peer.stdin();
      await peer.send(1, text.toUpperCase());
      await peer.send(3, success);
    });
    const remote = await exec(pod.transport, web0, ["cat"], { stdin: true });
    expect(remote.protocol).toBe("v5.channel.k8s.io");
    remote.stdin.write("hello ");
    remote.stdin.end("world");
    expect(await textOf(remote.stdout)).toBe("HELLO WORLD");
    expect(await remote.exitCode).toBe(0);
  });

  it.each([
    ["a text", () => "fed"],
    ["bytes", () => Buffer.from("fed")],
    ["a Readable", () => Readable.from([Buffer.from("f"), Buffer.from("ed")])],
    [
      "an iterable",
      async function* () {
        yield "f";
        yield Buffer.from("ed");
      },
    ],
  ])("feeds stdin with %s and ends it", async (_name, source) => {
    await using pod = await scriptedPod(way, async (peer) => {
      await peer.send(1, await peer.stdin());
      await peer.send(3, success);
    });
    const remote = await exec(pod.transport, web0, ["cat"], { stdin: source() });
    expect(await textOf(remote.stdout)).toBe("fed");
    expect(await remote.exitCode).toBe(0);
  });

  it("sends a large input in messages that a server can hold", async () => {
    let largest = 0;
    await using pod = await scriptedPod(way, async (peer) => {
      let bytes = 0;
      for (;;) {
        const { channel, payload } = await peer.next();
        if (channel === 255) break;
        bytes += payload.length;
        largest = Math.max(largest, payload.length);
      }
      await peer.send(1, String(bytes));
      await peer.send(3, success);
    });
    const remote = await exec(pod.transport, web0, ["wc", "-c"], { stdin: Buffer.alloc(3_000_001) });
    expect(await textOf(remote.stdout)).toBe("3000001");
    expect(largest).toBeLessThanOrEqual(32 * 1024);
  });

  it("speaks v4 with a server that knows no better, where ending stdin is UNSUPPORTED and the rest goes on", async () => {
    await using pod = await scriptedPod(
      way,
      async (peer) => {
        await peer.next();
        await peer.send(1, "got it");
        await peer.next();
        await peer.send(3, exitedWith(7));
      },
      { speaks: ["v4.channel.k8s.io"] },
    );
    const remote = await exec(pod.transport, web0, ["sh"], { stdin: true });
    expect(remote.protocol).toBe("v4.channel.k8s.io");
    remote.stdin.write("first");
    await once(remote.stdout, "readable");
    remote.stdin.write("second");
    const failed = once(remote.stdin, "error");
    remote.stdin.end();
    const [error] = await failed;
    expect(error).toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("cannot end stdin"),
    });
    expect(await textOf(remote.stdout)).toBe("got it");
    expect(await remote.exitCode).toBe(7);
  });

  it("offers v5 alone where the input ends by itself, so that no command waits for ever", async () => {
    await using pod = await scriptedPod(way, () => {}, { refuse: { status: 403 } });
    const error = await failure(exec(pod.transport, web0, ["cat"], { stdin: "fed" }));
    expect(error).toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("v5.channel.k8s.io"),
    });
    expect(pod.requests[0]?.headers["sec-websocket-protocol"]).toBe("v5.channel.k8s.io");
  });

  it("is UNSUPPORTED where the server chooses no protocol", async () => {
    await using pod = await scriptedPod(way, () => {}, { speaks: [] });
    const error = await failure(exec(pod.transport, web0, ["ls"]));
    expect(error).toMatchObject({ code: "UNSUPPORTED", message: expect.stringContaining("chose none") });
    expect(error.message).toContain('exec in pods "web-0" in namespace "shop"');
  });

  it("tells a terminal its size at first and when it changes", async () => {
    const sizes: string[] = [];
    await using pod = await scriptedPod(way, async (peer) => {
      for (let i = 0; i < 2; i += 1) {
        const { channel, payload } = await peer.next();
        sizes.push(`${channel} ${payload}`);
      }
      await peer.send(3, success);
    });
    const options = { tty: true, terminalSize: { columns: 80, rows: 24 } };
    const remote = await exec(pod.transport, web0, ["top"], options);
    remote.resize({ columns: 132, rows: 50 });
    await remote.exited;
    expect(sizes).toEqual(['4 {"Width":80,"Height":24}', '4 {"Width":132,"Height":50}']);
    expect(pod.peers[0]?.url.searchParams.get("stderr")).toBe("false");
    remote.resize({ columns: 1, rows: 1 });
  });

  it.each([
    [403, "Forbidden", "pods is forbidden"],
    [404, "NotFound", 'pods "web-0" not found'],
    [400, "BadRequest", "container app is not valid for pod web-0"],
  ])("rejects with the ApiError of a refusal with %i", async (code, reason, message) => {
    const status = { kind: "Status", apiVersion: "v1", status: "Failure", message, reason, code };
    const refuse = { status: code, body: JSON.stringify(status), type: "application/json" };
    await using pod = await scriptedPod(way, () => {}, { refuse });
    const error = await failure(exec(pod.transport, web0, ["ls"]));
    expect(ApiError.is(error)).toBe(true);
    expect(error).toMatchObject({ status: code, reason });
    expect(error.message).toMatch(/^exec in pods "web-0" in namespace "shop": /);
    expect(error.message).toContain(message);
  });

  it("is BAD_RESPONSE where a proxy answers with a page", async () => {
    const refuse = { status: 200, body: "<html>", type: "text/html" };
    await using pod = await scriptedPod(way, () => {}, { refuse });
    expect(await failure(exec(pod.transport, web0, ["ls"]))).toMatchObject({ code: "BAD_RESPONSE" });
  });
});

describe("attach", () => {
  it("joins a container in the same way, without a command", async () => {
    await using pod = await scriptedPod("in memory", async (peer) => {
      await peer.send(1, "running");
      await peer.send(3, success);
    });
    const remote = await attach(pod.transport, web0, { container: "app" });
    expect(await textOf(remote.stdout)).toBe("running");
    expect(await remote.exited).toEqual({ exitCode: 0 });
    const url = pod.peers[0]?.url;
    expect(url?.pathname).toBe("/api/v1/namespaces/shop/pods/web-0/attach");
    expect(url?.searchParams.has("command")).toBe(false);
    expect(url?.searchParams.get("stdin")).toBe("false");
  });

  it("begins its errors with what was tried", async () => {
    await using pod = await scriptedPod("in memory", () => {}, {
      refuse: { status: 404, type: "text/plain", body: "no" },
    });
    const error = await failure(attach(pod.transport, web0));
    expect(error.message).toMatch(/^attach to pods "web-0" in namespace "shop": /);
  });
});

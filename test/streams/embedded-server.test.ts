import { once } from "node:events";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Client } from "../../src/client/client.ts";
import { Pod } from "../../src/kinds/index.ts";
import { attach, exec } from "../../src/streams/exec.ts";
import { logs } from "../../src/streams/log-stream.ts";
import { portForward } from "../../src/streams/port-forward.ts";
import { run } from "../../src/streams/run.ts";
import { TestApiServer } from "../../src/testing/index.ts";
import type { Transport } from "../../src/transport/port.ts";
import { createUndiciTransport } from "../../src/transport/undici-transport.ts";
import { collect } from "../client/in-memory.ts";
import { configFor } from "../transport/local-server.ts";
import { failure } from "./scripted-pod.ts";

const pod = { kind: Pod, namespace: "shop", name: "web-0" };

describe.each(["in memory", "over HTTP"])("a pod of the embedded server, %s", (way) => {
  let server: TestApiServer;
  let transport: Transport;
  let close: () => Promise<void>;

  beforeEach(async () => {
    server = await TestApiServer.start({ namespaces: ["shop"], listen: way === "over HTTP" });
    server.create(Pod, {
      metadata: { name: "web-0", namespace: "shop" },
      spec: { containers: [{ name: "app", image: "web" }] },
      status: { phase: "Running" },
    });
    const sockets = way === "over HTTP" ? createUndiciTransport(configFor(server.url)) : undefined;
    transport = sockets ?? server.transport;
    close = async () => sockets?.close();
  });

  afterEach(async () => {
    await close();
    await server.stop();
  });

  it("runs commands to their end", async () => {
    server.onExec(async ({ command, stdin, stdout, stderr }) => {
      stdout.write(`${command.join(" ")}: ${await text(stdin)}`);
      stderr.write("hm");
      return command.length === 1 ? 0 : 4;
    });
    expect(await run(transport, pod, ["cat"], { stdin: "fed" })).toEqual({
      exitCode: 0,
      stdout: "cat: fed",
      stderr: "hm",
    });
    const error = await failure(run(transport, pod, ["cat", "x"]));
    expect(error).toMatchObject({ code: "COMMAND_FAILED", exitCode: 4, stdout: "cat x: " });
  });

  it("tells how large its terminal is, and ends with its client", async () => {
    const { promise: left, resolve } = Promise.withResolvers<void>();
    server.onExec(async ({ stdout, resize, signal }) => {
      signal.addEventListener("abort", () => resolve());
      for await (const { columns, rows } of resize) stdout.write(`${columns}x${rows} `);
    });
    const terminalSize = { columns: 80, rows: 24 };
    const remote = await exec(transport, pod, ["top"], { tty: true, terminalSize });
    expect(String((await once(remote.stdout, "data"))[0])).toBe("80x24 ");
    remote.resize({ columns: 100, rows: 30 });
    expect(String((await once(remote.stdout, "data"))[0])).toBe("100x30 ");
    await remote.close();
    await left;
  });

  it("can be attached to", async () => {
    server.onAttach(({ stdout }) => {
      stdout.write("running");
    });
    await using remote = await attach(transport, pod);
    expect(await text(remote.stdout)).toBe("running");
    expect(await remote.exitCode).toBe(0);
  });

  it("says so where nothing runs there", async () => {
    expect(await failure(exec(transport, pod, ["ls"]))).toMatchObject({ code: "API" });
    expect(await failure(exec(transport, { ...pod, name: "gone" }, ["ls"]))).toMatchObject({ status: 404 });
  });

  it("gives its log, and follows it", async () => {
    server.setLog({ namespace: "shop", name: "web-0" }, ["one", "two"]);
    const client = new Client(transport);
    expect(await collect(logs(client, pod))).toEqual(["one", "two"]);
    expect(await logs(client, pod, { tailLines: 1 }).text()).toBe("two\n");
    const lines: string[] = [];
    for await (const line of logs(client, pod, { follow: true, container: "app" })) {
      lines.push(line);
      if (line === "two") server.appendLog({ namespace: "shop", name: "web-0" }, ["three"]);
      if (line === "three") break;
    }
    expect(lines).toEqual(["one", "two", "three"]);
  });

  it("forwards its ports", async () => {
    server.onPortForward(async ({ port, connection }) => {
      for await (const chunk of connection) connection.write(`${port} ${chunk}`);
    });
    await using forward = portForward(transport, pod, 8080);
    const stream = await forward.open();
    stream.write("hello");
    expect(String((await once(stream, "data"))[0])).toBe("8080 hello");
    stream.destroy();
    await once(stream, "close");
  });
});

import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { beforeAll, expect, it } from "vitest";
import type { KubeError } from "../../src/base/errors.ts";
import { describeOnStarted, type PodHandle, rejection } from "./real-cluster.ts";
import { runPod } from "./running-pod.ts";

async function httpGet(url: string): Promise<{ status: number | undefined; body: string }> {
  const sent = request(url, { agent: false }).end();
  const [response] = await once(sent, "response");
  return { status: response.statusCode, body: await text(response) };
}

describeOnStarted(
  "port-forward through a real kube-apiserver",
  (cluster) => {
    let namespace: string;
    let web: PodHandle;

    beforeAll(async () => {
      const { admin, access } = cluster();
      namespace = await cluster().namespace();
      await runPod(admin, namespace, access.node ?? "");
      web = await cluster().pod(namespace, "web-0");
    });

    it("carries bytes both ways, on several connections at once", async () => {
      await using echo = await web.portForward(7);
      const connections = await Promise.all([echo.open(), echo.open()]);
      const large = Buffer.alloc(1_000_000, "0123456789abcdef");
      for (const [at, connection] of connections.entries()) {
        const sent = Buffer.concat([Buffer.from(`${at}:`), large]);
        connection.write(sent);
        const received: Buffer[] = [];
        let length = 0;
        for await (const chunk of connection) {
          received.push(chunk);
          length += chunk.length;
          if (length >= sent.length) break;
        }
        expect(Buffer.concat(received).equals(sent)).toBe(true);
        connection.destroy();
      }
    });

    it("serves HTTP on a local port, to many", async () => {
      await using forward = await web.portForward(80);
      await using local = await forward.listen();
      const base = `http://127.0.0.1:${local.port}`;
      const answers = await Promise.all(["/a", "/b?c=d", "/"].map((path) => httpGet(base + path)));
      expect(answers).toEqual([
        { status: 200, body: "GET /a\n" },
        { status: 200, body: "GET /b?c=d\n" },
        { status: 200, body: "GET /\n" },
      ]);
    });

    it("breaks a connection that the pod refuses, and goes on with others", async () => {
      await using forward = await web.portForward(9);
      const connection = await forward.open();
      const failed = await rejection(text(connection));
      expect(failed).toMatchObject({ code: "CONNECTION_FAILED" });
      expect(failed.message).toMatch(
        /^forward port 9 of pods "web-0" in namespace ".*": error forwarding port 9 to pod web-0.*connection refused$/,
      );
      const errors: KubeError[] = [];
      await using local = await forward.listen({ onError: (error) => errors.push(error) });
      const socket = connect(local.port, "127.0.0.1");
      await expect(once(socket, "data")).rejects.toMatchObject({ code: "ECONNRESET" });
      expect(errors).toMatchObject([{ code: "CONNECTION_FAILED" }]);
    });

    it("ends everything when it is closed", async () => {
      const forward = await web.portForward(7);
      const local = await forward.listen();
      const socket = connect(local.port, "127.0.0.1");
      socket.write("x");
      await once(socket, "data");
      const closed = once(socket, "close").catch((error) => error);
      await forward.close();
      await closed;
      await expect(forward.open()).rejects.toMatchObject({ code: "STOPPED" });
    });

    it("rejects with the server's error: no such pod, no right", async () => {
      const absent = await cluster().pod(namespace, "gone");
      await using nowhere = await absent.portForward(80);
      expect(await rejection(nowhere.open())).toMatchObject({ status: 404 });
      const refused = await cluster().pod(namespace, "web-0", { context: "powerless" });
      await using forbidden = await refused.portForward(80);
      expect(await rejection(forbidden.open())).toMatchObject({ status: 403, reason: "Forbidden" });
    });
  },
  "kubelet",
);

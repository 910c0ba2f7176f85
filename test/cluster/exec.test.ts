import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Interceptor } from "../../src/transport/port.ts";
import { describeOnStarted, type PodHandle, rejection } from "./real-cluster.ts";
import { runPod } from "./running-pod.ts";

/** Offers the protocol of servers before Kubernetes 1.30 alone. */
const onlyV4: Interceptor = (next) => (request) => {
  if (request.headers["sec-websocket-protocol"] === undefined) return next(request);
  return next({ ...request, headers: { ...request.headers, "sec-websocket-protocol": "v4.channel.k8s.io" } });
};

describeOnStarted(
  "exec and attach through a real kube-apiserver",
  (cluster) => {
    let namespace: string;
    let web: PodHandle;
    let old: PodHandle;

    beforeAll(async () => {
      const { admin, access } = cluster();
      namespace = await cluster().namespace();
      await runPod(admin, namespace, access.node ?? "");
      web = await cluster().pod(namespace, "web-0");
      old = await cluster().pod(namespace, "web-0", { interceptors: [onlyV4] });
    });

    // v5 the API server translates to SPDY; v4 it passes to the kubelet as the WebSocket it is.
    describe.each([
      ["v5.channel.k8s.io", () => web],
      ["v4.channel.k8s.io", () => old],
    ])("in %s", (protocol, streams) => {
      it("speaks it, and tells output, errors and exit codes apart", async () => {
        await using said = await streams().exec(["echo", "a b", "&c=ü", ""]);
        expect(said.protocol).toBe(protocol);
        expect(await text(said.stdout)).toBe("a b &c=ü \n");
        expect(await text(said.stderr)).toBe("");
        expect(await said.exitCode).toBe(0);
        await using failed = await streams().exec(["exit", "42"]);
        expect(await failed.exited).toMatchObject({ exitCode: 42 });
        expect(await streams().run(["err", "oh", "no"])).toEqual({
          exitCode: 0,
          stdout: "",
          stderr: "oh no\n",
        });
      });

      it("brings a large output whole, also to a slow reader", async () => {
        const size = 5_000_000;
        await using big = await streams().exec(["big", String(size)]);
        const hash = createHash("sha256");
        let read = 0;
        for await (const chunk of big.stdout) {
          read += chunk.length;
          hash.update(chunk);
          if (read % 16 === 0) await new Promise((resume) => setImmediate(resume));
        }
        const expected = Buffer.from("0123456789abcdef".repeat(Math.ceil(size / 16))).subarray(0, size);
        expect(read).toBe(size);
        expect(hash.digest("hex")).toBe(createHash("sha256").update(expected).digest("hex"));
        expect(await big.exitCode).toBe(0);
      });

      it("tells the terminal's size, and each other one", async () => {
        const terminalSize = { columns: 80, rows: 24 };
        await using shell = await streams().exec(["size"], { tty: true, stdin: true, terminalSize });
        const sizes = shell.stdout[Symbol.asyncIterator]();
        expect(String((await sizes.next()).value)).toBe("80x24\n");
        shell.resize({ columns: 132, rows: 43 });
        expect(String((await sizes.next()).value)).toBe("132x43\n");
      });

      it("rejects where there is no such program, in the runtime's words", async () => {
        await using none = await streams().exec(["ls", "-l"]);
        const error = await rejection(none.exited);
        expect(error).toMatchObject({ code: "API", status: 500, reason: "InternalError" });
        expect(error.message).toContain(`exec in pods "web-0" in namespace "${namespace}": internal error: `);
        expect(error.message).toContain('"ls": executable file not found in $PATH');
      });

      it("is left while the command runs: by its signal, and by close", async () => {
        const abort = new AbortController();
        const spinning = await streams().exec(["spin"], { signal: abort.signal });
        for await (const chunk of spinning.stdout) {
          expect(String(chunk)).toMatch(/^(tick\n)+$/);
          break;
        }
        abort.abort();
        expect(await rejection(spinning.exited)).toMatchObject({ code: "ABORTED" });
        const other = await streams().exec(["spin"]);
        const ended = rejection(other.exited);
        await other.close();
        expect(await ended).toMatchObject({ code: "ABORTED" });
      });
    });

    it("feeds a command with text, bytes and streams, and ends its input (v5)", async () => {
      expect(await web.run(["cat"], { stdin: "grüße" })).toMatchObject({ stdout: "grüße", exitCode: 0 });
      const large = Buffer.alloc(2_000_000, "0123456789");
      const { stdout } = await web.run(["cat"], { stdin: large });
      expect(stdout.length).toBe(large.length);
      expect(stdout).toBe(large.toString());
      await using cat = await web.exec(["cat"], { stdin: true });
      cat.stdin.write("one ");
      cat.stdin.end("two");
      expect(await text(cat.stdout)).toBe("one two");
      expect(await cat.exitCode).toBe(0);
    });

    it("does not promise to end input where the server cannot (v4)", async () => {
      const error = await rejection(old.exec(["cat"], { stdin: "all of it" }));
      expect(error).toMatchObject({ code: "UNSUPPORTED" });
    });

    it("rejects run() for an exit code that nobody expected, with what was written", async () => {
      await expect(web.run(["exit", "3"])).rejects.toMatchObject({ code: "COMMAND_FAILED", exitCode: 3 });
      expect(await web.run(["exit", "3"], { exitCodes: [0, 3] })).toMatchObject({ exitCode: 3 });
    });

    it("attaches to what runs: its output, and its input", async () => {
      await using joined = await web.attach({ stdin: "hello" });
      expect(await text(joined.stdout)).toBe("attached to main\nhello");
      await using following = await web.attach();
      let seen = "";
      for await (const chunk of following.stdout) {
        seen += chunk;
        if (seen.includes("line 12\n")) break;
      }
      expect(seen).toBe("attached to main\nline 11\nline 12\n");
    });

    it("rejects with the server's error: no such pod, no such container, no right", async () => {
      const absent = await cluster().pod(namespace, "gone");
      expect(await rejection(absent.exec(["echo"]))).toMatchObject({ status: 404, reason: "NotFound" });
      const container = await rejection(web.exec(["echo"], { container: "none" }));
      expect(container).toMatchObject({ status: 400, reason: "BadRequest" });
      expect(container.message).toMatch(/container none is not valid for pod web-0/);
      const refused = await cluster().pod(namespace, "web-0", { context: "powerless" });
      const forbidden = await rejection(refused.exec(["echo"]));
      expect(forbidden).toMatchObject({ status: 403, reason: "Forbidden" });
      expect(forbidden.message).toMatch(
        /forbidden: user "powerless" cannot get resource "pods\/exec" \(403\)\. Needs: get on pods\/exec in /,
      );
    });
  },
  "kubelet",
);

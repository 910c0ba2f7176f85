import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { echo, through } from "../../examples/exec.ts";
import { followLog } from "../../examples/follow-logs.ts";
import { fetchFromPod } from "../../examples/port-forward.ts";
import { Cluster } from "../../src/cluster/cluster.ts";
import { noKubelet, type RunningPod, startRunningPod } from "./running-pod.ts";

const access = inject("kubeApiServer");
const problem = access === null ? "there is no kube-apiserver" : noKubelet(access);
if (problem !== undefined) console.warn(`examples that need a kubelet are skipped: ${problem}`);

describe.skipIf(problem !== undefined)("examples on a real API server with a kubelet", () => {
  let pod: RunningPod;
  let cluster: Cluster;

  beforeAll(async () => {
    if (access === null) return;
    pod = await startRunningPod(access);
    cluster = await Cluster.connect({ kubeconfig: pod.kubeconfig });
  });
  afterAll(async () => {
    await cluster?.close();
    await pod?.[Symbol.asyncDispose]();
  });

  it("exec runs a command to its end, and streams through another", async () => {
    expect(await echo(cluster, pod.namespace, pod.name, "hello")).toBe("hello\n");
    const output = new PassThrough();
    const input = Readable.from(["a", "b"]);
    expect(await through(cluster, pod.namespace, pod.name, input, output)).toBe(0);
    output.end();
    expect(await text(output)).toBe("ab");
  });

  it("follow-logs prints lines as they come, until it is stopped", async () => {
    const printed = vi.spyOn(console, "log").mockImplementation(() => {});
    const stop = new AbortController();
    const ended = followLog(cluster, pod.namespace, pod.name, stop.signal);
    await vi.waitFor(() => expect(printed.mock.calls.length).toBeGreaterThan(3));
    stop.abort();
    await ended;
    printed.mockRestore();
  });

  it("port-forward asks the program behind a port for a page", async () => {
    expect(await fetchFromPod(cluster, pod.namespace, pod.name, 80, "/")).not.toBe("");
  });
});

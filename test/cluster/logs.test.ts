import { beforeAll, expect, it } from "vitest";
import { Pod } from "../../src/kinds/index.ts";
import { describeOnStarted, type PodHandle, rejection } from "./real-cluster.ts";
import { podOn, runPod } from "./running-pod.ts";

describeOnStarted(
  "logs through a real kube-apiserver",
  (cluster) => {
    let namespace: string;
    let web: PodHandle;

    beforeAll(async () => {
      const { admin, access } = cluster();
      namespace = await cluster().namespace();
      await runPod(admin, namespace, access.node ?? "");
      web = await cluster().pod(namespace, "web-0");
    });

    async function firstLines(lines: AsyncIterable<string>, count: number): Promise<string[]> {
      const seen: string[] = [];
      for await (const line of lines) if (seen.push(line) === count) break;
      return seen;
    }

    it("reads all lines, or the newest, with their times", async () => {
      const all = Array.from({ length: 10 }, (_, at) => `line ${at + 1}`);
      expect(await Array.fromAsync(web.logs())).toEqual(all);
      expect(await web.logs().text()).toBe(`${all.join("\n")}\n`);
      expect(await Array.fromAsync(web.logs({ tailLines: 2, timestamps: true }))).toEqual([
        "2026-01-01T00:00:09.000000000Z line 9",
        "2026-01-01T00:00:10.000000000Z line 10",
      ]);
      expect(await Array.fromAsync(web.logs({ tailLines: 0 }))).toEqual([]);
    });

    it("reads from a time on, and of the container before", async () => {
      const since = { sinceTime: new Date("2026-01-01T00:00:09Z") };
      expect(await Array.fromAsync(web.logs(since))).toEqual(["line 9", "line 10"]);
      expect(await Array.fromAsync(web.logs({ sinceSeconds: 1 }))).toEqual([]);
      expect(await Array.fromAsync(web.logs({ previous: true, tailLines: 1 }))).toEqual(["previous line 3"]);
      expect(await web.logs({ limitBytes: 10 }).text()).toBe("line 1\nlin");
    });

    it("follows until it is left, and leaves no connection behind", async () => {
      const lines = web.logs({ follow: true, tailLines: 1 });
      expect(await firstLines(lines, 4)).toEqual(["line 10", "line 11", "line 12", "line 13"]);
    });

    it("follows until its signal aborts", async () => {
      const abort = new AbortController();
      const seen: string[] = [];
      const following = (async () => {
        for await (const line of web.logs({ follow: true, tailLines: 0, signal: abort.signal })) {
          seen.push(line);
          if (seen.length === 2) abort.abort();
        }
      })();
      await expect(following).rejects.toMatchObject({ code: "ABORTED" });
      expect(seen.slice(0, 2)).toEqual(["line 11", "line 12"]);
    });

    it("tells that a container waits to start, is unknown, or has to be chosen", async () => {
      const { admin, access } = cluster();
      const pods = admin.resources(Pod).inNamespace(namespace);
      await pods.create(
        podOn(access.node, { name: "two", containers: { main: "scripted", late: "waiting" } }),
      );
      // The kubelet has seen it once there is a status.
      for await (const event of pods.withName("two").watch()) {
        if ("object" in event && event.object.status?.containerStatuses !== undefined) break;
      }
      const two = pods.withName("two");
      expect(await rejection(two.logs({ container: "late" }).text())).toMatchObject({
        status: 400,
        reason: "BadRequest",
        message:
          `get pods/log "two" in namespace "${namespace}": bad request: ` +
          'container "late" in pod "two" is waiting to start: ContainerCreating (400)',
      });
      expect((await rejection(two.logs().text())).message).toMatch(
        /a container name must be specified for pod two, choose one of: \[main late\] \(400\)/,
      );
      expect((await rejection(two.logs({ container: "none" }).text())).message).toMatch(
        /container none is not valid for pod two \(400\)/,
      );
      expect(await Array.fromAsync(two.logs({ container: "main", tailLines: 1 }))).toEqual(["line 10"]);
    });

    it("is refused to who may not read it, naming the subresource", async () => {
      const refused = await cluster().pod(namespace, "web-0", { context: "powerless" });
      const error = await rejection(refused.logs().text());
      expect(error).toMatchObject({ status: 403, reason: "Forbidden" });
      expect(error.message).toBe(
        `get pods/log "web-0" in namespace "${namespace}": forbidden: user "powerless" cannot get resource "pods/log" (403). ` +
          `Needs: get on pods/log in "${namespace}".`,
      );
    });
  },
  "kubelet",
);

import { beforeEach, describe, expect, it } from "vitest";
import type { ResourceHandle } from "../../src/cluster/resource-handle.ts";
import type { Informer } from "../../src/informer/informer.ts";
import { ConfigMap } from "../../src/kinds/index.ts";
import { Journal } from "../contracts/journal.ts";
import type { ServerUnderTest } from "../contracts/server-under-test.ts";

/** The scenarios that need no control over faults, on either server. */
export function describeScenarios(server: () => ServerUnderTest): void {
  describe("scenarios", () => {
    let namespace: string;
    let written: ResourceHandle<ConfigMap>;

    const create = (name: string): Promise<ConfigMap> =>
      written.create({ metadata: { name }, data: { n: "0" } });
    const change = (name: string, n: number): Promise<ConfigMap> =>
      written.withName(name).patch({ merge: { data: { n: String(n) } } });
    const informerOf = async (): Promise<Informer<ConfigMap>> =>
      (await server().connect()).resources(ConfigMap).inNamespace(namespace).informer();

    beforeEach(async () => {
      namespace = await server().namespace();
      written = (await server().connect()).resources(ConfigMap).inNamespace(namespace);
    });

    it("P2: finishes with each event of an object before the next, however slow the handler", async () => {
      await using informer = await informerOf();
      const journal = new Journal();
      const released: (() => void)[] = [];
      let running = 0;
      let most = 0;
      const slowly = async (line: string): Promise<void> => {
        most = Math.max(most, ++running);
        const { promise, resolve } = Promise.withResolvers<void>();
        released.push(resolve);
        journal.add(`begin ${line}`);
        await promise;
        journal.add(`end ${line}`);
        running--;
      };
      informer.on("ADDED", () => slowly("ADDED"));
      informer.on("MODIFIED", ({ data }) => slowly(`MODIFIED ${data?.n}`));
      informer.on("DELETED", () => slowly("DELETED"));
      await informer.synced();
      await create("a");
      await change("a", 1);
      await change("a", 2);
      await written.withName("a").delete();
      for (const line of ["ADDED", "MODIFIED 1", "MODIFIED 2", "DELETED"]) {
        await journal.until(`begin ${line}`);
        released.shift()?.();
        await journal.until(`end ${line}`);
      }
      expect(most).toBe(1);
    });

    it("P20: goes on for everybody else where a handler throws, and names the one that never settles", async () => {
      const informer = await informerOf();
      const journal = new Journal().follow(informer);
      let errors = 0;
      informer.on("error", ({ code }) => journal.add(`${code} ${++errors}`));
      informer.listen({ added: () => Promise.reject(new Error("no")) }, { name: "throwing" });
      informer.listen({ added: () => new Promise(() => {}) }, { name: "stuck" });
      await informer.synced();
      await create("a");
      await create("b");
      await journal.until("ADDED b");
      await journal.until("HANDLER_FAILED 2");
      const stuck = informer.health().listeners.find(({ name }) => name === "stuck");
      expect(stuck).toMatchObject({ queued: 1, runningMs: expect.any(Number) });
      expect(informer.health().state).toBe("live");
      await expect(informer.stop({ graceMs: 20 })).rejects.toMatchObject({
        code: "TIMEOUT",
        message: expect.stringContaining("stuck"),
      });
    });

    it("P21: keeps one state per object for a slow listener that wants the latest", async () => {
      await using informer = await informerOf();
      const journal = new Journal().follow(informer);
      const { promise: gate, resolve: open } = Promise.withResolvers<void>();
      const told = new Journal();
      const latest = informer.listen(
        {
          added: async () => gate,
          modified: ({ metadata, data }, previous) => {
            told.add(`${metadata.name} ${previous.data?.n} to ${data?.n}`);
          },
        },
        { delivery: "latest" },
      );
      await informer.synced();
      await create("a");
      await create("b");
      for (let n = 1; n <= 20; n++) await Promise.all([change("a", n), change("b", n)]);
      await create("last");
      await journal.until("ADDED last");
      expect(latest.health().queued).toBeLessThanOrEqual(3);
      open();
      await told.until("a 0 to 20");
      // b's ADDED had not been told: it stands for all of its changes.
      expect(told.lines).toEqual(["a 0 to 20"]);
    });

    it("P22: calls no handler after stop, and refuses what comes after it", async () => {
      const informer = await informerOf();
      const journal = new Journal().follow(informer);
      informer.start();
      expect(() => informer.start()).toThrow(expect.objectContaining({ code: "ALREADY_STARTED" }));
      await informer.synced();
      await create("a");
      await journal.until("ADDED a");
      await informer.stop();
      await create("b");
      // Another informer has seen it, so the stopped one would have, too.
      await using other = await informerOf();
      const others = new Journal().follow(other);
      await other.synced();
      await others.until("ADDED b initial");
      expect(journal.lines).toEqual(["ADDED a"]);
      for (const use of [() => informer.start(), () => informer.listen({ added: () => {} })]) {
        expect(use).toThrow(expect.objectContaining({ code: "STOPPED" }));
      }
      await expect(informer.synced()).rejects.toMatchObject({ code: "STOPPED" });
      expect(informer.health().state).toBe("stopped");
    });
  });
}

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defineKind } from "../../src/resource/kind.ts";
import { TestApiServer } from "../../src/testing/index.ts";

/** Another kind that is called `pods`, in a group of its own. */
const OtherPod = defineKind()({
  group: "example.com",
  version: "v1",
  kind: "OtherPod",
  plural: "pods",
  scope: "Namespaced",
});

let server: TestApiServer;

beforeEach(async () => {
  server = await TestApiServer.start({ listen: false, kinds: [OtherPod] });
});
afterEach(() => server.stop());

async function watch(path: string): Promise<AsyncIterator<Uint8Array>> {
  const { body } = await server.transport({ method: "GET", path, headers: {}, isStream: true });
  return body[Symbol.asyncIterator]();
}

/** Call a control with what the types would not let through. */
const control = (name: string, options: unknown): unknown =>
  Reflect.apply(Reflect.get(server, name), server, [options]);

const controls = ["expire", "cutWatches", "stallWatches", "resumeWatches", "failNext"];

describe("controls of one resource", () => {
  it.each(controls)("%s refuses a plural that is not served, and names it", (name) => {
    for (const [resource, shown] of [
      ["podz", '`"podz"`'],
      ["Pod", '`"Pod"`'],
      ["", '`""`'],
      [OtherPod, "an object"],
    ]) {
      expect(() => control(name, { resource })).toThrow(
        expect.objectContaining({
          code: "INVALID_ARGUMENT",
          message: `Expected \`resource\` to be the plural of a kind that is served, got ${shown}`,
        }),
      );
    }
  });

  it.each(controls)("%s refuses options that are none: they would be taken for all resources", (name) => {
    for (const options of ["pods", null, ["pods"]]) {
      expect(() => control(name, options)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    }
  });

  it("refuses ways to cut, to expire and to refuse that do not exist", () => {
    expect(() => control("cutWatches", { mode: "rest" })).toThrow('Expected `mode` to be "end" or "reset"');
    expect(() => control("expire", { open: "cut" })).toThrow("Expected `open` to be");
    expect(() => control("expire", { refuseBy: 410 })).toThrow("Expected `refuseBy` to be");
  });

  it("means every kind of that plural, whatever its group", async () => {
    const [core, other] = [
      await watch("/api/v1/pods?watch=1"),
      await watch("/apis/example.com/v1/pods?watch=1"),
    ];
    await watch("/api/v1/configmaps?watch=1");
    expect(server.cutWatches({ resource: "pods", mode: "end" })).toBe(2);
    for (const frames of [core, other]) expect(await frames.next()).toMatchObject({ done: true });
    expect(server.openWatches).toBe(1);
    server.failNext({ resource: "pods", status: 503, times: 2 });
    const statuses: number[] = [];
    for (const path of ["/api/v1/pods", "/apis/example.com/v1/pods", "/api/v1/pods"]) {
      const { status } = await server.transport({ method: "GET", path, headers: {}, isStream: false });
      statuses.push(status);
    }
    expect(statuses).toEqual([503, 503, 200]);
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FollowedCollection } from "../../src/controller/host.ts";
import type { SourceListener } from "../../src/controller/source.ts";
import { Hosted, rvOf, Widget, web } from "./hosted.ts";

let hosted: Hosted;

beforeEach(async () => {
  hosted = await Hosted.start();
});
afterEach(() => hosted[Symbol.asyncDispose]());

type Told = [type: string, size: number | undefined, before?: number | undefined];

/** Listen as a controller does. */
function listening({ source }: FollowedCollection<Widget>): { told: Told[]; listener: SourceListener } {
  const told: Told[] = [];
  const sizeOf = ({ spec }: Widget): number | undefined => spec?.size;
  const listener = source.listen({
    added: (object) => void told.push(["ADDED", sizeOf(object)]),
    modified: (object, previous) => void told.push(["MODIFIED", sizeOf(object), sizeOf(previous)]),
    deleted: (object, { finalStateUnknown }) =>
      void told.push([finalStateUnknown ? "DELETED?" : "DELETED", sizeOf(object)]),
  });
  return { told, listener };
}

/** The history is lost: what is there is listed anew. */
async function relist({ store }: FollowedCollection<Widget>): Promise<void> {
  const { server } = hosted;
  const last = server.create(Widget, { metadata: { namespace: "elsewhere", name: `last-${Math.random()}` } });
  server.expire({ resource: "widgets" });
  server.resumeWatches();
  server.cutWatches({ resource: "widgets" });
  await store.waitFor(rvOf(last) ?? "");
  await Promise.resolve();
}

describe("a controller's source", () => {
  it("tells of an own object that was gone before the watch had shown it: its owner has seen it", async () => {
    const followed = await hosted.following(Widget, { namespaces: ["shop", "elsewhere"] });
    const { told } = listening(followed);
    await hosted.cluster.resources(Widget).create(web(3));
    expect(followed.store.has("shop/web")).toBe(true);
    hosted.server.delete(Widget, "shop/web");
    await relist(followed);
    expect(followed.store.has("shop/web")).toBe(false);
    expect(told.filter(([, size]) => size !== undefined)).toEqual([["DELETED?", 3]]);
  });

  it("tells of one that is another by then, with the state that was written as the one before", async () => {
    const followed = await hosted.following(Widget);
    const { told } = listening(followed);
    const mine = await hosted.cluster.resources(Widget).create(web(3));
    hosted.server.update(Widget, { ...mine, spec: { size: 9 } });
    await relist(followed);
    expect(told.filter(([, size]) => size !== undefined).toSorted()).toEqual([
      ["ADDED", 9],
      ["MODIFIED", 9, 3],
    ]);
  });

  it("tells nothing more of what the watch has shown, nor a listener that was removed", async () => {
    const followed = await hosted.following(Widget);
    const { told, listener } = listening(followed);
    const mine = await hosted.cluster.resources(Widget).create(web(3));
    hosted.server.resumeWatches();
    await followed.store.waitFor(rvOf(mine) ?? "");
    await Promise.resolve();
    expect(told).toEqual([["ADDED", 3]]);
    hosted.server.stallWatches();
    const other = { ...web(4), metadata: { namespace: "shop", name: "other" } };
    await hosted.cluster.resources(Widget).create(other);
    hosted.server.delete(Widget, "shop/other");
    await listener.remove();
    await relist(followed);
    expect(told).toEqual([["ADDED", 3]]);
  });
});

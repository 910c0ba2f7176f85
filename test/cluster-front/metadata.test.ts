import { describe, expect, it } from "vitest";
import { Pod } from "../../src/kinds/index.ts";
import { eventually, openStream, Recording, rejection } from "./recording.ts";

const accept = ({ sent }: Recording): (string | undefined)[] => sent.map(({ headers }) => headers.accept);
const metadata = (name: string, resourceVersion: string) => ({
  name,
  namespace: "shop",
  uid: name,
  resourceVersion,
});
const partial = { apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadata" };
const ofPods = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

/** A server that lists one pod and sends these frames; `isWhole` where it does not negotiate. */
function server(isWhole: boolean, ...frames: { type: string; object: object }[]): Recording {
  const head = isWhole ? { apiVersion: "v1", kind: "Pod", spec: { nodeName: "n1" } } : partial;
  const shown = (object: object): object => ({ ...head, ...object });
  return new Recording(({ path, signal }) => {
    if (path.includes("sendInitialEvents"))
      return { kind: "Status", status: "Failure", code: 422, reason: "Invalid" };
    if (path.includes("watch=true")) {
      return openStream(signal, ...frames.map(({ type, object }) => ({ type, object: shown(object) })));
    }
    const list = { ...(isWhole ? { kind: "PodList" } : { kind: "PartialObjectMetadataList" }) };
    return { ...list, metadata: { resourceVersion: "10" }, items: [shown({ metadata: metadata("a", "5") })] };
  });
}

describe.each([
  ["that negotiates", false],
  ["that does not", true],
])("metadata of a server %s", (_what, isWhole) => {
  const added = { type: "ADDED", object: { metadata: metadata("b", "11") } };

  it("is all that an informer keeps, by list and by watch (H15, I55)", async () => {
    const recording = server(isWhole, added);
    const cluster = await recording.connect();
    const informer = cluster.resources(Pod).inNamespace("shop").metadata().informer({ streamingList: "off" });
    await informer.synced();
    await eventually(() => informer.store.get("shop/b") !== undefined);
    const pod = { apiVersion: "v1", kind: "Pod" };
    expect(informer.store.get("shop/a")).toEqual({ ...pod, metadata: metadata("a", "5") });
    expect(informer.store.get("shop/b")).toEqual({ ...pod, metadata: metadata("b", "11") });
    expect(accept(recording)).toEqual([ofPods.replace("Metadata;", "MetadataList;"), ofPods]);
    await cluster.close();
  });

  it("is all that a watch tells", async () => {
    const recording = server(isWhole, added);
    const cluster = await recording.connect();
    const pods = cluster.resources(Pod).inNamespace("shop").metadata();
    for await (const event of pods.watch({ resourceVersion: "10" })) {
      expect(event).toMatchObject({ type: "ADDED", object: { kind: "Pod", metadata: { name: "b" } } });
      expect(event.object).not.toHaveProperty("spec");
      break;
    }
    await cluster.close();
  });
});

describe("informers of metadata", () => {
  it("share nothing with informers of whole objects (P23)", async () => {
    const [whole, parts] = [server(true), server(false)];
    const recording = new Recording((request) => {
      const isPart = request.headers.accept?.includes("as=") === true;
      return (isPart ? parts : whole).reply(request);
    });
    const cluster = await recording.connect();
    const pods = cluster.resources(Pod).inNamespace("shop");
    const informers = [
      pods.metadata().informer({ streamingList: "off" }),
      pods.informer({ streamingList: "off" }),
    ];
    await Promise.all(informers.map((informer) => informer.synced()));
    expect(recording.lines.filter((line) => !line.includes("watch=true"))).toHaveLength(2);
    await cluster.close();
  });

  it("refuse to write whole objects, and delete and patch (P30)", async () => {
    const recording = new Recording(() => ({ ...partial, metadata: metadata("a", "5") }));
    const pod = (await recording.connect()).resources(Pod).inNamespace("shop").withName("a").metadata();
    const object = { metadata: { name: "a" } };
    for (const write of [
      () => pod.replace(object),
      () => pod.apply(object, { fieldManager: "x" }),
      () => pod.edit(() => {}),
    ]) {
      expect(await rejection(write())).toMatchObject({ code: "INVALID_ARGUMENT" });
    }
    expect(recording.sent).toEqual([]);
    await pod.patch({ merge: { metadata: { labels: { a: "b" } } } });
    await pod.delete();
    expect(accept(recording)).toEqual([ofPods, ofPods]);
  });
});

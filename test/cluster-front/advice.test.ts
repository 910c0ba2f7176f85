import { describe, expect, it } from "vitest";
import { Cluster } from "../../src/cluster/cluster.ts";
import { Node, Pod } from "../../src/kinds/index.ts";
import { Recording, rejection } from "./recording.ts";

/** What an error says, for what is refused before any request. */
async function refusal(act: (cluster: Cluster) => unknown): Promise<unknown> {
  const recording = new Recording();
  const cluster = await recording.connect();
  const error = await rejection((async () => act(cluster))());
  expect(recording.sent).toEqual([]);
  return error;
}

describe("an error's advice", () => {
  it("asks for the namespace of what is namespaced, and for a word where everything is meant (P30)", async () => {
    expect(await refusal((c) => c.resources(Pod).deleteAll())).toMatchObject({
      message: "delete all pods: pods are namespaced, say which namespace is meant",
    });
    expect(
      await refusal((c) => c.resources(Pod).withLabel("a").deleteAll({ everything: true })),
    ).toMatchObject({
      message: expect.stringContaining("say which namespace is meant"),
    });
    expect(await refusal((c) => c.resources(Node).deleteAll())).toMatchObject({
      message: expect.stringContaining("say { everything: true }"),
    });
  });

  it("names the object that nobody says who applies", async () => {
    const web = { metadata: { name: "web", namespace: "shop" } };
    expect(await refusal((c) => c.resources(Pod).apply(web))).toMatchObject({
      message: expect.stringMatching(/^apply pods "web" in namespace "shop": apply needs a `fieldManager`/),
    });
  });

  it("knows the option and the event that a misspelt one means", async () => {
    const misspelt = { sever: "https://example.com" } as object;
    expect(await rejection(Cluster.connect(misspelt))).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "Connect to a cluster: there is no option `sever`; did you mean `server`?",
    });
    expect(await refusal((c) => c.on("warnings" as "warning", () => {}))).toMatchObject({
      message: expect.stringContaining('"warning"'),
    });
    expect(await rejection(Cluster.connect({ kubeConfig: "config.yaml" as never }))).toMatchObject({
      code: "INVALID_CONFIG",
      message: expect.stringContaining("given as `kubeconfig`"),
    });
  });
});

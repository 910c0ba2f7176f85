/** The API server that both controllers follow, in a process of its own: prints its address once the pods are there. */
import { Pod } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { benchPod } from "../pods.ts";

const [count = "10000"] = process.argv.slice(2);
const objects = Number(count);
const server = await TestApiServer.start({ namespaces: Array.from({ length: 50 }, (_, i) => `ns-${i}`) });
for (let i = 0; i < objects; i++) {
  const { resourceVersion: _rv, uid: _uid, ...metadata } = benchPod(i, 1).metadata;
  server.create(Pod, { ...benchPod(i, 1), metadata });
}
console.log(server.url);
process.once("SIGTERM", () => void server.stop().then(() => process.exit(0)));

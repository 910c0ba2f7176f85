/** Ask a server what it is, what it has, and what no verb is for: `node examples/ask-the-server.ts`. */
import { Cluster } from "kube-reflex";

/** Print version, state, every kind, and the objects of one that is known by its name only. */
export async function describeServer(cluster: Cluster, apiVersion: string, kind: string): Promise<void> {
  cluster.on("warning", ({ step, message }) => console.warn(`${step}: ${message}`));

  const { gitVersion } = await cluster.version();
  const { ready, checks } = await cluster.health();
  console.log(gitVersion, ready ? "ready" : checks.filter(({ ok }) => !ok).map(({ name }) => name));

  const kinds = await cluster.discover();
  console.log(kinds.length, "kinds");

  const handle = await cluster.resources({ apiVersion, kind }); // plural and scope are the server's
  for await (const { metadata } of handle.items()) console.log(metadata.namespace, metadata.name);

  const answer = await cluster.raw("/apis"); // or /metrics, /openapi/v3 …: any path
  console.log(answer.status, answer.headers["content-type"], answer.text().length); // or json(), bytes()
}

if (import.meta.main) {
  await using cluster = await Cluster.connect();
  const [apiVersion = "apps/v1", kind = "Deployment"] = process.argv.slice(2);
  await describeServer(cluster, apiVersion, kind);
}

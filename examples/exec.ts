/** Run commands in a pod: `node examples/exec.ts shop web-0`. */
import { pipeline } from "node:stream/promises";
import { Cluster } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";

/** What a command prints; rejects with a `CommandError` where it ends with another code than 0. */
export async function echo(cluster: Cluster, namespace: string, name: string, text: string): Promise<string> {
  const pod = cluster.resources(Pod).inNamespace(namespace).withName(name);
  const { stdout } = await pod.run(["echo", text], { timeoutMs: 30_000 });
  return stdout;
}

/** Stream through a command: what is read from `input` is written to `output`; resolves to its exit code. */
export async function through(
  cluster: Cluster,
  namespace: string,
  name: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<number> {
  const pod = cluster.resources(Pod).inNamespace(namespace).withName(name);
  await using process = await pod.exec(["cat"], { stdin: true, stderr: false });
  await Promise.all([pipeline(input, process.stdin), pipeline(process.stdout, output, { end: false })]);
  return process.exitCode;
}

if (import.meta.main) {
  await using cluster = await Cluster.connect();
  const [namespace = "default", name = "web-0"] = process.argv.slice(2);
  console.log(await echo(cluster, namespace, name, "hello"));
}

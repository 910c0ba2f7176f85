/** Apply a file of manifests: `node examples/apply-manifest.ts shop.yaml`. */
import { readFile } from "node:fs/promises";
import { ApplyError, Cluster } from "kube-reflex";

/** Apply YAML documents in the order in which they need each other; prints what became of each. */
export async function applyFile(cluster: Cluster, file: string): Promise<void> {
  const manifests = await readFile(file, "utf8");
  try {
    const report = await cluster.apply(manifests, { name: file, fieldManager: "shop-deployer" });
    for (const { kind, name, outcome } of report) console.log(`${kind} ${name} ${outcome}`);
  } catch (error) {
    if (!ApplyError.is(error)) throw error; // nothing was changed
    for (const { kind, name, outcome, error: why, reason } of error.report) {
      console.log(`${kind} ${name} ${outcome}`, why?.message ?? reason ?? "");
    }
  }
}

if (import.meta.main) {
  await using cluster = await Cluster.connect();
  await applyFile(cluster, process.argv[2] ?? "manifests.yaml");
}

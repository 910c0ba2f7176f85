/** Use a watch without a cluster: literal batches of records in, typed events out. */
import { ParsedChange, Watch } from "kube-reflex";
import type { Pod } from "kube-reflex/kinds";

const pod = (phase: string): Pod => ({ metadata: { namespace: "shop", name: "web-0" }, status: { phase } });

/** Tell what each event of a short stream said. */
export async function readLiteralStream(): Promise<string[]> {
  const told: string[] = [];
  const added = new ParsedChange("ADDED", "shop/web-0", "uid-1", "1", pod("Pending"));
  const modified = new ParsedChange("MODIFIED", "shop/web-0", "uid-1", "2", pod("Running"));
  const deleted = new ParsedChange("DELETED", "shop/web-0", "uid-1", "3", pod("Running"));

  const watch = new Watch<Pod>({ open: [[added, modified], [deleted]] });
  for await (const { type, object } of watch) told.push(`${type} ${object.status?.phase}`);
  return told;
}

/** Use a reflector without a cluster: two async generators in, a store as its target. */
import { ParsedChange, ParsedRecord, Reflector, type ReflectorProgress, type Store } from "kube-reflex";
import type { Pod } from "kube-reflex/kinds";

const pod = (phase: string): Pod => ({ metadata: { namespace: "shop", name: "web-0" }, status: { phase } });

/** Follow a literal source into `store`, until `signal` aborts. */
export async function reflect(
  store: Store<Pod>,
  onProgress: (progress: ReflectorProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  const reflector = new Reflector<Pod>({
    listWatch: {
      async *list() {
        yield { items: [new ParsedRecord("shop/web-0", "uid-1", "4", pod("Pending"))], resourceVersion: "5" };
      },
      async *watch({ onOpen }) {
        onOpen();
        yield [new ParsedChange("MODIFIED", "shop/web-0", "uid-1", "6", pod("Running"))];
      },
    },
    target: {
      replace: (records, resourceVersion) => store.replace(records, resourceVersion),
      apply(changes) {
        for (const change of changes) {
          if (change.type === "BOOKMARK") store.setResourceVersion(change.resourceVersion);
          else if (change.type === "DELETED") store.delete(change.key, change.resourceVersion);
          else store.upsert(change);
        }
      },
    },
    streamingList: "off",
    onProgress,
  });
  await reflector.run(signal);
}

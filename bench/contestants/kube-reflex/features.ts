import { dropFields, type KubeObject, type Transform } from "kube-reflex";
import { task } from "../contestant.ts";

const words = (task.variant ?? "").split(" ");

/** What the words of a task's variant mean to an informer. */
export interface InformerChoices<T extends KubeObject> {
  readonly store?: "bytes" | "objects";
  readonly transform?: Transform<T, T>;
  readonly streamingList?: "off";
}

/**
 * Informer options by the words of the task's variant.
 *
 * `bytes` or `objects` is the store, `cut` leaves managedFields out, `paged` asks
 * for no streaming list.
 */
export function informerOptions<T extends KubeObject>(): InformerChoices<T> {
  const store = words.find((word) => word === "bytes" || word === "objects");
  return {
    ...(store !== undefined && { store }),
    ...(words.includes("cut") && { transform: dropFields("metadata.managedFields") }),
    ...(words.includes("paged") && { streamingList: "off" }),
  };
}

/** Connection options by the words of the task's variant: `http2`, and `gzip` or `identity` for lists in pages. */
export function connectOptions(): { readonly http2?: true; readonly compression?: boolean } {
  return {
    ...(words.includes("http2") && { http2: true }),
    ...(words.includes("gzip") && { compression: true }),
    ...(words.includes("identity") && { compression: false }),
  };
}

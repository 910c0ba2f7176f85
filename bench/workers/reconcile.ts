import { compute } from "./compute.ts";
import type { Widget } from "./widget.ts";

/** Computes for as long as its object says. */
export default function reconcile({ object }: { readonly object: Widget | undefined }): void {
  compute(object?.spec?.size ?? 0);
}

import { abortError } from "../base/abort.ts";
import { KubeError } from "../base/errors.ts";
import {
  type ControllerBuilder,
  type ControllerBuilderOptions,
  controllerBuilder,
} from "../controller/controller-builder.ts";
import { resourceName } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import type { HandleContext } from "./handle-context.ts";
import type { Selection } from "./selection.ts";

/** Begin a controller of a selection, over a host of its own; throws `INVALID_ARGUMENT` for one that a controller cannot follow. */
export function controllerOf<T extends KubeObject>(
  context: HandleContext,
  selection: Selection<T>,
  options?: ControllerBuilderOptions,
): ControllerBuilder<T> {
  const { kind, namespaces, labelSelector, fieldSelector, representation } = selection;
  const step = `Control ${resourceName(kind)}`;
  if (context.closed.aborted) throw abortError(context.closed, step);
  for (const verb of ["list", "watch"] as const) selection.expectVerb(verb);
  if (fieldSelector !== "") {
    throw new KubeError(
      "INVALID_ARGUMENT",
      `${step}: its own writes cannot be matched with a field selector; use withLabels, or where(predicate)`,
    );
  }
  if (representation === "metadata") {
    throw new KubeError(
      "INVALID_ARGUMENT",
      `${step}: a reconciler needs whole objects, and a metadata() handle has none; owns and watches take { metadata: true }`,
    );
  }
  const builder = controllerBuilder(context.controllerHost(), kind, options);
  const narrowed = namespaces.length === 0 ? builder : builder.in(...namespaces);
  return narrowed.withLabels(labelSelector);
}

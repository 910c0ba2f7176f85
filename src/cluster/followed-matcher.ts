import { matchesLabels, parseLabelSelector } from "../resource/label-selector.ts";
import type { KubeObject } from "../resource/object.ts";

/** What the server selects by, for objects that it has not shown yet. */
export function matcherOf(
  namespaces: readonly string[],
  labelSelector: string,
): (object: KubeObject) => boolean {
  const labels = parseLabelSelector(labelSelector);
  return ({ metadata }) =>
    (namespaces.length === 0 || namespaces.includes(metadata?.namespace ?? "")) &&
    matchesLabels(labels, metadata?.labels);
}

/**
 * Compare two resourceVersions as the decimal numbers they are: below, equal, above 0.
 *
 * They are longer than a JavaScript number is exact, so length decides, then
 * text. Only for where an order is needed: what the server sends is taken as it
 * comes, also when it goes back (R11, P11).
 */
export function compareResourceVersions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

const decimal = /^(?:0|[1-9][0-9]*)$/;

/**
 * Tell whether a state is another one or a newer; `undefined` where there is no order between them.
 *
 * API servers send decimal numbers. Others may send any text, which only equals itself.
 */
export function isAtLeast(resourceVersion: string, other: string): boolean | undefined {
  if (resourceVersion === other) return true;
  if (!decimal.test(resourceVersion) || !decimal.test(other)) return undefined;
  return compareResourceVersions(resourceVersion, other) > 0;
}

/** Tell whether a resourceVersion names a state that a watch can resume from: not "" and not "0". */
export function isResumable(resourceVersion: string): boolean {
  return resourceVersion !== "" && resourceVersion !== "0";
}

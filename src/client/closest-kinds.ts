import { editDistance } from "../base/closest.ts";
import { apiVersionOf, type Kind } from "../resource/kind.ts";

/** How far a name is from a kind, by whichever of its names is nearest. */
function distanceTo(kind: Kind, name: string): number {
  const names = [kind.kind, kind.plural, kind.singular, ...kind.shortNames];
  return Math.min(...names.map((one) => editDistance(one.toLowerCase(), name)));
}

/**
 * The known kinds whose names are nearest to a wanted one, best first.
 *
 * Upper and lower case are one; kind, plural, singular and short names count.
 * At equal distance those of the wanted `apiVersion` come first, then the
 * server's order. None that differs in more than a third of the letters.
 */
export function closestKinds(
  known: Iterable<Kind>,
  wanted: { readonly apiVersion: string; readonly kind: string },
  atMost: number = 3,
): Kind[] {
  const name = wanted.kind.toLowerCase();
  // Names are short: what is longer is no name, and would only cost time.
  if (name.length > 253) return [];
  const limit = Math.max(1, Math.floor(name.length / 3));
  const isElsewhere = (kind: Kind): number => (apiVersionOf(kind) === wanted.apiVersion ? 0 : 1);
  return [...known]
    .map((kind) => ({ kind, distance: distanceTo(kind, name) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || isElsewhere(a.kind) - isElsewhere(b.kind))
    .slice(0, atMost)
    .map(({ kind }) => kind);
}

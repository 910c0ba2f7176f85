/** A hash of a text; not 0. The seed keeps those who choose names from choosing ones that collide. */
export function hashOf(text: string, seed: number): number {
  let hash = seed ^ text.length;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x5bd1e995);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0 || 1;
}

/**
 * The code that a text has at its nth try; not 0.
 *
 * Every text stored has a code of its own: where another one has it already,
 * the next try's is taken. The first try is the hash itself.
 */
export function codeOf(hash: number, attempt: number): number {
  return (hash + Math.imul(attempt, 0x9e3779b1)) | 0 || 1;
}

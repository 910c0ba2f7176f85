/** The current time as Kubernetes writes it: to the second. */
export function timestamp(atMs: number = Date.now()): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

/** A random UUID (version 4) from `Math.random`, so that a seeded run repeats itself. */
export function newUid(): string {
  return "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx".replace(/[xy]/g, (letter) => {
    const digit = Math.floor(Math.random() * 16);
    return (letter === "x" ? digit : (digit & 3) | 8).toString(16);
  });
}

// Kubernetes' alphabet: no vowels and nothing that looks like one.
const alphabet = "bcdfghjklmnpqrstvwxz2456789";

/** A name from a `generateName`: five random characters after at most 58 of the prefix (T17). */
export function generatedName(prefix: string): string {
  let name = prefix.slice(0, 58);
  for (let i = 0; i < 5; i++) name += alphabet[Math.floor(Math.random() * alphabet.length)];
  return name;
}

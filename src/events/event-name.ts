import { isDnsSubdomain } from "../resource/dns-name.ts";

/** The longest name an object may have. */
const longestName = 253;

/** A name made valid: `system:node` is one for a role, and none for an event. */
function cleaned(name: string, longest: number): string {
  const labels = name
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, "-")
    .slice(0, longest)
    .split(".")
    .map((label) => label.replace(/^-+|-+$/g, ""))
    .filter((label) => label !== "");
  return labels.length === 0 ? "event" : labels.join(".");
}

/** The name of an event: its object's, and when it was, in hexadecimal nanoseconds (Q62); always valid. */
export function eventName(objectName: string, nanos: bigint): string {
  const suffix = `.${nanos.toString(16)}`;
  const name = `${objectName}${suffix}`;
  return isDnsSubdomain(name) ? name : `${cleaned(objectName, longestName - suffix.length)}${suffix}`;
}

/**
 * Hands out moments in nanoseconds, no two of them the same.
 *
 * The clock tells milliseconds; what is below is random, so that two recorders
 * that report the same object at once do not choose the same name.
 */
export class DistinctNanos {
  #last = 0n;

  next(): bigint {
    const now = BigInt(Date.now()) * 1_000_000n + BigInt(Math.floor(Math.random() * 1_000_000));
    this.#last = now > this.#last ? now : this.#last + 1n;
    return this.#last;
  }
}

/** A moment as the API writes it where microseconds count. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}

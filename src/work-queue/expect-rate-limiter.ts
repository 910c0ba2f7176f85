import { expectFunction, expectOptions, invalidArgument } from "../base/arguments.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/** Throw unless `value` has what a {@link RateLimiter} needs. */
export function expectRateLimiter(name: string, value: RateLimiter): void {
  expectOptions(name, value);
  for (const member of ["delayMs", "forget", "retries"] as const) {
    const method: unknown = value?.[member];
    if (method === undefined) throw invalidArgument(`${name}.${member}`, "a function", method);
    expectFunction(`${name}.${member}`, method);
  }
}

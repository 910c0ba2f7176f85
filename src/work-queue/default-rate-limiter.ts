import { ExponentialRateLimiter } from "./exponential-rate-limiter.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/**
 * The rate limiter of a queue that is given none: 5 ms doubling to 1,000 s, each key by itself (Q23).
 *
 * No rate for all keys together, other than client-go's older default (Q10):
 * with one, a hundred keys that fail for reasons of their own delay the first
 * retry of all others. Where the retries together are too many for what they
 * call, say `new MaxOfRateLimiter([new ExponentialRateLimiter(), new TokenBucketRateLimiter()])`.
 */
export function defaultRateLimiter(): RateLimiter {
  return new ExponentialRateLimiter();
}

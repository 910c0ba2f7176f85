/**
 * Says how long a key that failed is to wait: the port that a queue's `addRateLimited` calls.
 *
 * Times and failures are its own; it knows nothing of the queue.
 */
export interface RateLimiter {
  /** How long from now, in milliseconds, 0 or more; each call counts as one more failure. */
  delayMs(key: string): number;
  /** The key has succeeded, or is given up: its next failure is its first. Without it, a key is remembered for good. */
  forget(key: string): void;
  /** How many failures were counted since the last `forget`; 0 where none are. */
  retries(key: string): number;
}

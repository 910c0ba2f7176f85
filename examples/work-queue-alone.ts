/** Use the work queue without a cluster: keys that wait, keys that are due, keys that failed. */
import { ExponentialRateLimiter, MaxOfRateLimiter, TokenBucketRateLimiter, WorkQueue } from "kube-reflex";

/** Tell what is taken of keys that were added with priorities, and added again. */
export function takeByPriority(): string[] {
  const queue = new WorkQueue();
  queue.add("shop/web");
  queue.add("shop/backup", { priority: -100 });
  queue.add("shop/urgent", { priority: 10 });
  queue.add("shop/web"); // waits already: nothing changes

  const taken: string[] = [];
  for (let item = queue.tryTake(); item !== undefined; item = queue.tryTake()) {
    taken.push(item.key);
    queue.done(item.key); // from here on it can be handed out again
  }
  return taken;
}

/** Work off what is there, four keys at once; a key that fails is tried again, up to five times. */
export async function workOff(
  keys: readonly string[],
  work: (key: string) => Promise<void>,
  signal: AbortSignal,
): Promise<string[]> {
  const givenUp: string[] = [];
  const left = new Set(keys);
  const queue = new WorkQueue({ name: "work-off" }); // the name is what metrics call it
  for (const key of keys) queue.add(key);

  const settle = (key: string): void => {
    queue.forget(key); // its next failure is its first
    left.delete(key);
    if (left.size === 0) queue.shutDown();
  };
  await queue.work(
    4,
    async ({ key }) => {
      await work(key);
      settle(key);
    },
    {
      signal,
      onError(_error, { key, retries }) {
        if (retries < 5) return queue.addRateLimited(key); // 5 ms, 10 ms, 20 ms …
        givenUp.push(key);
        settle(key);
      },
    },
  );
  return givenUp;
}

/** Look at every key once now, and again every minute, until `signal` aborts. */
export async function lookEveryMinute(
  keys: readonly string[],
  look: (key: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const queue = new WorkQueue();
  for (const key of keys) queue.add(key);
  for await (const { key } of queue.items(signal)) {
    await look(key);
    queue.setDue(key, 60_000); // in place of a time that is pending; undefined clears it
  }
  queue.shutDown();
}

/** A queue whose retries are at most ten a second, over all keys. */
export function withOverallRate(): WorkQueue {
  return new WorkQueue({
    rateLimiter: new MaxOfRateLimiter([new ExponentialRateLimiter(), new TokenBucketRateLimiter()]),
  });
}

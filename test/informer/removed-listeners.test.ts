import { expect, it } from "vitest";
import { informerOf, modified, pass, pod, recorder, Source, settle, sync, useFakeTime } from "./source.ts";

useFakeTime();

it("stop waits for a call that still runs of a listener removed before (I24)", async () => {
  const informer = informerOf(new Source([pod("a/x", "1")]));
  const gate = Promise.withResolvers<void>();
  const listener = informer.listen({ added: () => gate.promise });
  await sync(informer);
  void listener.remove();
  let isStopped = false;
  const stopped = informer.stop().then(() => {
    isStopped = true;
  });
  await settle();
  expect(isStopped).toBe(false);
  gate.resolve();
  await stopped;
});

it("a listener added by the signal of one that is removed in the middle of a write is told each state once (P24, I8)", async () => {
  const source = new Source([pod("a/x", "1")]);
  const informer = informerOf(source);
  const { log, ...handlers } = recorder();
  const gate = Promise.withResolvers<void>();
  informer.listen(
    {
      added: (_, { signal }) => {
        signal.addEventListener("abort", () => informer.listen(handlers));
        return gate.promise;
      },
    },
    { overflow: "fail", highWaterMark: 1 },
  );
  await sync(informer);
  source.send(modified("a/x", "11"), modified("a/x", "12"), modified("a/x", "13"));
  await settle();
  expect(log).toEqual(["+a/x@12 initial", "~a/x@13 was 12"]);
  gate.resolve();
  await informer.stop();
});

it("a slow listener that pauses gets its next resync once it has caught up (D30)", async () => {
  const source = new Source([pod("a/x", "1"), pod("a/y", "2"), pod("a/z", "3")]);
  const informer = informerOf(source);
  const gate = Promise.withResolvers<void>();
  const listener = informer.listen(
    { modified: () => gate.promise },
    { overflow: "pause", highWaterMark: 1, resyncMs: 1000 },
  );
  await sync(informer);
  await pass(20_000);
  expect(listener.health().queued).toBeLessThanOrEqual(3);
  gate.resolve();
  await pass(2000);
  expect(listener.health().queued).toBe(0);
  await informer.stop();
});

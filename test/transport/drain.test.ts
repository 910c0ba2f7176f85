import { afterEach, describe, expect, it, vi } from "vitest";
import { ByteStream } from "../../src/base/byte-stream.ts";
import { drain } from "../../src/transport/drain.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("an answer that is not used", () => {
  const cancel = vi.fn();
  const open = (): ByteStream => {
    cancel.mockClear();
    return new ByteStream({ pause: () => {}, resume: () => {}, cancel });
  };

  it("is read to its end, so that its connection can be used again (H7)", async () => {
    const body = open();
    body.push(Buffer.from("whole"));
    body.end();
    await drain({ status: 503, headers: {}, body });
    expect(cancel).not.toHaveBeenCalled();
    expect(body.bufferedBytes).toBe(0);
  });

  it("is left where it is large, or does not end: a repetition must not wait for it (H7)", async () => {
    const large = open();
    large.push(Buffer.alloc(100_000));
    await drain({ status: 503, headers: {}, body: large });
    expect(cancel).toHaveBeenCalledOnce();

    vi.useFakeTimers();
    const stuck = open();
    stuck.push(Buffer.from("half"));
    const drained = drain({ status: 401, headers: {}, body: stuck });
    await vi.advanceTimersByTimeAsync(1000);
    await drained;
    expect(cancel).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });
});

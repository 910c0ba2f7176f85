import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, type StatusDetails } from "../../src/base/api-error.ts";
import { type RetryOnConflictOptions, retryOnConflict } from "../../src/client/retry-on-conflict.ts";
import { failure } from "./in-memory.ts";

const apiError = (status: number, reason: string, details?: StatusDetails) =>
  new ApiError(reason, { status, reason, details });
const conflict = apiError(409, "Conflict");

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Runs to its end under virtual time; the pauses between the attempts, in milliseconds. */
async function run(attempt: (number: number) => unknown, options?: RetryOnConflictOptions) {
  const at: number[] = [];
  const done = retryOnConflict(async (number) => {
    at.push(performance.now());
    return attempt(number);
  }, options).then(
    (value) => ({ value, error: undefined }),
    (error: unknown) => ({ value: undefined, error }),
  );
  await vi.runAllTimersAsync();
  const pauses = at.slice(1).map((time, index) => Math.round((time - (at[index] ?? 0)) * 10) / 10);
  return { ...(await done), attempts: at.length, pauses };
}

describe("retryOnConflict", () => {
  it("repeats until there is no conflict, and resolves to what was returned", async () => {
    const outcome = await run((number) => {
      if (number < 3) throw conflict;
      return `at ${number}`;
    });
    expect(outcome).toMatchObject({ value: "at 3", attempts: 3 });
  });

  it("gives up after five attempts, 10 ms apart and up to a tenth more, as client-go does", async () => {
    const { error, attempts, pauses } = await run(() => {
      throw conflict;
    });
    expect(error).toBe(conflict);
    expect(attempts).toBe(5);
    for (const pause of pauses) expect(pause).toBeGreaterThanOrEqual(10);
    for (const pause of pauses) expect(pause).toBeLessThanOrEqual(12);
  });

  it("takes other limits", async () => {
    const options = { attempts: 4, delayMs: 100, factor: 2, jitter: 0 };
    const { pauses } = await run(() => {
      throw conflict;
    }, options);
    expect(pauses).toEqual([100, 200, 400]);
  });

  it.each([
    ["an object that exists already", apiError(409, "AlreadyExists")],
    [
      "fields of another manager",
      apiError(409, "Conflict", { causes: [{ reason: "FieldManagerConflict" }] }),
    ],
    ["an object that is gone", apiError(404, "NotFound")],
    ["a bug", new TypeError("x is undefined")],
  ])("throws at once for %s", async (_what, thrown) => {
    const { error, attempts } = await run(() => {
      throw thrown;
    });
    expect([error, attempts]).toEqual([thrown, 1]);
  });

  it("ends with the signal, also while it pauses, and leaves no timer", async () => {
    const controller = new AbortController();
    const attempt = vi.fn(() => {
      throw conflict;
    });
    const pending = failure(retryOnConflict(attempt, { delayMs: 1000, signal: controller.signal }));
    await vi.advanceTimersByTimeAsync(500);
    controller.abort();
    expect(await pending).toMatchObject({ code: "ABORTED" });
    expect([attempt.mock.calls.length, vi.getTimerCount()]).toEqual([1, 0]);
    expect(await failure(retryOnConflict(attempt, { signal: controller.signal }))).toMatchObject({
      code: "ABORTED",
    });
    expect(attempt).toHaveBeenCalledTimes(1);
  });

  it.each([
    { attempts: 0 },
    { attempts: 1.5 },
    { delayMs: -1 },
    { factor: 0.5 },
    { jitter: 2 },
    { jitter: Number.NaN },
  ])("refuses %j", async (options) => {
    expect(await failure(retryOnConflict(() => 1, options))).toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

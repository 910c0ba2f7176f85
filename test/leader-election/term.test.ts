import { describe, expect, it } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { Term } from "../../src/leader-election/term.ts";

function termAt(start: number) {
  const now = { monotonicMs: start, wallMs: start };
  const clock = { monotonicMs: () => now.monotonicMs, wallMs: () => now.wallMs, delay: async () => true };
  const expired = () => new KubeError("LEADERSHIP_LOST", "not renewed");
  const term = new Term({ monotonicMs: start, wallMs: start }, { clock, deadlineMs: 10_000, expired });
  return { term, now };
}

describe("a term", () => {
  it("lasts for less than its deadline since the request that renewed it began (Q53)", () => {
    const { term, now } = termAt(1000);
    now.monotonicMs = now.wallMs = 10_999;
    expect(term.isValid()).toBe(true);
    expect(term.leftMs()).toBe(1);
    expect(term.ageMs()).toBe(9999);
    term.renewed({ monotonicMs: 3000, wallMs: 3000 });
    now.monotonicMs = now.wallMs = 12_999;
    expect(term.isValid()).toBe(true);
    now.monotonicMs = now.wallMs = 13_000;
    expect(term.leftMs()).toBe(0);
    expect(term.isValid()).toBe(false);
  });

  it.each([
    { what: "the monotonic clock", moved: { monotonicMs: 10_000, wallMs: 0 } },
    { what: "the wall clock, while the machine slept", moved: { monotonicMs: 0, wallMs: 10_000 } },
  ])("is over by $what alone (Q53)", ({ moved }) => {
    const { term, now } = termAt(0);
    Object.assign(now, moved);
    expect(term.isValid()).toBe(false);
  });

  it("never begins again once it was found to be over", async () => {
    const { term, now } = termAt(0);
    now.monotonicMs = 10_000;
    expect(term.isValid()).toBe(false);
    term.renewed({ monotonicMs: 10_000, wallMs: 0 });
    expect(term.isValid()).toBe(false);
    expect(term.lossError).toMatchObject({ code: "LEADERSHIP_LOST", message: "not renewed" });
    expect(await term.lost).toBe(term.lossError);
  });

  it("goes on where it is renewed before anybody found it to be over: nobody else can have written", () => {
    const { term, now } = termAt(0);
    now.monotonicMs = now.wallMs = 12_000;
    term.renewed({ monotonicMs: 9000, wallMs: 9000 });
    expect(term.isValid()).toBe(true);
  });

  it("keeps the first reason of its loss", () => {
    const { term } = termAt(0);
    const [first, second] = [new KubeError("LEADERSHIP_LOST", "1"), new KubeError("LEADERSHIP_LOST", "2")];
    term.lose(first);
    term.lose(second);
    expect(term.lossError).toBe(first);
    expect(term.isValid()).toBe(false);
  });

  it("that was ended in order is over, and not lost (Q55)", () => {
    const { term, now } = termAt(0);
    term.end();
    expect(term.isEnded).toBe(true);
    expect(term.isValid()).toBe(false);
    now.monotonicMs = 99_000;
    term.lose(new KubeError("LEADERSHIP_LOST", "late"));
    expect(term.isValid()).toBe(false);
    expect(term.lossError).toBeUndefined();
  });
});

/** A round of work on numbers alone, so that nothing but the processor counts. */
function round(seed: number): number {
  let value = seed | 1;
  for (let i = 0; i < 10_000; i++) value = Math.imul(value ^ (value >>> 15), value | 1) + i;
  return value;
}

/** How many rounds take so many milliseconds of a processor here, once they are compiled. */
export function roundsFor(ms: number): number {
  for (let i = 0; i < 200; i++) round(i);
  const cpu = process.cpuUsage();
  for (let i = 0; i < 2000; i++) round(i);
  return Math.max(1, Math.round((ms * 2000) / (process.cpuUsage(cpu).user / 1000)));
}

/** What each reconcile computes. */
export function compute(rounds: number): number {
  let sum = 0;
  for (let i = 0; i < rounds; i++) sum ^= round(i);
  return sum;
}

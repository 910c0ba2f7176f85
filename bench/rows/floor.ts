import { type Field, referenceFloor } from "../harness/bench.ts";
import { type Measured, summaryOf, valuesOf } from "../harness/results.ts";
import type { Entry } from "../harness/rounds.ts";

/** The floor's name in the tables. */
export const floor = "floor: decode, JSON.parse, Map";

/** The floor as one of those who take part, so that absolute targets and ratios are of the same minutes. */
export function floorEntry(field: Field, events = 20_000): Entry {
  return field.yardstick("floor", "plain", { as: floor, events, objects: 10_000 });
}

/** How fast this machine is, beside the one for which absolute targets are stated: rates times this, times over this. */
export function scaleOf(measured: readonly Measured[]): number {
  return (summaryOf(measured, floor, "perSecond")?.median ?? Number.NaN) / referenceFloor;
}

/** The floor as the time in which it deals with so many objects, under the names of a contestant's figures. */
export function floorAsTimes(
  measured: readonly Measured[],
  objects: number,
  names: { readonly wall: string; readonly cpu: string },
): Measured {
  const times = (rate: string): number[] =>
    valuesOf(measured, floor, rate).map((perSecond) => (objects / perSecond) * 1000);
  const [wall, cpu] = [times("perSecond"), times("perCpuSecond")];
  const rounds = wall.map((ms, i) => ({ [names.wall]: ms, [names.cpu]: cpu[i] ?? Number.NaN }));
  return { name: floor, rounds };
}

export function scaleNote(measured: readonly Measured[]): string {
  const rate = summaryOf(measured, floor, "perSecond")?.median ?? Number.NaN;
  return `The floor made ${Math.round(rate).toLocaleString("en")} events/s in these rounds, and makes ${referenceFloor.toLocaleString("en")} on the machine for which absolute targets are stated: they are scaled by ${scaleOf(measured).toFixed(2)}.`;
}

import {
  expectBoolean,
  expectInteger,
  expectOptions,
  expectText,
  invalidArgument,
} from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import type { Query } from "../client/api-call.ts";
import type { CallOptions } from "../client/deadline.ts";

/** What `logs` takes; `timeoutMs` covers the time until the server has accepted it, and without `follow` the reading too. */
export interface LogOptions extends CallOptions {
  /** Needed where the pod has several and names no default. @default its only one */
  readonly container?: string | undefined;
  /** Go on as the container writes, until it ends. @default false */
  readonly follow?: boolean | undefined;
  /** The log of the container's life before this one. @default false */
  readonly previous?: boolean | undefined;
  /** How many of the newest lines; 0: none but those to come. @default all */
  readonly tailLines?: number | undefined;
  /** Only lines at most so old. @default all */
  readonly sinceSeconds?: number | undefined;
  /** Only lines from this time on, to the second: a Date, or a text as in RFC 3339. @default all */
  readonly sinceTime?: string | Date | undefined;
  /** Begin each line with its time, to the nanosecond. @default false */
  readonly timestamps?: boolean | undefined;
  /** End after so many bytes, in the middle of a line if need be. @default none */
  readonly limitBytes?: number | undefined;
  /** The longest line; a longer one ends the log with `OVERFLOW`. @default 16 MiB */
  readonly maxLineBytes?: number | undefined;
  /** The most that `text()` collects; more ends it with `OVERFLOW`. @default 256 MiB */
  readonly maxTextBytes?: number | undefined;
}

const rfc3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

function timeText(time: unknown): string | undefined {
  if (time === undefined) return undefined;
  if (time instanceof Date && !Number.isNaN(time.getTime())) return time.toISOString();
  if (typeof time === "string" && rfc3339.test(time) && !Number.isNaN(Date.parse(time))) return time;
  throw invalidArgument("sinceTime", "a valid Date, or a time such as 2026-01-31T12:00:00Z", time);
}

/** Check what `logs` is given and write it as the query; throws `INVALID_ARGUMENT`. */
export function logQuery(options: LogOptions): Query {
  expectOptions("options", options);
  const { container, follow, previous, tailLines, sinceSeconds, timestamps, limitBytes } = options;
  expectText("container", container);
  for (const [name, value] of Object.entries({ follow, previous, timestamps })) expectBoolean(name, value);
  expectInteger("tailLines", tailLines, 0);
  // The server refuses less than one, in words about another field.
  expectInteger("sinceSeconds", sinceSeconds, 1);
  expectInteger("limitBytes", limitBytes, 1);
  expectInteger("maxLineBytes", options.maxLineBytes, 1);
  expectInteger("maxTextBytes", options.maxTextBytes, 1);
  const sinceTime = timeText(options.sinceTime);
  if (sinceTime !== undefined && sinceSeconds !== undefined) {
    throw new KubeError("INVALID_ARGUMENT", "Expected one of `sinceTime` and `sinceSeconds`, got both");
  }
  return { container, follow, previous, tailLines, sinceSeconds, sinceTime, timestamps, limitBytes };
}

import { abortError, delay, onAbort } from "../base/abort.ts";
import { ApiError } from "../base/api-error.ts";
import { KubeError, type KubeErrorCode } from "../base/errors.ts";
import { microTime } from "./event-name.ts";
import type { EventPort, EventsOfNamespace } from "./event-port.ts";
import type { EventSeries } from "./event-series.ts";

/** How often one event is tried in all (Q60). */
const mostTries = 12;

/** How long is waited between tries; before the second, a random share of it, so that not all come at once (Q60). */
const retryMs = 10_000;

/** What no repetition mends, besides all that the server answers. */
const finalCodes: ReadonlySet<KubeErrorCode> = new Set<KubeErrorCode>([
  "INVALID_ARGUMENT",
  "INVALID_CONFIG",
  "UNKNOWN_KIND",
  "UNSUPPORTED",
  "LEADERSHIP_LOST",
  "STOPPED",
]);

/** How writes end before they are done. */
export interface WriteSignals {
  /** Aborts when there is no more time to wait: each try is the last. */
  readonly hurried: AbortSignal;
  /** Aborts when nothing may run any more. */
  readonly stopped: AbortSignal;
}

/** The server answered: it will not answer otherwise in ten seconds (Q60). */
function isFinal(error: unknown): boolean {
  return ApiError.is(error) || (KubeError.is(error) && finalCodes.has(error.code));
}

function isStatus(error: unknown, status: number, reason: string): boolean {
  return ApiError.is(error) && error.status === status && error.reason === reason;
}

/** The namespace is being deleted, and takes nothing new: nothing is wrong. */
export function isOfEndingNamespace(error: unknown): boolean {
  if (!ApiError.is(error)) return false;
  return error.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating") ?? false;
}

/** Do something of somebody else's, and leave it at `signal` even where it does not listen to that. */
async function unlessAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const step = "Write an event";
  if (signal.aborted) throw abortError(signal, step);
  const left = Promise.withResolvers<never>();
  const stopListening = onAbort(signal, () => left.reject(abortError(signal, step)));
  try {
    return await Promise.race([work(), left.promise]);
  } finally {
    stopListening();
  }
}

/** Write a series once; resolves to whether the server has it now. */
async function tryToWrite(
  events: EventsOfNamespace,
  { event, written }: EventSeries,
  series: { readonly count: number; readonly lastObservedTime: string },
  signal: AbortSignal,
): Promise<boolean> {
  const isKnown = written > 0;
  if (isKnown) {
    const { name = "" } = event.metadata;
    try {
      await events.withName(name).patch({ merge: { series } }, { signal });
      return true;
    } catch (error) {
      // The server forgets events after an hour or so, series included: it is told anew (Q60).
      if (!ApiError.is(error) || error.status !== 404) throw error;
    }
  }
  try {
    await events.create(isKnown ? { ...event, series } : event, { signal });
    return true;
  } catch (error) {
    if (!isStatus(error, 409, "AlreadyExists")) throw error;
    // A new event that is there already is ours: an earlier try's answer was lost.
    return !isKnown;
  }
}

/**
 * Tell the server of a series: create its event, or patch how often it has happened.
 *
 * Tries up to twelve times where there is no answer, never where there is one
 * (Q60). Rejects with the error after which it was given up.
 */
export async function writeSeries(
  port: EventPort,
  series: EventSeries,
  { hurried, stopped }: WriteSignals,
): Promise<void> {
  const events = port.inNamespace(series.event.metadata.namespace ?? "default");
  for (let tries = 1; ; tries += 1) {
    // Read at each try: it may have happened again while this waited.
    const { count, lastObservedAt, written } = series;
    const told = { count, lastObservedTime: microTime(lastObservedAt) };
    let failure: unknown = new KubeError("BAD_RESPONSE", "Write an event: it is there, and it is not there");
    try {
      if (await unlessAborted(stopped, () => tryToWrite(events, series, told, stopped))) {
        series.written = written === 0 ? 1 : count;
        return;
      }
    } catch (error) {
      if (stopped.aborted || isFinal(error)) throw error;
      failure = error;
    }
    if (tries === mostTries || hurried.aborted) throw failure;
    await delay(tries === 1 ? Math.random() * retryMs : retryMs, hurried);
  }
}

import { abortError, onAbort } from "../base/abort.ts";
import { canTake } from "../base/byte-stream.ts";
import { KubeError } from "../base/errors.ts";
import { withStep } from "../base/with-step.ts";
import type { ObjectLog } from "../bytes/object-log.ts";
import type { WatchRecord } from "../resource/watch-event.ts";
import type { TransportResponse } from "../transport/port.ts";
import { FrameDecoder, type FrameDecoderOptions } from "./frame-decoder.ts";
import { InactivityTimer } from "./inactivity-timer.ts";
import { Interrupt } from "./interrupt.ts";
import { RecordDecoder, type RecordDecoderOptions } from "./record-decoder.ts";
import { UnparsedChanges } from "./unparsed-changes.ts";

/** How much is decoded before it is handed on, where so much has arrived: memory is bounded, and so is the wait. */
const mostAtOnceBytes = 256 * 1024;

/** How {@link readWatch} reads one connection. */
export interface ReadWatchOptions<T> extends Omit<FrameDecoderOptions, "takeLine">, RecordDecoderOptions {
  /** Where objects are kept as bytes until they are read. @default each is parsed as it arrives */
  readonly log?: ObjectLog<T> | undefined;
  /**
   * The longest that the server may be silent, headers included, before the
   * connection counts as dead. Time the consumer takes is not counted. A small
   * limit finds half-open connections sooner; one below the server's bookmark
   * interval (a minute) reconnects quiet watches for nothing.
   */
  readonly inactivityMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called once the server has accepted the watch, before its first frame. */
  readonly onOpen?: (() => void) | undefined;
}

/**
 * Read one watch connection: the records that the bytes at hand completed.
 *
 * `open` sends the request and must reject for a status that is not 2xx. Ends
 * when the server ends it, or after an ERROR record. Throws after the good
 * records before: `FRAME_CORRUPT`, `FRAME_TOO_LARGE`, `BAD_RESPONSE` for what is
 * not JSON, `TIMEOUT` past `inactivityMs`, `ABORTED`, or what the transport
 * threw. The signal that `open` gets is aborted on every way out: one connection,
 * closed once (R36, R37).
 */
export async function* readWatch<T>(
  open: (signal: AbortSignal) => Promise<TransportResponse>,
  options: ReadWatchOptions<T>,
): AsyncGenerator<readonly WatchRecord<T>[], void, void> {
  const { step, signal, inactivityMs } = options;
  if (signal?.aborted) throw abortError(signal, step);
  const connection = new AbortController();
  const interrupt = new Interrupt();
  const cancel = (error: KubeError): void => {
    interrupt.raise(error);
    connection.abort(error);
    inactivity.stop();
  };
  const stopListening = onAbort(signal, () => {
    if (signal !== undefined) cancel(abortError(signal, step));
  });
  const inactivity = new InactivityTimer(inactivityMs, () => {
    cancel(new KubeError("TIMEOUT", `${step}: the server was silent for more than ${inactivityMs} ms`));
  });
  const waitFor = async <V>(promise: Promise<V>): Promise<V> => {
    inactivity.begin();
    const value = await interrupt.wait(promise);
    inactivity.end();
    return value;
  };

  let body: AsyncIterator<Uint8Array> | undefined;
  let isDone = false;
  try {
    const response = await waitFor(open(connection.signal));
    expectJson(response, step);
    options.onOpen?.();
    body = response.body[Symbol.asyncIterator]();
    const reader = canTake(body) ? body : undefined;
    const decoder = new RecordDecoder<T>(options);
    let records: WatchRecord<T>[] = [];
    const { log } = options;
    const unparsed = log === undefined ? undefined : new UnparsedChanges(log, options.kind);
    const frames = new FrameDecoder({
      ...options,
      takeLine: (bytes, from, to) => {
        const change = unparsed?.read(bytes, from, to);
        if (change !== undefined) records.push(change);
        return change !== undefined;
      },
    });
    let isOver = false;
    const take = (frame: Record<string, unknown>): boolean => {
      const record = decoder.decode(frame);
      records.push(record);
      isOver = record.type === "ERROR";
      return !isOver;
    };
    while (!isOver && !isDone) {
      const next = await waitFor(body.next());
      let failure: KubeError | undefined;
      try {
        unparsed?.refresh();
        let chunk = next.done ? undefined : next.value;
        if (chunk === undefined) frames.end(take);
        for (
          let bytes = 0;
          chunk !== undefined && !isOver;
          chunk = bytes < mostAtOnceBytes ? reader?.take() : undefined
        ) {
          bytes += chunk.length;
          frames.decode(chunk, take);
        }
      } catch (error) {
        failure = KubeError.from(error, "FRAME_CORRUPT", step);
      }
      isDone = next.done === true;
      if (records.length > 0) {
        const batch = records;
        records = [];
        yield batch;
      }
      if (failure !== undefined) throw failure;
    }
  } catch (error) {
    throw withStep(error, step);
  } finally {
    inactivity.stop();
    stopListening();
    connection.abort(new KubeError("ABORTED", `${step}: the watch is over`));
    // Not awaited: a body that hangs must not hold up whoever wants to leave.
    if (!isDone) body?.return?.().catch(() => {});
  }
}

/** Throw for a content type that is not JSON, such as a proxy's HTML page; a missing one is let pass. */
function expectJson(response: TransportResponse, step: string): void {
  const type = response.headers["content-type"];
  if (type === undefined || /\bjson\b/i.test(type)) return;
  const shown = type.split(";", 1)[0]?.trim().slice(0, 80);
  throw new KubeError(
    "BAD_RESPONSE",
    `${step}: expected JSON, got ${shown}; is there a proxy or a login page before the API server?`,
  );
}

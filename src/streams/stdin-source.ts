import { Readable, type Writable } from "node:stream";
import { onAbort } from "../base/abort.ts";
import type { StdinSource } from "./exec-options.ts";

type Chunks = AsyncIterator<string | Uint8Array>;

/** Wait for something, or until `left` aborts; nothing is left behind on the signal, however often it is called. */
async function unlessLeft<T>(promise: Promise<T>, left: AbortSignal): Promise<T | undefined> {
  const stopped = Promise.withResolvers<undefined>();
  const stop = onAbort(left, () => stopped.resolve(undefined));
  try {
    return await Promise.race([promise, stopped.promise]);
  } finally {
    stop();
  }
}

async function pour(chunks: Chunks, stdin: Writable, left: AbortSignal): Promise<void> {
  for (;;) {
    // An iterator that waits for its next value cannot be told to stop, so nobody waits for it.
    const next = await unlessLeft(chunks.next(), left);
    if (next === undefined || left.aborted) return;
    if (next.done === true) {
      stdin.end();
      return;
    }
    if (stdin.write(next.value)) continue;
    await unlessLeft(new Promise<void>((resolve) => stdin.once("drain", resolve)), left);
  }
}

function pourAll(iterate: () => Chunks, stdin: Writable, failed: (error: unknown) => void): () => void {
  const left = new AbortController();
  stdin.once("close", () => left.abort());
  const all = async (): Promise<void> => {
    const chunks = iterate();
    await pour(chunks, stdin, left.signal)
      .catch((error: unknown) => {
        if (!left.signal.aborted) failed(error);
      })
      // How it takes being left is its own affair.
      .then(() => chunks.return?.())
      .catch(() => {});
  };
  // The caller's own code, which may throw before it has given anything.
  all().catch(failed);
  return () => left.abort();
}

function pipeAll(source: Readable, stdin: Writable, failed: (error: unknown) => void): () => void {
  if (source.readableEnded) {
    stdin.end();
    return () => {};
  }
  const onError = (error: Error): void => failed(error);
  const onClose = (): void => {
    if (!source.readableEnded) failed(source.errored ?? new Error("it was closed before its end"));
  };
  if (source.closed) {
    onClose();
    return () => {};
  }
  source.once("error", onError);
  source.once("close", onClose);
  source.pipe(stdin);
  return () => {
    source.removeListener("error", onError);
    source.removeListener("close", onClose);
    source.unpipe(stdin);
  };
}

/**
 * Write a source to `stdin` and end it; returns how to stop.
 *
 * A Readable is only let go of when it is stopped, since it may be the process'
 * own stdin; an iterable is told to return. `failed` is called if the source fails.
 */
export function feed(stdin: Writable, source: StdinSource, failed: (error: unknown) => void): () => void {
  if (source instanceof Readable) {
    if (!source.readableObjectMode) return pipeAll(source, stdin, failed);
    // Its values may be anything, and a pipe would stop in silence at one that cannot be written.
    return pourAll(() => source.iterator({ destroyOnReturn: false }), stdin, failed);
  }
  if (typeof source !== "string" && !(source instanceof Uint8Array)) {
    return pourAll(() => source[Symbol.asyncIterator](), stdin, failed);
  }
  stdin.end(source);
  return () => {};
}

import { Readable, type Writable } from "node:stream";
import type { StdinSource } from "./exec-options.ts";

type Chunks = AsyncIterator<string | Uint8Array>;

async function pour(chunks: Chunks, stdin: Writable, left: AbortSignal): Promise<void> {
  // An iterator that waits for its next value cannot be told to stop, so nobody waits for it.
  const stopped = new Promise<undefined>((resolve) => {
    left.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  for (;;) {
    const next = await Promise.race([chunks.next(), stopped]);
    if (next === undefined || left.aborted) return;
    if (next.done === true) {
      stdin.end();
      return;
    }
    if (stdin.write(next.value)) continue;
    await Promise.race([new Promise<void>((resolve) => stdin.once("drain", resolve)), stopped]);
  }
}

function pourAll(
  source: AsyncIterable<string | Uint8Array>,
  stdin: Writable,
  failed: (error: unknown) => void,
): () => void {
  const left = new AbortController();
  const chunks = source[Symbol.asyncIterator]();
  stdin.once("close", () => left.abort());
  pour(chunks, stdin, left.signal)
    .catch((error: unknown) => {
      if (!left.signal.aborted) failed(error);
    })
    // How it takes being left is its own affair.
    .then(() => chunks.return?.())
    .catch(() => {});
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
  if (source instanceof Readable) return pipeAll(source, stdin, failed);
  if (typeof source !== "string" && !(source instanceof Uint8Array)) return pourAll(source, stdin, failed);
  stdin.end(source);
  return () => {};
}

import { canTake } from "../base/byte-stream.ts";

/** A body that tells how many bytes were read once it is over, however it ends; it can be left at any time. */
export function counted(
  body: AsyncIterable<Uint8Array>,
  onOver: (bytes: number, error?: unknown) => void,
): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const reader = body[Symbol.asyncIterator]();
      let bytes = 0;
      let isOver = false;
      const over = (error?: unknown): void => {
        if (isOver) return;
        isOver = true;
        onOver(bytes, error);
      };
      const count = <C extends Uint8Array | undefined>(chunk: C): C => {
        bytes += chunk?.byteLength ?? 0;
        return chunk;
      };
      return {
        ...(canTake(reader) ? { take: () => count(reader.take()) } : {}),
        async next() {
          try {
            const result = await reader.next();
            if (result.done) over();
            else count(result.value);
            return result;
          } catch (error) {
            over(error);
            throw error;
          }
        },
        async return() {
          over();
          return (await reader.return?.()) ?? { done: true, value: undefined };
        },
      };
    },
  };
}

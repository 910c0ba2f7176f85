/**
 * An async generator that can be left while its next value is still waited for.
 *
 * `return` of a plain one waits its turn behind that value, which may never come:
 * `leave` is called first, and has to end the waiting.
 */
export function leavable<T>(
  generator: AsyncGenerator<T, void, void>,
  leave: () => void,
): AsyncIterableIterator<T, void, void> {
  return {
    next: () => generator.next(),
    return: () => {
      leave();
      return generator.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

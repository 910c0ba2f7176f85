import { KubeError } from "./errors.ts";
import { isThenable } from "./thenable.ts";
import { thrownName } from "./thrown-name.ts";

/**
 * Wrap a listener of users' so that neither its throw nor its rejection reaches who calls it.
 *
 * It becomes a process warning: it may be the very listener that errors are reported to.
 */
export function guardedListener(
  listener: (...args: never[]) => unknown,
  step: string,
): (value: unknown) => void {
  const failed = (cause: unknown): void => {
    const what = thrownName(cause);
    process.emitWarning(
      new KubeError("HANDLER_FAILED", `${step}: the handler threw (${what}); see the cause`, { cause }),
    );
  };
  return (value) => {
    try {
      const result: unknown = (listener as (value: unknown) => unknown)(value);
      if (isThenable(result)) result.then(undefined, failed);
    } catch (error) {
      failed(error);
    }
  };
}

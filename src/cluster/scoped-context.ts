import type { CallScope } from "../client/call-scope.ts";
import type { HandleContext } from "./handle-context.ts";

/** A scope that surely ends. */
export type EndingScope = CallScope & { readonly signal: AbortSignal };

/**
 * A context whose handles call, watch and connect within a scope; informers are shared, and go on.
 *
 * Cheap: nothing is opened. A connection to a process or a port counts as a
 * write, as nobody can ask later what is done through it.
 */
export function scopedContext(context: HandleContext, scope: EndingScope): HandleContext {
  const { signal, beforeWrite } = scope;
  return {
    client: context.client.scoped(scope),
    transport: async (request) => {
      const beforeSend = (): void => beforeWrite?.(`${request.method} ${request.path.split("?", 1)[0]}`);
      // A transport by itself asks nobody.
      beforeSend();
      const own = request.signal;
      const either = own === undefined ? signal : AbortSignal.any([own, signal]);
      return context.transport({ ...request, signal: either, beforeSend });
    },
    fieldManager: context.fieldManager,
    // Made when it is asked for: most work opens no watch.
    get closed() {
      return AbortSignal.any([context.closed, signal]);
    },
    informer: (selection, options) => context.informer(selection, options),
    controllerHost: () => context.controllerHost(),
  };
}

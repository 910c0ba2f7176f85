import type { EventObject } from "./event-object.ts";

/** What every call of a recorder takes. */
export interface EventCallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Events of one namespace, as a recorder writes them. */
export interface EventsOfNamespace {
  create(event: EventObject, options?: EventCallOptions): Promise<unknown>;
  withName(name: string): {
    patch(
      patch: { readonly merge: Readonly<Record<string, unknown>> },
      options?: EventCallOptions,
    ): Promise<unknown>;
  };
}

/**
 * Where a recorder's events go; `cluster.resources(EventsV1Event)` is one, and a mock can be.
 *
 * Not the `cluster` of a reconcile: its calls end with that reconcile, and
 * events are sent after it.
 */
export interface EventPort {
  inNamespace(namespace: string): EventsOfNamespace;
}

import type { LeaseObject } from "./lease.ts";

/** Who holds a lease; `undefined`: nobody. */
export function holderOf(lease: LeaseObject): string | undefined {
  const holder = lease.spec?.holderIdentity;
  return holder === "" ? undefined : holder;
}

/** How long a lease binds others, by what its holder wrote; `defaultMs` where that says nothing. */
export function durationMsOf(lease: LeaseObject, defaultMs: number): number {
  const seconds = lease.spec?.leaseDurationSeconds;
  return seconds !== undefined && seconds > 0 ? seconds * 1000 : defaultMs;
}

/**
 * All of a lease that an election writes, as text: two that differ are two states.
 *
 * Labels and annotations are not in it: whoever writes those does not renew it.
 */
export function stateOf(lease: LeaseObject): string {
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions } = lease.spec ?? {};
  const { uid } = lease.metadata;
  return JSON.stringify([
    uid,
    holderIdentity,
    leaseDurationSeconds,
    acquireTime,
    renewTime,
    leaseTransitions,
  ]);
}

/** What tells one write from all others, also from those of another process of the same identity. */
export function markOf(lease: LeaseObject): string {
  const { holderIdentity, acquireTime, renewTime } = lease.spec ?? {};
  return JSON.stringify([holderIdentity, acquireTime, renewTime]);
}

function microTime(micros: number): string {
  const text = new Date(Math.floor(micros / 1000)).toISOString();
  return `${text.slice(0, -1)}${String(micros % 1000).padStart(3, "0")}Z`;
}

/**
 * The times that are written into a lease; nobody ever computes with them, they are for people.
 *
 * What counts is that each differs from the one before: others see a renewal
 * by the change alone, and the server does not even write what changes nothing.
 * So they grow also while the clock stands still or is set back, and the digits
 * below a millisecond are random, which tells two processes of one identity apart.
 */
export class RenewTimes {
  #last = 0;

  /** The time for a write over a lease that has the time `previous`. */
  next(wallMs: number, previous: string | undefined): string {
    const micros = Math.floor(wallMs) * 1000 + Math.floor(Math.random() * 1000);
    this.#last = Math.max(micros, this.#last + 1);
    const text = microTime(this.#last);
    if (text !== previous) return text;
    this.#last += 1;
    return microTime(this.#last);
  }
}

/** What a holder writes into each lease. */
export interface Holding {
  readonly identity: string;
  readonly leaseDurationMs: number;
  readonly labels: Readonly<Record<string, string>>;
  /** When it is written. */
  readonly time: string;
}

function held({ identity, leaseDurationMs, time }: Holding) {
  return {
    holderIdentity: identity,
    // Rounded up: whoever waits longer than needed is safe.
    leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
    renewTime: time,
  };
}

function labelled(lease: LeaseObject, labels: Holding["labels"]): LeaseObject["metadata"] {
  if (Object.keys(labels).length === 0) return lease.metadata;
  return { ...lease.metadata, labels: { ...lease.metadata.labels, ...labels } };
}

/** A lease that was not there, held. */
export function createdLease(name: string, holding: Holding): LeaseObject {
  const { labels, time } = holding;
  return {
    metadata: { name, ...(Object.keys(labels).length === 0 ? {} : { labels: { ...labels } }) },
    spec: { ...held(holding), acquireTime: time, leaseTransitions: 0 },
  };
}

/** A lease that its holder keeps: since when it is held, and how often it changed hands, stay (Q53). */
export function renewedLease(lease: LeaseObject, holding: Holding): LeaseObject {
  return {
    ...lease,
    metadata: labelled(lease, holding.labels),
    spec: { ...lease.spec, ...held(holding) },
  };
}

/** A lease that changes hands (Q53). */
export function takenLease(lease: LeaseObject, holding: Holding): LeaseObject {
  const leaseTransitions = (lease.spec?.leaseTransitions ?? 0) + 1;
  return {
    ...lease,
    metadata: labelled(lease, holding.labels),
    spec: { ...lease.spec, ...held(holding), acquireTime: holding.time, leaseTransitions },
  };
}

/** A lease that its holder gives back, for anybody to take at once (Q55). */
export function releasedLease(lease: LeaseObject, time: string): LeaseObject {
  const spec = {
    ...lease.spec,
    holderIdentity: "",
    leaseDurationSeconds: 1,
    acquireTime: time,
    renewTime: time,
  };
  return { ...lease, spec };
}

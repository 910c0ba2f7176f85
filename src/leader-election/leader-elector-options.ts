import { hostname } from "node:os";
import { expectBoolean, expectOptions, expectText, invalidArgument } from "../base/arguments.ts";
import { defaultLogger, expectLogger, type Logger } from "../base/logger.ts";
import { isDnsSubdomain } from "../resource/dns-name.ts";
import { type ElectionClock, systemClock } from "./election-clock.ts";
import type { LeasePort } from "./lease-port.ts";
import { heartbeatNamespace, ownedByAnother } from "./lease-use.ts";

/** What a {@link LeaderElector} is made from. */
export interface LeaderElectorOptions {
  /** Where the lease is: `cluster.resources(Lease).inNamespace("shop")`. */
  readonly leases: LeasePort;
  /** The name of the lease, the same for all candidates, and for nothing else. */
  readonly name: string;
  /** The namespace of the lease, for `leases` that are not of one yet. @default the one that `leases` are of */
  readonly namespace?: string | undefined;
  /**
   * Who this candidate is, for people who look at the lease.
   *
   * A process that starts anew under an identity that the lease still names waits
   * like any other candidate.
   * @default the name of the host and something random
   */
  readonly identity?: string | undefined;
  /**
   * How long others wait, from the last renewal that they saw, before they take the lease; written in whole seconds, rounded up.
   *
   * Longer: a leader that died is replaced later. Its ratio to `renewDeadlineMs`
   * is how much faster one clock may run than another. @default 15_000
   */
  readonly leaseDurationMs?: number | undefined;
  /** How long a leader leads after the last renewal that succeeded began; it survives an outage shorter by one `retryPeriodMs`. @default 10_000 */
  readonly renewDeadlineMs?: number | undefined;
  /** The pause between renewals, and between tries to take the lease, which is up to 2.2 times as long. @default 2_000 */
  readonly retryPeriodMs?: number | undefined;
  /** Give the lease back when it ends in order, so that another candidate need not wait. @default true */
  readonly releaseOnStop?: boolean | undefined;
  /**
   * Written on the lease.
   *
   * A lease that is there already and has another `app.kubernetes.io/name` or
   * `app.kubernetes.io/instance` than here is refused. @default none
   */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Both clocks and how to wait; for tests. @default this process' own, looked up at each call */
  readonly clock?: ElectionClock | undefined;
  /** @default warnings and errors to `console` */
  readonly log?: Logger | undefined;
}

/** The same, checked and complete. */
export interface ElectionSettings {
  readonly leases: LeasePort;
  readonly name: string;
  /** `namespace/name`, or `name` where nobody said which namespace. */
  readonly lease: string;
  /** What errors begin with. */
  readonly step: string;
  readonly identity: string;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  /** The limit of one request (Q49). */
  readonly requestLimitMs: number;
  readonly releaseOnStop: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly clock: ElectionClock;
  readonly log: Logger;
}

/** A pause between tries to take the lease is up to so much longer than `retryPeriodMs` (Q51). */
export const retryJitter = 1.2;

function expectPositive(name: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0)) {
    throw invalidArgument(name, "a duration in milliseconds, more than 0", value);
  }
}

function expectName(name: string, value: unknown): void {
  if (typeof value !== "string" || value === "")
    throw invalidArgument(name, "a text that is not empty", value);
}

/** Of a lease that no server would take, every candidate would try for ever to create it. */
function expectLeaseName(name: string): void {
  expectName("name", name);
  if (isDnsSubdomain(name)) return;
  throw invalidArgument("name", "the name of a lease: lower case letters, digits, `-` and `.`", name);
}

function expectLeases(leases: unknown): void {
  const isPort =
    typeof leases === "object" &&
    leases !== null &&
    ["inNamespace", "withName", "create", "replace"].every(
      (method) => typeof Reflect.get(leases, method) === "function",
    );
  if (isPort) return;
  throw invalidArgument("leases", 'such as cluster.resources(Lease).inNamespace("shop")', leases);
}

/** The namespace that a port says it is of. */
function namespaceOf({ selection }: LeasePort): string | undefined {
  const { namespaces = [] } = selection ?? {};
  return namespaces.length === 1 ? namespaces[0] : undefined;
}

function expectLabels(labels: Readonly<Record<string, unknown>>): void {
  expectOptions("labels", labels);
  for (const [key, value] of Object.entries(labels)) {
    if (typeof value !== "string") throw invalidArgument(`labels[${JSON.stringify(key)}]`, "a string", value);
  }
}

/** Random, so that no two processes of one host are the same candidate. */
function defaultIdentity(): string {
  const digits = (): string =>
    Math.floor(Math.random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  return `${hostname()}_${digits()}${digits()}`;
}

/** Check and complete the options; throws `INVALID_ARGUMENT` (Q50), or `OWNED_BY_ANOTHER` for the namespace of heartbeats. */
export function electionSettings(options: LeaderElectorOptions): ElectionSettings {
  expectOptions("options", options ?? null);
  const { leases, name, namespace, identity = defaultIdentity() } = options;
  const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2000 } = options;
  const { releaseOnStop = true, labels = {}, clock = systemClock, log = defaultLogger } = options;
  expectLeases(leases);
  expectLeaseName(name);
  expectText("namespace", namespace);
  expectName("identity", identity);
  expectPositive("leaseDurationMs", leaseDurationMs);
  expectPositive("renewDeadlineMs", renewDeadlineMs);
  expectPositive("retryPeriodMs", retryPeriodMs);
  if (leaseDurationMs <= renewDeadlineMs) {
    throw invalidArgument(
      "leaseDurationMs",
      `more than \`renewDeadlineMs\` (${renewDeadlineMs})`,
      leaseDurationMs,
    );
  }
  if (renewDeadlineMs <= retryJitter * retryPeriodMs) {
    const least = `more than ${retryJitter} times \`retryPeriodMs\` (${retryPeriodMs})`;
    throw invalidArgument("renewDeadlineMs", least, renewDeadlineMs);
  }
  expectBoolean("releaseOnStop", releaseOnStop);
  expectLabels(labels);
  expectLogger("log", log);
  const place = namespace ?? namespaceOf(leases);
  const lease = place === undefined ? name : `${place}/${name}`;
  const step = `Lead by the lease ${lease}`;
  if (place === heartbeatNamespace) {
    throw ownedByAnother(step, `the leases in ${heartbeatNamespace} are nodes' heartbeats`);
  }
  return {
    leases: namespace === undefined ? leases : leases.inNamespace(namespace),
    ...{ name, lease, step, identity, leaseDurationMs, renewDeadlineMs, retryPeriodMs },
    requestLimitMs: Math.max(1000, renewDeadlineMs / 2),
    ...{ releaseOnStop, labels, clock, log },
  };
}

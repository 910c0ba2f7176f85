import { expectOptions, expectText, invalidArgument, invalidContent } from "../base/arguments.ts";
import { eventName, microTime } from "./event-name.ts";
import type { EventObject } from "./event-object.ts";
import { type EventSubject, type NamedReference, referenceOf } from "./object-reference.ts";

/** What an event says, besides of which object. */
export interface EventReport {
  /** `Warning`: somebody should look at it. */
  readonly type: "Normal" | "Warning";
  /** Why it was done or why it failed, in one word such as `ScalingFailed`; at most 128 bytes. */
  readonly reason: string;
  /** What was done or tried, in one word such as `Scale`; at most 128 bytes. */
  readonly action: string;
  /**
   * A sentence for people; what is above 1 kB is cut off.
   *
   * Of a series, the first one's is shown: what differs from one time to the next
   * is better in the reason, or in another action. No secrets: who may read
   * events of a namespace need not be allowed to read its Secrets.
   */
  readonly note?: string | undefined;
  /** Another object that plays a part, such as a pod that was made. */
  readonly related?: EventSubject | undefined;
  /** For programs that read events; the first one's of a series. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Who reports. */
export interface Reporter {
  readonly reportingController: string;
  readonly reportingInstance: string;
}

/** The limits of kube-apiserver for new events, in bytes. */
const longestWord = 128;
const longestNote = 1024;

const qualifiedName = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const prefixName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Throw unless `value` is a text of 1 to 128 bytes. */
export function expectWord(name: string, value: unknown): void {
  if (typeof value === "string" && value !== "" && Buffer.byteLength(value) <= longestWord) return;
  // Not quoted: where somebody gives a whole message for a word, it may say anything.
  throw invalidContent(name, `a text of 1 to ${longestWord} bytes`, value === "" ? undefined : value);
}

/** Throw unless `value` can name a controller: `widgets` or `example.com/widgets`. */
export function expectController(name: string, value: unknown): void {
  const [first = "", second, ...others] = typeof value === "string" ? value.split("/") : [];
  const isPrefixed = second !== undefined && others.length === 0;
  const isPrefix = !isPrefixed || (first.length <= 253 && prefixName.test(first));
  if (isPrefix && others.length === 0 && qualifiedName.test(second ?? first)) return;
  throw invalidArgument(name, "a qualified name such as `example.com/widgets`", value);
}

/** A note of at most 1 kB, cut between two characters. */
export function cutNote(note: string): string {
  if (Buffer.byteLength(note) <= longestNote) return note;
  const cut = Buffer.from(note).subarray(0, longestNote - Buffer.byteLength("…"));
  // A stream's decoder keeps back the bytes of a character that is not whole.
  return `${new TextDecoder().decode(cut, { stream: true })}…`;
}

/** A report that was checked, with what it refers to. */
export interface CheckedReport {
  readonly report: EventReport;
  readonly regarding: NamedReference;
  readonly related: NamedReference | undefined;
}

/** Check all that the API server would; throws `INVALID_ARGUMENT`. */
export function checkReport(subject: EventSubject, report: EventReport): CheckedReport {
  const regarding = referenceOf("regarding", subject);
  expectOptions("report", report ?? null);
  if (report.type !== "Normal" && report.type !== "Warning") {
    throw invalidArgument("type", '"Normal" or "Warning"', report.type);
  }
  expectWord("reason", report.reason);
  expectWord("action", report.action);
  expectText("note", report.note);
  expectOptions("annotations", report.annotations);
  for (const value of Object.values(report.annotations ?? {})) expectText("annotations", value ?? null);
  const related = report.related === undefined ? undefined : referenceOf("related", report.related);
  return { report, regarding, related };
}

/** The event of a report; in the object's namespace, or in `default` where it has none (Q62). */
export function newEvent(
  { report, regarding, related }: CheckedReport,
  reporter: Reporter,
  nanos: bigint,
  nowMs: number,
): EventObject {
  const { type, reason, action, note, annotations } = report;
  return {
    metadata: {
      name: eventName(regarding.name, nanos),
      namespace: regarding.namespace ?? "default",
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
    },
    eventTime: microTime(nowMs),
    type,
    reason,
    action,
    ...(note === undefined ? {} : { note: cutNote(note) }),
    regarding,
    ...(related === undefined ? {} : { related }),
    ...reporter,
  };
}

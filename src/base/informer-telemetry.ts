/** The `node:diagnostics_channel` that gets an {@link InformerRecord} for what informers do, shared ones once. */
export const informerChannel = "kube-reflex:informer";

/** What an informer tells of itself; nothing in it names an object. */
export interface InformerRecord {
  /** What it follows, such as `pods in shop`, or `one of pods in shop`. */
  readonly informer: string;
  readonly type: "list-started" | "listed" | "watch-started" | "watch-ended" | "events" | "error" | "health";
  /** Why it lists, with `list-started`; the error's code, with `error`. */
  readonly reason?: string | undefined;
  /** Events read, with `events`. */
  readonly count?: number | undefined;
  /** How many objects are stored, with `listed` and `events`. */
  readonly size?: number | undefined;
  /** How long ago the server was last heard when this came, with `events`. */
  readonly sinceProgressMs?: number | undefined;
  /** With `health`. */
  readonly state?: string | undefined;
}

import type { Shape } from "./media-types.ts";
import type { ObjectRoute } from "./route.ts";

/** What a verb gets of a request. */
export interface VerbRequest {
  readonly route: ObjectRoute;
  readonly params: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What form the answer shall have. */
  readonly shape: Shape;
  readonly signal: AbortSignal | undefined;
}

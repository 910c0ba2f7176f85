import type { AuthenticationV1TokenRequest, V1Eviction, V1Scale } from "@kubernetes/client-node";
import type { WireObject } from "./wire.ts";

/** How many replicas are wanted and there: what the subresource `scale` reads and writes. */
export interface Scale extends WireObject<V1Scale> {}

/** Asks for a pod to go, unless a PodDisruptionBudget forbids it: what the subresource `eviction` takes. */
export interface Eviction extends WireObject<V1Eviction> {}

/** Asks for a token of a service account, and has it in the answer: the subresource `token`. */
export interface TokenRequest extends WireObject<AuthenticationV1TokenRequest> {}

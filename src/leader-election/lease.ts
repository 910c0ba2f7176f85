import type { KubeObject, ObjectMeta } from "../resource/object.ts";

/**
 * A lease as an election reads and writes it; `Lease` of `kube-reflex/kinds` is one.
 *
 * A type of its own, so that the root entry's users need not load the kinds'.
 */
export interface LeaseObject extends KubeObject {
  metadata: ObjectMeta;
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
    strategy?: string;
    preferredHolder?: string;
  };
}

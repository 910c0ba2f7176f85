import type {
  V1CSIDriver,
  V1CSINode,
  V1CSIStorageCapacity,
  V1StorageClass,
  V1VolumeAttachment,
  V1VolumeAttributesClass,
} from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { WireObject } from "./wire.ts";

/** How volumes are made for claims. */
export interface StorageClass extends WireObject<V1StorageClass> {}

/** `storageclasses` of `storage.k8s.io/v1`. */
export const StorageClass: Kind<StorageClass, never> = /* @__PURE__ */ defineKind<StorageClass>()({
  group: "storage.k8s.io",
  version: "v1",
  kind: "StorageClass",
  plural: "storageclasses",
  scope: "Cluster",
  shortNames: ["sc"],
});

/** A volume attached, or to be attached, to a node. */
export interface VolumeAttachment extends WireObject<V1VolumeAttachment> {}

/** `volumeattachments` of `storage.k8s.io/v1`. */
export const VolumeAttachment: Kind<VolumeAttachment, "status"> =
  /* @__PURE__ */ defineKind<VolumeAttachment>()({
    group: "storage.k8s.io",
    version: "v1",
    kind: "VolumeAttachment",
    plural: "volumeattachments",
    scope: "Cluster",
    subresources: ["status"],
  });

/** Attributes of volumes that can change while they are in use. */
export interface VolumeAttributesClass extends WireObject<V1VolumeAttributesClass> {}

/** `volumeattributesclasses` of `storage.k8s.io/v1`. */
export const VolumeAttributesClass: Kind<VolumeAttributesClass, never> =
  /* @__PURE__ */ defineKind<VolumeAttributesClass>()({
    group: "storage.k8s.io",
    version: "v1",
    kind: "VolumeAttributesClass",
    plural: "volumeattributesclasses",
    scope: "Cluster",
    shortNames: ["vac"],
  });

/** A storage driver installed in the cluster. */
export interface CSIDriver extends WireObject<V1CSIDriver> {}

/** `csidrivers` of `storage.k8s.io/v1`. */
export const CSIDriver: Kind<CSIDriver, never> = /* @__PURE__ */ defineKind<CSIDriver>()({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIDriver",
  plural: "csidrivers",
  scope: "Cluster",
});

/** The storage drivers of a node. */
export interface CSINode extends WireObject<V1CSINode> {}

/** `csinodes` of `storage.k8s.io/v1`. */
export const CSINode: Kind<CSINode, never> = /* @__PURE__ */ defineKind<CSINode>()({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSINode",
  plural: "csinodes",
  scope: "Cluster",
});

/** How much storage a driver can still give in one part of the cluster. */
export interface CSIStorageCapacity extends WireObject<V1CSIStorageCapacity> {}

/** `csistoragecapacities` of `storage.k8s.io/v1`. */
export const CSIStorageCapacity: Kind<CSIStorageCapacity, never> =
  /* @__PURE__ */ defineKind<CSIStorageCapacity>()({
    group: "storage.k8s.io",
    version: "v1",
    kind: "CSIStorageCapacity",
    plural: "csistoragecapacities",
    scope: "Namespaced",
  });

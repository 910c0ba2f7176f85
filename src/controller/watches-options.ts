import {
  expectBoolean,
  expectFunction,
  expectOptions,
  expectText,
  invalidArgument,
} from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { isKind, type Kind, resourceName } from "../resource/kind.ts";
import { parseLabelSelector } from "../resource/label-selector.ts";
import type { PartialObjectMetadata } from "../resource/object.ts";
import { pathSegment } from "../resource/path.ts";
import type { FollowOptions } from "./host.ts";
import type { Predicate } from "./predicate.ts";

/** Which objects of another kind wake a controller. */
export interface WatchesOptions<T> {
  /** Which of their events count. @default all */
  readonly where?: Predicate<T> | undefined;
  /** A label selector, as kubectl takes it: only these are read and stored. */
  readonly labels?: string | undefined;
  /** In which namespaces; none: in all. @default the controller's, for a kind that lives in namespaces */
  readonly namespaces?: readonly string[] | undefined;
  /** Only metadata is read and stored: for large kinds (Q41). @default false */
  readonly metadata?: false | undefined;
}

/** The same, of which only the metadata is read. */
export interface WatchesMetadataOptions extends Omit<WatchesOptions<PartialObjectMetadata>, "metadata"> {
  readonly metadata: true;
}

/** How owned objects find their owners. */
export interface OwnerOption {
  /** Wake every owner of the controller's kind, not only the one that controls the object (Q41). @default false */
  readonly everyOwner?: boolean | undefined;
}

/** Which objects a controller owns, and which of their owners they wake. */
export interface OwnsOptions<T> extends WatchesOptions<T>, OwnerOption {}

/** The same, of which only the metadata is read. */
export interface OwnsMetadataOptions extends WatchesMetadataOptions, OwnerOption {}

/** Either of them, whatever the objects are. */
export type AnyWatchesOptions = Omit<WatchesOptions<never>, "metadata"> & {
  readonly metadata?: boolean | undefined;
};

/** Either of them, whatever the objects are. */
export type AnyOwnsOptions = AnyWatchesOptions & OwnerOption;

/** What is to be followed of a kind; throws `INVALID_ARGUMENT` for what nobody can follow. */
export function checkedFollow(kind: Kind, options: AnyWatchesOptions): FollowOptions {
  if (!isKind(kind)) throw invalidArgument("kind", "a kind, made by defineKind", kind);
  expectOptions("options", options);
  const { labels, namespaces, metadata } = options;
  expectFunction("where", options.where);
  expectBoolean("metadata", metadata);
  expectText("labels", labels);
  if (labels !== undefined) parseLabelSelector(labels);
  if (namespaces !== undefined && !Array.isArray(namespaces)) {
    throw invalidArgument("namespaces", "an array of namespaces", namespaces);
  }
  for (const namespace of namespaces ?? []) pathSegment("namespace", namespace);
  if (kind.scope === "Cluster" && namespaces !== undefined && namespaces.length > 0) {
    const step = `Follow ${resourceName(kind)} in a namespace`;
    throw new KubeError("INVALID_ARGUMENT", `${step}: they are cluster-scoped`);
  }
  return { namespaces, labels, metadata };
}

// What most users need.

export { ApiError, type ApiErrorInit, type StatusCause, type StatusDetails } from "./base/api-error.ts";
export type { BackoffOptions } from "./base/backoff.ts";
export { KubeError, type KubeErrorCode, type KubeErrorOptions } from "./base/errors.ts";
export type { CallOptions } from "./client/client.ts";
export type { ApiWarning } from "./client/warnings.ts";
export { Cluster } from "./cluster/cluster.ts";
export type { ConnectOptions } from "./cluster/connection.ts";
export type { ListWatchOptions } from "./cluster/list-watch.ts";
export {
  type DeleteOptions,
  type GetOptions,
  type HandleInformerOptions,
  type HandleWatchOptions,
  type JsonPatchOperation,
  type ListOptions,
  type Patch,
  ResourceHandle,
  type WriteOptions,
} from "./cluster/resource-handle.ts";
export type { Selection } from "./cluster/selection.ts";
export type { KubeConfigLike } from "./config/client-node.ts";
export type { Impersonation } from "./config/cluster-config.ts";
export type { ExplicitConfig } from "./config/explicit.ts";
export type {
  AddedContext,
  DeletedContext,
  EventHandlers,
  ListenerHandlers,
  ModifiedContext,
} from "./informer/handlers.ts";
export type { HealthState, InformerHealth, ListenerHealth } from "./informer/health.ts";
export {
  Informer,
  type InformerEvents,
  type InformerSource,
  type StopOptions,
  type SyncedOptions,
} from "./informer/informer.ts";
export type {
  Delivery,
  HandlerRetry,
  InformerOptions,
  ListenOptions,
  Overflow,
} from "./informer/informer-options.ts";
export { Listener } from "./informer/listener.ts";
export type { Transform } from "./informer/prepare.ts";
export { defineKind, type Kind, type KindDefinition, type ObjectOf, type Scope } from "./resource/kind.ts";
export type { LabelCondition, LabelRequirement, LabelSelector } from "./resource/label-selector.ts";
export type {
  KubeList,
  KubeObject,
  ListMeta,
  ManagedFieldsEntry,
  ObjectMeta,
  OwnerReference,
} from "./resource/object.ts";
export type { Status } from "./resource/status.ts";
export type { IndexFunction, IndexFunctions, IndexName } from "./store/indexer.ts";
export type { StoreSelector } from "./store/store.ts";
export type { RetryOptions } from "./transport/retry.ts";
export { Watch, type WatchEvent, type WatchHandlers, type WatchOptions } from "./watch/watch.ts";
export type { OpenWatch, WatchBatches, WatchOpenRequest, WatchReconnect } from "./watch/watch-session.ts";

// The parts, to be constructed, used and tested alone.

export { Backoff } from "./base/backoff.ts";
export type { ApiCall, PatchType, Query, Verb } from "./client/api-call.ts";
export type { Merge } from "./delta-fifo/coalesce.ts";
export type { BookmarkDelta, Delta, ReplacedDelta, SyncDelta } from "./delta-fifo/delta.ts";
export { DeltaFIFO, type DeltaFIFOOptions, type QueueEntry } from "./delta-fifo/delta-fifo.ts";
export type { ListPart, ListRequest, ListWatch, WatchRequest } from "./reflector/list-watch.ts";
export type {
  ListReason,
  ProgressListener,
  ReflectorProgress,
  ReflectorStep,
} from "./reflector/progress.ts";
export { Reflector, type ReflectorOptions } from "./reflector/reflector.ts";
export type { ReflectorTarget } from "./reflector/target.ts";
export { compareResourceVersions } from "./resource/resource-version.ts";
export {
  type BookmarkRecord,
  type ChangeRecord,
  type ChangeType,
  type ErrorRecord,
  type ObjectRecord,
  ParsedChange,
  ParsedRecord,
  type SkippedRecord,
  type WatchRecord,
} from "./resource/watch-event.ts";
export { type IndexEntry, type IndexErrorListener, Indexer } from "./store/indexer.ts";
export { Lister } from "./store/lister.ts";
export { Store, type StoreOptions } from "./store/store.ts";
export type { ClusterTransportOptions } from "./transport/cluster-transport.ts";
export type { Interceptor, Transport, TransportRequest, TransportResponse } from "./transport/port.ts";
export type { WatchSessionOptions } from "./watch/watch-session.ts";

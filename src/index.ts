// What most users need.

export { ApiError, type StatusCause, type StatusDetails } from "./base/api-error.ts";
export type { BackoffOptions } from "./base/backoff.ts";
export { Backoff } from "./base/backoff.ts";
export { KubeError, type KubeErrorCode } from "./base/errors.ts";
export { Cluster } from "./cluster/cluster.ts";
export type { ConnectOptions } from "./cluster/connection.ts";
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
export type { Delta } from "./delta-fifo/delta.ts";
export { DeltaFIFO, type DeltaFIFOOptions } from "./delta-fifo/delta-fifo.ts";
export type {
  AddedContext,
  DeletedContext,
  EventHandlers,
  ListenerHandlers,
  ModifiedContext,
} from "./informer/handlers.ts";
export type { HealthState, InformerHealth, ListenerHealth } from "./informer/health.ts";
export { Informer, type InformerEvents, type StopOptions, type SyncedOptions } from "./informer/informer.ts";
export type {
  Delivery,
  HandlerRetry,
  InformerOptions,
  ListenOptions,
  Overflow,
} from "./informer/informer-options.ts";
export { Listener } from "./informer/listener.ts";
export type { Transform } from "./informer/prepare.ts";
export type { ListPart, ListRequest, ListWatch, WatchRequest } from "./reflector/list-watch.ts";
export type { ListReason, ProgressListener, ReflectorProgress } from "./reflector/progress.ts";
export { Reflector, type ReflectorOptions } from "./reflector/reflector.ts";
export type { ReflectorTarget } from "./reflector/target.ts";
export { defineKind, type Kind, type KindDefinition, type ObjectOf, type Scope } from "./resource/kind.ts";
export type { LabelCondition, LabelRequirement, LabelSelector } from "./resource/label-selector.ts";
export type { KubeList, KubeObject, ListMeta, ObjectMeta, OwnerReference } from "./resource/object.ts";
export type { Status } from "./resource/status.ts";
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
export type { IndexFunction, IndexFunctions } from "./store/indexer.ts";
export { Indexer } from "./store/indexer.ts";
export { Lister } from "./store/lister.ts";
export { Store, type StoreOptions, type StoreSelector } from "./store/store.ts";
// The parts, to be constructed, used and tested alone.
export type { Interceptor, Transport, TransportRequest, TransportResponse } from "./transport/port.ts";
export { Watch, type WatchEvent, type WatchHandlers, type WatchOptions } from "./watch/watch.ts";

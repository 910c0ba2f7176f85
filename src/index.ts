// What most users need.

export { ApiError, type ApiErrorInit, type StatusCause, type StatusDetails } from "./base/api-error.ts";
export type { BackoffOptions } from "./base/backoff.ts";
export { KubeError, type KubeErrorCode, type KubeErrorOptions } from "./base/errors.ts";
export type { CallOptions } from "./client/client.ts";
export type { KindName } from "./client/discovery.ts";
export type { HealthCheck, ServerHealth } from "./client/health.ts";
export type { RawAnswer, RawOptions } from "./client/raw-call.ts";
export { type RetryOnConflictOptions, retryOnConflict } from "./client/retry-on-conflict.ts";
export type { ServerVersion } from "./client/version.ts";
export { type ApiWarning, uniqueWarnings, type WarningListener } from "./client/warnings.ts";
export { Cluster, type ClusterEvents } from "./cluster/cluster.ts";
export type { ConnectOptions } from "./cluster/connection.ts";
export type { Mutate } from "./cluster/edit.ts";
export { Followed } from "./cluster/followed.ts";
export type {
  ApplyOptions,
  DeleteAllOptions,
  DeleteOptions,
  EditOptions,
  GetOptions,
  HandleInformerOptions,
  HandleWatchOptions,
  JsonPatchOperation,
  ListOptions,
  Patch,
  WriteOptions,
} from "./cluster/handle-options.ts";
export type { ListWatchOptions } from "./cluster/list-watch.ts";
export { ObjectHandle } from "./cluster/object-handle.ts";
export { ResourceHandle } from "./cluster/resource-handle.ts";
export type { Scale } from "./cluster/scale.ts";
export type { Selection } from "./cluster/selection.ts";
export { SubresourceHandle } from "./cluster/subresource-handle.ts";
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
export type { ApplyManifestsOptions } from "./manifests/apply-manifests.ts";
export {
  type ApplyEntry,
  ApplyError,
  type ApplyOutcome,
  type ApplyReport,
} from "./manifests/apply-report.ts";
export type { FieldPath } from "./resource/field-path.ts";
export { defineKind, type Kind, type KindDefinition, type ObjectOf, type Scope } from "./resource/kind.ts";
export type { LabelCondition, LabelRequirement, LabelSelector } from "./resource/label-selector.ts";
export type {
  Applied,
  DynamicObject,
  KubeList,
  KubeObject,
  ListMeta,
  ManagedFieldsEntry,
  ObjectMeta,
  OwnerReference,
  PartialFields,
  PartialObjectMetadata,
} from "./resource/object.ts";
export type { Status } from "./resource/status.ts";
export type { IndexFunction, IndexFunctions, IndexName } from "./store/indexer.ts";
export type { StoreSelector } from "./store/store.ts";
export { CommandError, type CommandResult } from "./streams/command-error.ts";
export type { AttachOptions, ExecOptions, StdinSource, TerminalSize } from "./streams/exec-options.ts";
export type { ExitStatus } from "./streams/exit-status.ts";
export type { LocalListener, LocalListenOptions } from "./streams/local-listener.ts";
export type { LogOptions } from "./streams/log-options.ts";
export { LogStream } from "./streams/log-stream.ts";
export type { PortForward, PortForwardOptions } from "./streams/port-forward.ts";
export type { ProxyOptions } from "./streams/proxy.ts";
export type { RemoteProcess } from "./streams/remote-process.ts";
export type { RunOptions } from "./streams/run.ts";
export type { RateLimitOptions } from "./transport/rate-limit.ts";
export type { RetryOptions } from "./transport/retry.ts";
export { Watch, type WatchEvent, type WatchHandlers, type WatchOptions } from "./watch/watch.ts";
export type { OpenWatch, WatchBatches, WatchOpenRequest, WatchReconnect } from "./watch/watch-session.ts";

// The parts, to be constructed, used and tested alone.

export { Backoff } from "./base/backoff.ts";
export {
  type AttemptRecord,
  attemptChannel,
  type LookupRecord,
  lookupChannel,
  type RequestRecord,
  requestChannel,
} from "./base/request-telemetry.ts";
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
export type {
  CallClock,
  Interceptor,
  Transport,
  TransportRequest,
  TransportResponse,
} from "./transport/port.ts";
export type { WatchSessionOptions } from "./watch/watch-session.ts";

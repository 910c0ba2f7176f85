// What most users need.

export { ApiError, type ApiErrorInit, type StatusCause, type StatusDetails } from "./base/api-error.ts";
export type { BackoffOptions } from "./base/backoff.ts";
export { KubeError, type KubeErrorCode, type KubeErrorOptions } from "./base/errors.ts";
export type { Logger } from "./base/logger.ts";
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
  CollectionPort,
  ControllerCluster,
  ObjectPort,
  ObjectStore,
  PortApplyOptions,
  PortCallOptions,
  PortDeleteOptions,
  PortPatch,
  PortWriteOptions,
  ReconcileScope,
  StatusPort,
} from "./controller/cluster-port.ts";
export {
  type AnyCondition,
  type Condition,
  type ConditionStatus,
  findCondition,
  isConditionFalse,
  isConditionTrue,
  type NewCondition,
  removeCondition,
  setCondition,
} from "./controller/conditions.ts";
export type { ControllerBuilder, ControllerBuilderOptions } from "./controller/controller-builder.ts";
export type {
  ControllerHealth,
  ControllerState,
  RunningReconcile,
  SourceReport,
} from "./controller/controller-health.ts";
export type { ControllerTimeouts } from "./controller/controller-options.ts";
export {
  type ControllingOwner,
  type CreateOrApplyOptions,
  type CreateOrUpdateOptions,
  createOrApply,
  createOrUpdate,
  type MutateOrMake,
  type WriteOutcome,
  type Written,
} from "./controller/create-or-apply.ts";
export type { FailingKey } from "./controller/failing-keys.ts";
export type { CleanupRequest, Finalizer } from "./controller/finalizer.ts";
export type { KeyReference, Mapped } from "./controller/mapping.ts";
export {
  controllerOf,
  isControlledBy,
  type NewOwnerReference,
  type Owned,
  type OwnerReferenceOptions,
  ownerReference,
  removeOwnerReference,
  setControllerReference,
  setOwnerReference,
} from "./controller/owner-reference.ts";
export type { Predicate, SourceEvent } from "./controller/predicate.ts";
export * as predicates from "./controller/predicates.ts";
export {
  type ReconcileRequest,
  type ReconcileResult,
  type Reconciler,
  TerminalError,
  terminal,
  type WakeReason,
} from "./controller/reconcile.ts";
export type { ReconcileReport } from "./controller/reconciles.ts";
export type { ThreadLimits, ThreadsMaker, ThreadsReport, WorkersOptions } from "./controller/threads.ts";
export * as waitConditions from "./controller/wait-conditions.ts";
export {
  type WaitCondition,
  type WaitGuard,
  type WaitHandle,
  type WaitInformer,
  type WaitOptions,
  waitFor,
} from "./controller/wait-for.ts";
export type {
  DefinitionLike,
  DeploymentLike,
  IngressLike,
  JobLike,
  LoadBalancer,
  PodLike,
  ServiceLike,
} from "./controller/waited-kinds.ts";
export type {
  OwnsMetadataOptions,
  OwnsOptions,
  WatchesMetadataOptions,
  WatchesOptions,
} from "./controller/watches-options.ts";
export type { EventObject } from "./events/event-object.ts";
export type { EventCallOptions, EventPort, EventsOfNamespace } from "./events/event-port.ts";
export {
  EventRecorder,
  type EventRecorderHealth,
  type EventRecorderOptions,
} from "./events/event-recorder.ts";
export type { EventReport } from "./events/event-report.ts";
export type {
  EventSubject,
  ObjectOfKind,
  ObjectReference,
} from "./events/object-reference.ts";
export { dropFields, type FieldDrop } from "./informer/drop-fields.ts";
export type {
  AddedContext,
  ChangedContext,
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
export type { LeaderElectorEvents } from "./leader-election/announcer.ts";
export type { ElectionClock } from "./leader-election/election-clock.ts";
export {
  type CheckOptions,
  type Lead,
  type LeaderElectionHealth,
  LeaderElector,
} from "./leader-election/leader-elector.ts";
export type { LeaderElectorOptions } from "./leader-election/leader-elector-options.ts";
export type { LeaseObject } from "./leader-election/lease.ts";
export type { LeaseCallOptions, LeasePort } from "./leader-election/lease-port.ts";
export type { Elector } from "./manager/election.ts";
export type { MetricsRegistry } from "./manager/endpoints.ts";
export type { ManagerHealth, ManagerState } from "./manager/health.ts";
export type { ListenAddress, ListenOptions as ListenAt } from "./manager/http-endpoint.ts";
export { Manager, type ManagerOptions } from "./manager/manager.ts";
export type { RunContext, Runnable, RunnableHealth } from "./manager/runnable.ts";
export type { RunnableReport, RunState } from "./manager/running.ts";
export type { ManagerAddress, MetricsOptions, ServersOptions } from "./manager/servers.ts";
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
export { labelIndex, type MetadataIndexFunction, metadataIndex } from "./store/metadata-index.ts";
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
export { type InformerRecord, informerChannel } from "./base/informer-telemetry.ts";
export { type LeaderElectionRecord, leaderElectionChannel } from "./base/leader-election-telemetry.ts";
export { type ReconcileOutcome, type ReconcileRecord, reconcileChannel } from "./base/reconcile-telemetry.ts";
export {
  type AttemptRecord,
  attemptChannel,
  type LookupRecord,
  lookupChannel,
  type RequestRecord,
  requestChannel,
} from "./base/request-telemetry.ts";
export { type Span, spanChannel } from "./base/span.ts";
export { type WorkQueueRecord, workQueueChannel } from "./base/work-queue-telemetry.ts";
export type { ObjectReader, ObjectReaderOptions } from "./bytes/object-reader.ts";
export type { Segment } from "./bytes/segment.ts";
export type { SegmentPool } from "./bytes/segment-pool.ts";
export type { ApiCall, PatchType, Query, Verb } from "./client/api-call.ts";
export { Controller, type ControllerEvents } from "./controller/controller.ts";
export type { ControllerOptions } from "./controller/controller-options.ts";
export type { ControllerContext } from "./controller/controller-run.ts";
export { withFinalizers } from "./controller/finalizer.ts";
export type { ControllerHost, FollowedCollection, FollowOptions } from "./controller/host.ts";
export type { Leadership } from "./controller/leadership.ts";
export { type ForOwnerOptions, forObject, forOwner, fromMap, type KeysOf } from "./controller/mapping.ts";
export type {
  IterableSource,
  ObjectSource,
  SourceListener,
  Wake,
  WatchedSource,
} from "./controller/source.ts";
export type { AnySource } from "./controller/sources.ts";
export type { ReconcileThreads, ThreadsPlan, ThreadsPorts } from "./controller/threads.ts";
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
export {
  SharedReader,
  type SharedReaderOptions,
  type SharedStoreHandle,
} from "./shared-store/shared-reader.ts";
export type { SharedSnapshot } from "./shared-store/shared-snapshot.ts";
export type { SharedSource } from "./shared-store/shared-source.ts";
export { SharedStore, type SharedStoreOptions, type SharedStoreStats } from "./shared-store/shared-store.ts";
export { ByteRecords } from "./store/byte-records.ts";
export { type IndexEntry, type IndexErrorListener, Indexer } from "./store/indexer.ts";
export { Lister } from "./store/lister.ts";
export { type DeletedObject, MutationCache, type MutationCacheOptions } from "./store/mutation-cache.ts";
export { ObjectRecords } from "./store/object-records.ts";
export type { Records, StagedRecords } from "./store/records.ts";
export { type StagedState, Store, type StoreObserver, type StoreOptions } from "./store/store.ts";
export type { WaitableStore, WaitForOptions } from "./store/wait-for-state.ts";
export type { ClusterTransportOptions } from "./transport/cluster-transport.ts";
export type {
  CallClock,
  Interceptor,
  Transport,
  TransportRequest,
  TransportResponse,
} from "./transport/port.ts";
export type { WatchSessionOptions } from "./watch/watch-session.ts";
export { defaultRateLimiter } from "./work-queue/default-rate-limiter.ts";
export {
  ExponentialRateLimiter,
  type ExponentialRateLimiterOptions,
} from "./work-queue/exponential-rate-limiter.ts";
export { FastSlowRateLimiter, type FastSlowRateLimiterOptions } from "./work-queue/fast-slow-rate-limiter.ts";
export { MaxOfRateLimiter } from "./work-queue/max-of-rate-limiter.ts";
export { MaxWaitRateLimiter } from "./work-queue/max-wait-rate-limiter.ts";
export type { RateLimiter } from "./work-queue/rate-limiter.ts";
export {
  TokenBucketRateLimiter,
  type TokenBucketRateLimiterOptions,
} from "./work-queue/token-bucket-rate-limiter.ts";
export type { WorkItem } from "./work-queue/work-item.ts";
export {
  type AddOptions,
  type PriorityOptions,
  WorkQueue,
  type WorkQueueOptions,
} from "./work-queue/work-queue.ts";
export type { Worker, WorkOptions } from "./work-queue/workers.ts";

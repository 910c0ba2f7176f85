import type { V1CronJob, V1Job } from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { WireObject } from "./wire.ts";

/** Pods that run to their end. */
export interface Job extends WireObject<V1Job> {}

/** `jobs` of `batch/v1`. */
export const Job: Kind<Job, "status"> = /* @__PURE__ */ defineKind<Job>()({
  group: "batch",
  version: "v1",
  kind: "Job",
  plural: "jobs",
  scope: "Namespaced",
  categories: ["all"],
  subresources: ["status"],
});

/** Jobs by a schedule. */
export interface CronJob extends WireObject<V1CronJob> {}

/** `cronjobs` of `batch/v1`. */
export const CronJob: Kind<CronJob, "status"> = /* @__PURE__ */ defineKind<CronJob>()({
  group: "batch",
  version: "v1",
  kind: "CronJob",
  plural: "cronjobs",
  scope: "Namespaced",
  shortNames: ["cj"],
  categories: ["all"],
  subresources: ["status"],
});

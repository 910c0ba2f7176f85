import {
  expectBoolean,
  expectDuration,
  expectOptions,
  expectSignal,
  expectText,
  invalidArgument,
} from "../base/arguments.ts";
import type { KubeError } from "../base/errors.ts";
import { Deadline } from "../client/deadline.ts";
import { isDnsLabel } from "../resource/dns-name.ts";
import type { KubeObject } from "../resource/object.ts";
import type { ApplyPort } from "./apply-port.ts";
import { ApplyError, type ApplyReport } from "./apply-report.ts";
import { ApplyRun } from "./apply-run.ts";
import { manifestsOf, parseManifests } from "./parse-manifests.ts";

/** What {@link applyManifests} takes. */
export interface ApplyManifestsOptions {
  /** The name under which managedFields remember who set what. */
  readonly fieldManager?: string | undefined;
  /** Take over fields that others manage, instead of failing with 409. @default false */
  readonly force?: boolean | undefined;
  /** Have the server check everything and change nothing. @default false */
  readonly dryRun?: boolean | undefined;
  /** The namespace of objects that live in one and name none. @default none: such an object is an error */
  readonly namespace?: string | undefined;
  /** Ends it with `ABORTED`: what was applied stays, the error has the report. */
  readonly signal?: AbortSignal | undefined;
  /** Ends it with `TIMEOUT`, in the same way. @default none */
  readonly timeoutMs?: number | undefined;
  /** How long a definition may take until its kind is served. @default 30_000 */
  readonly definitionTimeoutMs?: number | undefined;
  /** What errors call the manifests: their file. @default "manifests" */
  readonly name?: string | undefined;
}

const longestManagerName = 128;

function checkOptions(options: ApplyManifestsOptions): void {
  expectOptions("options", options);
  const { fieldManager, force, dryRun, namespace, signal, timeoutMs, definitionTimeoutMs, name } = options;
  expectText("name", name);
  expectBoolean("force", force);
  expectBoolean("dryRun", dryRun);
  expectSignal("signal", signal);
  expectDuration("timeoutMs", timeoutMs);
  expectDuration("definitionTimeoutMs", definitionTimeoutMs);
  expectText("fieldManager", fieldManager);
  if (fieldManager === "" || (fieldManager?.length ?? 0) > longestManagerName) {
    throw invalidArgument("fieldManager", `a name of 1 to ${longestManagerName} characters`, fieldManager);
  }
  if (namespace !== undefined && (typeof namespace !== "string" || !isDnsLabel(namespace))) {
    throw invalidArgument("namespace", "the name of a namespace", namespace);
  }
}

/**
 * Apply every object of a manifest, in the order in which they need each other.
 *
 * Everything is read and checked before the first request, and where each
 * object goes before the first one is changed: `INVALID_ARGUMENT` means that
 * nothing was. Namespaces and definitions come first; a custom resource waits
 * until its kind is served. An object that is refused stops no other, save what
 * needs it: that is skipped. Resolves to a report of all, in the order given;
 * if one failed, rejects with an {@link ApplyError} that carries the report.
 */
export async function applyManifests(
  port: ApplyPort,
  input: string | readonly KubeObject[],
  options: ApplyManifestsOptions = {},
): Promise<ApplyReport> {
  checkOptions(options);
  const { name = "manifests" } = options;
  if (typeof input !== "string" && !Array.isArray(input)) {
    throw invalidArgument("manifests", "a text, or an array of objects", input);
  }
  const step = `apply ${name}`;
  const manifests =
    typeof input === "string" ? await parseManifests(input, { name }) : manifestsOf(input, { name });
  const deadline = new Deadline(step, options);
  const run = new ApplyRun(port, manifests, { ...options, step, signal: deadline.signal });
  try {
    let interruption: KubeError | undefined;
    await run.locate();
    try {
      await run.applyAll();
    } catch (error) {
      if (deadline.signal?.aborted !== true) throw error;
      interruption = deadline.explain(error, step);
    }
    const report = run.report();
    const isRefused = report.some(({ outcome }) => outcome === "failed");
    if (isRefused || interruption !== undefined) throw new ApplyError(name, report, interruption);
    return report;
  } catch (error) {
    if (ApplyError.is(error)) throw error;
    throw deadline.explain(error, step);
  } finally {
    deadline.release();
  }
}

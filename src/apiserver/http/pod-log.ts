import { fieldValue } from "../../resource/field-selector.ts";
import type { TransportResponse } from "../../transport/port.ts";
import type { Kubelet } from "../kubelet/kubelet.ts";
import { type FieldError, forbiddenValue, invalid, invalidValue } from "./field-error.ts";
import { integer } from "./list-query.ts";
import { containerOf, noKubelet, podAt } from "./pod-containers.ts";
import { isTrue } from "./request-info.ts";
import type { PodRoute } from "./route.ts";
import { badRequest } from "./status-error.ts";
import { WatchBody } from "./watch-body.ts";

/** When `sinceTime` is; 400 for what is no time. */
function timeOf(params: URLSearchParams): number | undefined {
  const text = params.get("sinceTime");
  if (text === null || text === "") return undefined;
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  const shown = JSON.stringify(text);
  throw badRequest(`parsing time ${shown} as "2006-01-02T15:04:05Z07:00": cannot parse ${shown} as "2006"`);
}

interface LogOptions {
  readonly container: string;
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
  readonly sinceMs: number | undefined;
}

function logOptions(name: string, params: URLSearchParams): LogOptions {
  const [tailLines, limitBytes] = [integer(params, "tailLines"), integer(params, "limitBytes")];
  const sinceSeconds = integer(params, "sinceSeconds");
  const sinceTime = timeOf(params);
  const errors: FieldError[] = [];
  const positive = "must be greater than 0";
  if (tailLines !== undefined && tailLines < 0) {
    errors.push(invalidValue("tailLines", tailLines, "must be greater than or equal to 0"));
  }
  if (limitBytes !== undefined && limitBytes < 1) {
    errors.push(invalidValue("limitBytes", limitBytes, positive));
  }
  if (sinceSeconds !== undefined && sinceTime !== undefined) {
    errors.push(forbiddenValue("[]", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    errors.push(invalidValue("sinceSeconds", sinceSeconds, positive));
  }
  if ((params.get("stream") ?? "") !== "") errors.push(forbiddenValue("stream", "may not be specified"));
  if (errors.length > 0) throw invalid({ group: "", kind: "PodLogOptions" }, name, errors);
  return {
    container: params.get("container") ?? "",
    follow: isTrue(params.get("follow")),
    previous: isTrue(params.get("previous")),
    timestamps: isTrue(params.get("timestamps")),
    tailLines,
    limitBytes,
    sinceMs: sinceSeconds === undefined ? sinceTime : Date.now() - sinceSeconds * 1000,
  };
}

async function* nothing(): AsyncGenerator<Uint8Array, void, void> {}

/**
 * Answer with the log of a container as the test has set it.
 *
 * Where it has not, as a kube-apiserver without kubelets does: 204 for a pod
 * that is on no node, else an error of the connection that it tries.
 */
export function logAnswer(
  { resource, namespace, name }: PodRoute,
  params: URLSearchParams,
  kubelet: Kubelet,
  signal: AbortSignal | undefined,
): TransportResponse {
  const { container: asked, previous, ...query } = logOptions(name, params);
  const pod = podAt(resource, namespace, name);
  const container = containerOf(pod, asked);
  const phase = fieldValue(pod, "status.phase");
  const isOver = phase === "Succeeded" || phase === "Failed";
  const target = { namespace, name, container, previous };
  const log = kubelet.logs.open(target, { ...query, follow: query.follow && !isOver });
  if (log !== undefined) {
    log.cutOn(signal);
    const headers = { "cache-control": "no-cache, private", "content-type": "text/plain" };
    return { status: 200, headers, body: new WatchBody(log, signal) };
  }
  if (kubelet.logs.has(namespace, name)) {
    throw badRequest(
      previous
        ? `previous terminated container "${container}" in pod "${name}" not found`
        : `container "${container}" in pod "${name}" is waiting to start: ContainerCreating`,
    );
  }
  const refusal = noKubelet(resource, pod);
  if (refusal !== undefined) throw refusal;
  return { status: 204, headers: { "cache-control": "no-cache, private" }, body: nothing() };
}

import type { WebSocket } from "ws";
import type { TransportResponse } from "../../transport/port.ts";
import type { Kubelet } from "../kubelet/kubelet.ts";
import { forwardPorts } from "../kubelet/port-forward-session.ts";
import { type ProcessOptions, runProcess } from "../kubelet/process-session.ts";
import { acceptWebSocket } from "../kubelet/web-socket.ts";
import type { StoredObject } from "../storage/port.ts";
import { containerOf, noKubelet, podAt } from "./pod-containers.ts";
import { isTrue } from "./request-info.ts";
import type { PodRoute } from "./route.ts";
import { badRequest, notOffered } from "./status-error.ts";

/** What a request for a connection to a pod carries. */
export interface PodStreamRequest {
  readonly route: PodRoute;
  readonly params: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  /** The connection itself is asked for, as a WebSocket. */
  readonly isUpgrade: boolean;
  readonly signal: AbortSignal | undefined;
}

const processProtocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const forwardProtocols = ["v4.channel.k8s.io"];

/** What a kube-apiserver says of a pod whose kubelet it cannot reach. */
function unreachable({ resource, name }: PodRoute, pod: StoredObject): Error {
  return noKubelet(resource, pod) ?? badRequest(`pod ${name} does not have a host assigned`);
}

/** Refuse what is no handshake of a WebSocket. */
function checkHandshake({ headers, isUpgrade }: PodStreamRequest): void {
  const upgrade = (headers.upgrade ?? "").toLowerCase();
  if (upgrade.startsWith("spdy/")) throw notOffered("SPDY; connect by WebSocket");
  if (!isUpgrade) throw badRequest("Upgrade request required");
  const isKey = /^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? "");
  if (isKey && headers["sec-websocket-version"] === "13") return;
  throw badRequest("websocket: not a websocket handshake of version 13 with a 'Sec-WebSocket-Key'");
}

async function* nothing(): AsyncGenerator<Uint8Array, void, void> {}

/** Open a session over a WebSocket; it ends with the request's signal, or with the server. */
async function connected(
  request: PodStreamRequest,
  kubelet: Kubelet,
  spoken: readonly string[],
  serve: (socket: WebSocket, signal: AbortSignal) => Promise<void>,
): Promise<TransportResponse> {
  checkHandshake(request);
  const asked = (request.headers["sec-websocket-protocol"] ?? "").split(",");
  const protocol = asked.map((text) => text.trim()).find((text) => spoken.includes(text));
  // So answer servers that know WebSockets, but none of the protocols: without a Status.
  if (protocol === undefined) return { status: 403, headers: { "content-length": "0" }, body: nothing() };
  const { signal, end } = kubelet.session(request.signal);
  return acceptWebSocket(request.headers, protocol, (socket) => {
    serve(socket, signal).finally(end);
  });
}

function processOptions(
  { namespace, name }: PodRoute,
  params: URLSearchParams,
  container: string,
): ProcessOptions {
  const asks = (stream: string): boolean => isTrue(params.get(stream));
  const tty = asks("tty");
  const streams = { stdin: asks("stdin"), stdout: asks("stdout"), stderr: asks("stderr") && !tty };
  if (!streams.stdin && !streams.stdout && !streams.stderr) {
    throw badRequest("you must specify at least 1 of stdin, stdout, stderr");
  }
  return { namespace, name, container, command: params.getAll("command"), tty, ...streams };
}

/** The ports of the query string, as Go reads them: 16 bits each, several separated by commas or repeated. */
function portsOf(params: URLSearchParams): number[] {
  return params
    .getAll("ports")
    .flatMap((text) => text.split(","))
    .map((text) => {
      const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      if (port < 65_536) return port;
      const why = Number.isNaN(port) ? "invalid syntax" : "value out of range";
      const shown = JSON.stringify(text);
      throw badRequest(`cannot convert to []int32: strconv.ParseUint: parsing ${shown}: ${why}`);
    });
}

async function process(request: PodStreamRequest, kubelet: Kubelet): Promise<TransportResponse> {
  const { route, params } = request;
  const pod = podAt(route.resource, route.namespace, route.name);
  const container = containerOf(pod, params.get("container") ?? "");
  const handler = route.subresource === "exec" ? kubelet.exec : kubelet.attach;
  if (handler === undefined) throw unreachable(route, pod);
  const options = processOptions(route, params, container);
  return connected(request, kubelet, processProtocols, (socket, signal) =>
    runProcess(socket, options, handler, signal),
  );
}

async function portForward(request: PodStreamRequest, kubelet: Kubelet): Promise<TransportResponse> {
  const { route, params } = request;
  const { namespace, name } = route;
  const ports = portsOf(params);
  const pod = podAt(route.resource, namespace, name);
  const handler = kubelet.portForward;
  if (handler === undefined) throw unreachable(route, pod);
  if (ports.length === 0) throw badRequest('query parameter "ports" is required');
  const options = { namespace, name, uid: pod.metadata.uid ?? "", ports };
  return connected(request, kubelet, forwardProtocols, (socket, signal) =>
    forwardPorts(socket, options, handler, signal),
  );
}

/**
 * Connect a client to a pod: `exec`, `attach` or `portforward`, as the test plays it.
 *
 * Where it plays nothing, the answer is that of a kube-apiserver without kubelets.
 */
export function streamAnswer(request: PodStreamRequest, kubelet: Kubelet): Promise<TransportResponse> {
  return request.route.subresource === "portforward"
    ? portForward(request, kubelet)
    : process(request, kubelet);
}

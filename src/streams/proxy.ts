import { expectOptions, invalidArgument } from "../base/arguments.ts";
import { buildRequest } from "../client/call.ts";
import type { Client } from "../client/client.ts";
import { checkPath, type RawAnswer, type RawOptions, type RawStream } from "../client/raw-call.ts";
import { pathSegment, resourcePath } from "../resource/path.ts";
import { describeAddress, expectSubresource, type PodAddress } from "./pod-address.ts";

/** What `proxy` takes: where in the pod, service or node, and how. */
export interface ProxyOptions extends RawOptions {
  /** A number, or a service's port by name. @default the first port of a pod or service */
  readonly port?: number | string | undefined;
  /** @default "http", except for nodes */
  readonly scheme?: "http" | "https" | undefined;
}

const portName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

function portText(port: unknown): string {
  if (port === undefined) return "";
  const isNumber = Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 0xffff;
  if (isNumber || (typeof port === "string" && port.length <= 63 && portName.test(port))) return String(port);
  throw invalidArgument("port", "a whole number from 1 to 65535, or the name of a port", port);
}

/**
 * The path that leads through the API server's proxy to a path of a pod, a service or a node.
 *
 * `path` is what a URL has after the host, escaped and with its query where it has one.
 * Throws `INVALID_ARGUMENT` for one that could lead elsewhere, such as out of the proxy by `..`.
 */
export function proxyPath(address: PodAddress, path: string, options: ProxyOptions = {}): string {
  expectOptions("options", options);
  const { kind, namespace, name = "" } = address;
  const step = `proxy to ${describeAddress(address)}`;
  expectSubresource(kind, "proxy", step);
  // Checks name and namespace as it does for every call.
  buildRequest({ verb: "get", kind, namespace, name, subresource: "proxy" });
  if (name.includes(":"))
    throw invalidArgument("name", "without `:`, which would be a scheme or a port", name);
  const { scheme } = options;
  if (scheme !== undefined && scheme !== "http" && scheme !== "https") {
    throw invalidArgument("scheme", '"http" or "https"', scheme);
  }
  const port = portText(options.port);
  const target = pathSegment("name", name);
  const segment =
    scheme !== undefined ? `${scheme}:${target}:${port}` : port === "" ? target : `${target}:${port}`;
  return `${resourcePath(kind, { namespace })}/${segment}/proxy${checkPath(path)}`;
}

function rawOptions(options: ProxyOptions): RawOptions {
  const { port: _port, scheme: _scheme, ...raw } = options;
  // What answers is a program's own: JSON is no more likely than anything else.
  return { accept: "*/*", ...raw };
}

/**
 * Send a request to a pod, a service or a node through the API server, and read its whole answer.
 *
 * An answer other than 2xx is thrown as `ApiError`, whoever gave it: the program,
 * or the API server where it could not reach it (503). `okStatuses` allows more.
 */
export async function proxy(
  client: Pick<Client, "raw">,
  address: PodAddress,
  path: string,
  options: ProxyOptions = {},
): Promise<RawAnswer> {
  return client.raw(proxyPath(address, path, options), rawOptions(options));
}

/** The same, with the answer's bytes as they arrive; leaving the loop closes the connection. */
export async function proxyStream(
  client: Pick<Client, "rawStream">,
  address: PodAddress,
  path: string,
  options: ProxyOptions = {},
): Promise<RawStream> {
  return client.rawStream(proxyPath(address, path, options), rawOptions(options));
}

/** Names and addresses of this machine. */
const loopback = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;

/** The API server as pods of its cluster name it. */
const service = /^kubernetes(\.default(\.svc(\..+)?)?)?$/;

/**
 * Tell whether a server is on this machine, or in the cluster that this process is a pod of.
 *
 * Between those, compressing takes longer than sending what it saves.
 */
export function isNear(
  server: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  const { hostname } = new URL(server);
  const own = env.KUBERNETES_SERVICE_HOST ?? "";
  if (own !== "" && (hostname === own || hostname === `[${own}]` || service.test(hostname))) return true;
  return loopback.test(hostname);
}

/// <reference path="./undici-modules.d.ts" />
import type { Client, Dispatcher } from "undici";
import connect from "undici/lib/api/api-connect.js";
import Pool from "undici/lib/dispatcher/pool.js";
import ProxyAgent from "undici/lib/dispatcher/proxy-agent.js";
import { keepAliveInitialDelay } from "./connector.ts";

/** Make a dispatcher whose connections go through a proxy: by CONNECT, by SOCKS, or forwarded. */
export function proxyDispatcher(
  uri: string,
  options: Client.Options,
  tls: Readonly<Record<string, unknown>>,
): Dispatcher {
  // For SOCKS the mere presence of these would mean TLS to the proxy.
  const toProxy = uri.startsWith("socks") ? {} : { proxyTls: { allowH2: false, keepAliveInitialDelay } };
  return new ProxyAgent({
    ...options,
    ...toProxy,
    uri,
    requestTls: { ...tls, keepAliveInitialDelay },
    // undici's index gives all its dispatchers this method; without it only the one that tunnels needs it.
    clientFactory: (origin, poolOptions) => Object.assign(new Pool(origin, poolOptions), { connect }),
  });
}

import { BlockList, isIP } from "node:net";
import { checkedProxy } from "./cluster-config.ts";
import type { Environment } from "./in-cluster.ts";

function variable(env: Environment, name: string): string {
  return env[name] || env[name.toLowerCase()] || "";
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function family(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

function isInNetwork(host: string, network: string): boolean {
  const [address = "", bits = ""] = network.split("/");
  if (isIP(host) === 0 || isIP(address) === 0 || isIP(host) !== isIP(address)) return false;
  if (!/^\d+$/.test(bits) || Number(bits) > (isIP(address) === 6 ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family(address));
  return list.check(host, family(host));
}

/** Tell whether NO_PROXY exempts a host: `*`, names and their subdomains, addresses, networks, each with a port or not. */
function isExempt(host: string, port: string, noProxy: string): boolean {
  for (const item of noProxy.toLowerCase().split(/[\s,]+/)) {
    if (item === "") continue;
    if (item === "*") return true;
    if (item.includes("/")) {
      if (isInNetwork(host, item)) return true;
      continue;
    }
    const withPort = /^(.*):(\d+)$/.exec(isIP(item) === 6 ? "" : item);
    const name = (withPort?.[1] ?? item).replace(/^\[|\]$/g, "");
    if (withPort?.[2] !== undefined && withPort[2] !== port) continue;
    const domain = name.replace(/^\*/, "");
    if (domain.startsWith(".") ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`)) {
      return true;
    }
  }
  return false;
}

/**
 * The proxy that the environment asks for: HTTPS_PROXY or HTTP_PROXY by the server's scheme, unless NO_PROXY exempts it (P32).
 *
 * As in Go, and so in kubectl, a loopback server is never proxied.
 */
export function proxyFromEnvironment(server: string, env: Environment = process.env): string | undefined {
  const url = new URL(server);
  const name = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const proxy = variable(env, name);
  const host = url.hostname.toLowerCase().replace(/^\[|\]$/g, "");
  if (proxy === "" || isLoopback(host)) return undefined;
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  if (isExempt(host, port, variable(env, "NO_PROXY"))) return undefined;
  return checkedProxy(proxy.includes("://") ? proxy : `http://${proxy}`, `the environment's ${name}`);
}

import type { TransportResponse } from "../../transport/port.ts";
import { textAnswer, unknownPath } from "./answer.ts";

const always = ["ping", "log", "etcd"];
/** What a probe checks, by kube-apiserver's names. All of it holds for as long as this server answers. */
const checks: Readonly<Record<string, readonly string[]>> = {
  healthz: always,
  livez: always,
  readyz: [...always, "etcd-readiness", "informer-sync", "shutdown"],
};

/** Whether a path is a probe's, or one of its checks': open to everybody. */
export function isProbe([first]: readonly string[]): boolean {
  return first !== undefined && Object.hasOwn(checks, first);
}

function plain(text: string): TransportResponse {
  return textAnswer(200, "text/plain; charset=utf-8", text, { "x-content-type-options": "nosniff" });
}

/** Answer a probe: `ok`, or with `verbose` a line per check; `/livez/ping` is one of them. */
export function probeAnswer(segments: readonly string[], params: URLSearchParams): TransportResponse {
  const [probe = "", ...rest] = segments;
  const names = checks[probe] ?? [];
  if (rest.length > 0) return names.includes(rest.join("/")) ? plain("ok") : unknownPath();
  if (!params.has("verbose")) return plain("ok");
  const excluded = new Set(params.getAll("exclude"));
  const lines = names.map((name) => `[+]${name} ${excluded.has(name) ? "excluded: ok" : "ok"}`);
  const unknown = [...excluded].filter((name) => !names.includes(name)).sort();
  if (unknown.length > 0) {
    const quoted = unknown.map((name) => JSON.stringify(name)).join(",");
    lines.push(`warn: some health checks cannot be excluded: no matches for ${quoted}`);
  }
  return plain(`${lines.join("\n")}\n${probe} check passed\n`);
}

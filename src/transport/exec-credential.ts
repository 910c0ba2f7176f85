import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import { certificateEnd, keyPairProblem } from "../config/certificates.ts";
import type { ClusterConfig, ExecConfig } from "../config/cluster-config.ts";
import type { ClientCertificate, Credential } from "./credential.ts";
import { type PluginEnd, runPlugin } from "./exec-plugin.ts";
import { bearer, type Grant, RenewableCredential } from "./renewable-credential.ts";

/** A credential this close to its end is not used any more: the server's clock may be ahead. */
const expiryMarginMs = 10_000;

/** What the plugin is told in KUBERNETES_EXEC_INFO; the same fields as client-go's. */
function execInfo(exec: ExecConfig, config: ClusterConfig): object {
  const { server, tls, proxyUrl, disableCompression } = config;
  const cluster = {
    server,
    "tls-server-name": tls.serverName,
    "insecure-skip-tls-verify": tls.insecureSkipVerify || undefined,
    "certificate-authority-data": tls.ca === undefined ? undefined : Buffer.from(tls.ca).toString("base64"),
    "proxy-url": proxyUrl,
    "disable-compression": disableCompression || undefined,
    config: exec.clusterConfig ?? null,
  };
  return {
    apiVersion: exec.apiVersion,
    kind: "ExecCredential",
    // Nobody sits at a library's standard input.
    spec: { ...(exec.provideClusterInfo ? { cluster } : {}), interactive: false },
  };
}

/** Reads what a plugin printed; its errors say what is wrong without showing any of it. */
class PluginAnswer {
  readonly #exec: ExecConfig;
  readonly #step: string;

  constructor(exec: ExecConfig, step: string) {
    this.#exec = exec;
    this.#step = step;
  }

  grant(end: PluginEnd): Grant {
    if ("problem" in end) throw this.#failed(end.problem);
    const status = this.#status(end.output);
    const { token = "" } = status;
    if (typeof token !== "string") throw this.#nonsense("its token is no text");
    const certificate = this.#certificate(status);
    if (token === "" && certificate === undefined) {
      throw this.#failed("it gave neither a token nor a certificate; log in with it again");
    }
    const authorization = bearer(token);
    if (token !== "" && authorization === undefined) {
      throw this.#nonsense("its token has characters that no header can carry");
    }
    return {
      authorization,
      certificate,
      goodUntil:
        Math.min(
          this.#expiry(status.expirationTimestamp),
          certificate === undefined ? Number.POSITIVE_INFINITY : certificateEnd(certificate.cert),
        ) - expiryMarginMs,
    };
  }

  #status(output: string): Record<string, unknown> {
    let value: unknown;
    try {
      value = JSON.parse(output);
    } catch {
      // No cause: the parser's message quotes the output, which holds the token.
      throw this.#nonsense("its output is not JSON");
    }
    if (!isJsonObject(value) || value.kind !== "ExecCredential" || !isJsonObject(value.status)) {
      throw this.#nonsense("its output is no ExecCredential with a status");
    }
    if (value.apiVersion !== this.#exec.apiVersion) {
      throw this.#failed(
        `it answered for another version than ${this.#exec.apiVersion}; change \`exec.apiVersion\` to the one it knows`,
      );
    }
    return value.status;
  }

  #certificate(status: Record<string, unknown>): ClientCertificate | undefined {
    const { clientCertificateData: cert = "", clientKeyData: key = "" } = status;
    if (typeof cert !== "string" || typeof key !== "string") {
      throw this.#nonsense("its certificate or key is no text");
    }
    if (cert === "" && key === "") return undefined;
    if (cert === "" || key === "") throw this.#failed("it gave a certificate or a key, not both");
    const problem = keyPairProblem(cert, key);
    if (problem !== undefined) throw this.#failed(problem);
    return { cert, key };
  }

  #expiry(timestamp: unknown): number {
    if (timestamp === undefined || timestamp === null) return Number.POSITIVE_INFINITY;
    const expires = typeof timestamp === "string" ? Date.parse(timestamp) : Number.NaN;
    if (Number.isNaN(expires)) throw this.#nonsense("its expirationTimestamp is no time");
    return expires;
  }

  #nonsense(what: string): KubeError {
    return this.#failed(`${what}; run it by hand to see what it prints`);
  }

  #failed(why: string): KubeError {
    const { installHint } = this.#exec;
    const hint = installHint === undefined ? "" : ` (${installHint})`;
    return new KubeError("CREDENTIAL_FAILED", `${this.#step}: ${why}${hint}`);
  }
}

/**
 * A token, a client certificate, or both from a credential plugin, as kubeconfig's `exec` has it (P33).
 *
 * What it gave is used until shortly before it expires, or until the server
 * refuses it. What the plugin writes to its standard error is shown on ours, as
 * kubectl does; what it writes to its output never appears in an error.
 */
export function execCredential(exec: ExecConfig, config: ClusterConfig): Credential {
  const step = `run the credential plugin \`${exec.command}\` of ${exec.origin}`;
  const answer = new PluginAnswer(exec, step);
  const env = { ...exec.env, KUBERNETES_EXEC_INFO: JSON.stringify(execInfo(exec, config)) };
  return new RenewableCredential(step, async (signal) => {
    const { command, args } = exec;
    return answer.grant(await runPlugin({ command, args, env: { ...process.env, ...env } }, signal));
  });
}

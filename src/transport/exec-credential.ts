import { execFile } from "node:child_process";
import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import type { ClusterConfig, ExecConfig } from "../config/cluster-config.ts";
import type { Credential } from "./credential.ts";

/** A token this close to its end is not used any more: the server's clock may be ahead. */
const expiryMarginMs = 10_000;
/** How long a plugin may take; it may wait for a browser. */
const pluginTimeoutMs = 120_000;
const maxOutputBytes = 1024 * 1024;

/**
 * A bearer token from a credential plugin, as kubeconfig's `exec` has it (P33).
 *
 * One process at a time, however many requests wait for it; its token is used
 * until shortly before it expires, or until the server refuses it. What the
 * plugin writes to its standard error is shown on ours, as kubectl does; what
 * it writes to its output never appears in an error.
 */
export class ExecCredential implements Credential {
  readonly #exec: ExecConfig;
  readonly #cluster: ClusterConfig;
  #value: string | undefined;
  #goodUntil = 0;
  #running: Promise<string> | undefined;

  constructor(exec: ExecConfig, cluster: ClusterConfig) {
    this.#exec = exec;
    this.#cluster = cluster;
  }

  async authorization(): Promise<string | undefined> {
    if (this.#value !== undefined && Date.now() < this.#goodUntil) return this.#value;
    this.#running ??= this.#refresh().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async renewed(refused: string | undefined): Promise<string | undefined> {
    // Another request has noticed already.
    if (this.#value !== refused) return this.#value;
    this.#goodUntil = 0;
    return this.authorization();
  }

  async #refresh(): Promise<string> {
    const status = this.#status(await this.#run());
    const { token, expirationTimestamp } = status;
    if (typeof token !== "string" || token === "") {
      if (status.clientCertificateData !== undefined) {
        throw new KubeError(
          "UNSUPPORTED",
          `${this.#step}: it answered with a client certificate, which is not offered; use one that gives a token`,
        );
      }
      throw this.#failed("it gave no token");
    }
    const expires = typeof expirationTimestamp === "string" ? Date.parse(expirationTimestamp) : Number.NaN;
    this.#goodUntil = Number.isNaN(expires) ? Number.POSITIVE_INFINITY : expires - expiryMarginMs;
    this.#value = `Bearer ${token.trim()}`;
    return this.#value;
  }

  #status(output: string): Record<string, unknown> {
    let value: unknown;
    try {
      value = JSON.parse(output);
    } catch {
      // No cause: the parser's message quotes the output, which holds the token.
      throw this.#failed("its output is not JSON");
    }
    if (!isJsonObject(value) || value.kind !== "ExecCredential" || !isJsonObject(value.status)) {
      throw this.#failed("its output is no ExecCredential with a status");
    }
    if (value.apiVersion !== this.#exec.apiVersion) {
      throw this.#failed(`it answered for another version than ${this.#exec.apiVersion}`);
    }
    return value.status;
  }

  #run(): Promise<string> {
    const { command, args, env, installHint } = this.#exec;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const child = execFile(
      command,
      [...args],
      {
        env: { ...process.env, ...env, KUBERNETES_EXEC_INFO: JSON.stringify(this.#info()) },
        timeout: pluginTimeoutMs,
        maxBuffer: maxOutputBytes,
        windowsHide: true,
      },
      (error, output) => {
        if (error === null) return resolve(output);
        const hint = installHint === undefined ? "" : `; ${installHint}`;
        // Not the error as the cause: it carries the whole output.
        if (error.code === "ENOENT") return reject(this.#failed(`there is no such command${hint}`));
        if (error.killed) return reject(this.#failed(`it took longer than ${pluginTimeoutMs} ms`));
        reject(this.#failed(`it ended with ${error.signal ?? error.code}${hint}`));
      },
    );
    child.stderr?.pipe(process.stderr, { end: false });
    child.stdin?.end();
    return promise;
  }

  #info(): object {
    const { server, tls, proxyUrl } = this.#cluster;
    const cluster = {
      server,
      "tls-server-name": tls.serverName,
      "insecure-skip-tls-verify": tls.insecureSkipVerify,
      "certificate-authority-data": tls.ca === undefined ? undefined : Buffer.from(tls.ca).toString("base64"),
      "proxy-url": proxyUrl,
      config: null,
    };
    return {
      apiVersion: this.#exec.apiVersion,
      kind: "ExecCredential",
      // Nobody sits at a library's standard input.
      spec: { interactive: false, ...(this.#exec.provideClusterInfo ? { cluster } : {}) },
    };
  }

  get #step(): string {
    return `Run the credential plugin \`${this.#exec.command}\` of ${this.#exec.origin}`;
  }

  #failed(why: string): KubeError {
    return new KubeError("CREDENTIAL_FAILED", `${this.#step}: ${why}`);
  }
}

import type { Dispatcher } from "undici";
import type { ClusterConfig, TlsConfig } from "../config/cluster-config.ts";
import { proxyFromEnvironment } from "../config/proxy.ts";
import type { ClientCertificate } from "./credential.ts";
import { createDispatchers, type Dispatchers, type DispatchersOptions } from "./dispatchers.ts";
import { TlsFiles } from "./tls-files.ts";

/**
 * A cluster's dispatchers, made when first used, and anew when a certificate changes (H26).
 *
 * Without a proxy of its own the configuration follows HTTPS_PROXY, HTTP_PROXY
 * and NO_PROXY (P32); what undici has for proxies is loaded where there is one.
 * The old ones finish what they have and close. Streams would go on with a
 * client certificate that is not ours any more: `onCertificateChanged` ends them.
 */
export class Connections {
  readonly #config: ClusterConfig;
  readonly #files: TlsFiles;
  readonly #certificate: () => ClientCertificate | undefined;
  readonly #onCertificateChanged: () => void;
  readonly #proxyUrl: string | undefined;
  readonly #retiring = new Set<Promise<void>>();
  #options: DispatchersOptions;
  #tls: TlsConfig;
  #current: Dispatchers | undefined;

  constructor(
    config: ClusterConfig,
    certificate: () => ClientCertificate | undefined,
    onCertificateChanged: () => void,
    options: DispatchersOptions = {},
  ) {
    this.#config = config;
    this.#files = new TlsFiles(config.tls, config.origin);
    this.#certificate = certificate;
    this.#onCertificateChanged = onCertificateChanged;
    this.#options = options;
    this.#tls = config.tls;
    this.#proxyUrl = config.proxyUrl ?? proxyFromEnvironment(config.server);
  }

  /** Look at the files if it is time to; `undefined` where nothing has to be waited for. */
  check(): Promise<void> | undefined {
    const checked = this.#files.check();
    const url = this.#proxyUrl;
    if (url === undefined || this.#options.throughProxy !== undefined) return checked;
    return Promise.all([this.#loadProxy(url), checked]).then(() => {});
  }

  /** The dispatcher for a request that is sent now. */
  dispatcher(isStream: boolean): Dispatcher {
    const { requests, streams } = this.#adopted();
    return isStream ? streams : requests;
  }

  /** End everything at once; resolves when no socket is left. */
  async destroy(error: Error): Promise<void> {
    const open = this.#current?.all.map((dispatcher) => dispatcher.destroy(error)) ?? [];
    await Promise.all([...open, ...this.#retiring]);
  }

  async #loadProxy(url: string): Promise<void> {
    const { proxyDispatcher } = await import("./proxy-dispatcher.ts");
    this.#options = {
      ...this.#options,
      throughProxy: (options, tls) => proxyDispatcher(url, options, tls),
    };
  }

  #adopted(): Dispatchers {
    const tls = this.#wanted();
    const old = this.#current;
    const { ca, cert, key } = this.#tls;
    const isOtherCertificate = tls.cert !== cert || tls.key !== key;
    if (old !== undefined && tls.ca === ca && !isOtherCertificate) return old;
    this.#tls = tls;
    const current = createDispatchers(this.#config, tls, this.#options);
    this.#current = current;
    for (const dispatcher of old?.all ?? []) this.#retire(dispatcher);
    if (old !== undefined && isOtherCertificate) this.#onCertificateChanged();
    return current;
  }

  #wanted(): TlsConfig {
    const tls = this.#files.current;
    // As in client-go, a certificate that the configuration has comes before a plugin's.
    if (tls.cert !== undefined) return tls;
    const { cert, key } = this.#certificate() ?? {};
    return cert === undefined ? tls : { ...tls, cert, key };
  }

  #retire(dispatcher: Dispatcher): void {
    const over = dispatcher.close().then(
      () => {},
      () => {},
    );
    this.#retiring.add(over);
    over.finally(() => this.#retiring.delete(over));
  }
}

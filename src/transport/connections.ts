import type { Dispatcher } from "undici";
import type { ClusterConfig, TlsConfig } from "../config/cluster-config.ts";
import type { ClientCertificate } from "./credential.ts";
import { createDispatchers, type Dispatchers } from "./dispatchers.ts";
import { TlsFiles } from "./tls-files.ts";

/**
 * A cluster's dispatchers, made anew when a certificate changes (H26).
 *
 * The old ones finish what they have and close. Streams would go on with a
 * client certificate that is not ours any more: `onCertificateChanged` ends them.
 */
export class Connections {
  readonly #config: ClusterConfig;
  readonly #files: TlsFiles;
  readonly #certificate: () => ClientCertificate | undefined;
  readonly #onCertificateChanged: () => void;
  readonly #retiring = new Set<Promise<void>>();
  #tls: TlsConfig;
  #current: Dispatchers;

  constructor(
    config: ClusterConfig,
    certificate: () => ClientCertificate | undefined,
    onCertificateChanged: () => void,
  ) {
    this.#config = config;
    this.#files = new TlsFiles(config.tls, config.origin);
    this.#certificate = certificate;
    this.#onCertificateChanged = onCertificateChanged;
    this.#tls = config.tls;
    this.#current = createDispatchers(config);
  }

  /** Look at the files if it is time to; `undefined` where nothing has to be waited for. */
  check(): Promise<void> | undefined {
    return this.#files.check();
  }

  /** The dispatcher for a request that is sent now. */
  dispatcher(isStream: boolean): Dispatcher {
    this.#adopt();
    return isStream ? this.#current.streams : this.#current.requests;
  }

  /** End everything at once; resolves when no socket is left. */
  async destroy(error: Error): Promise<void> {
    const { requests, streams } = this.#current;
    await Promise.all([requests.destroy(error), streams.destroy(error), ...this.#retiring]);
  }

  #adopt(): void {
    const tls = this.#wanted();
    const { ca, cert, key } = this.#tls;
    if (tls.ca === ca && tls.cert === cert && tls.key === key) return;
    const isOtherCertificate = tls.cert !== cert || tls.key !== key;
    const old = this.#current;
    this.#tls = tls;
    this.#current = createDispatchers(this.#config, tls);
    this.#retire(old.requests);
    this.#retire(old.streams);
    if (isOtherCertificate) this.#onCertificateChanged();
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

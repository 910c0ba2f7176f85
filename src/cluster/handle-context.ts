import type { Client } from "../client/client.ts";
import type { ApiWarning } from "../client/warnings.ts";
import type { ControllerHost } from "../controller/host.ts";
import type { Informer } from "../informer/informer.ts";
import type { KubeObject } from "../resource/object.ts";
import type { IndexFunctions } from "../store/indexer.ts";
import type { Transport } from "../transport/port.ts";
import type { HandleInformerOptions } from "./handle-options.ts";
import type { Selection } from "./selection.ts";

/** What a handle needs of its cluster. */
export interface HandleContext {
  readonly client: Client;
  /** What the client sends through, for what is no call with an answer: connections to processes and ports. */
  readonly transport: Transport;
  /** The name under which writes are remembered that give none of their own. */
  readonly fieldManager: string | undefined;
  /** Aborts when the cluster is closed. */
  readonly closed: AbortSignal;
  informer<T extends KubeObject, U extends KubeObject, I extends IndexFunctions<U>>(
    selection: Selection<T>,
    options: HandleInformerOptions<T, U, I>,
  ): Informer<U, I>;
  /** Tell of a warning of the server's that another client was given. */
  readonly warned?: ((warning: ApiWarning) => void) | undefined;
  /** What one controller is built on. */
  controllerHost(): ControllerHost;
}

import type { Transport } from "../transport/port.ts";
import {
  type AttachOptions,
  chooseStreams,
  type ExecOptions,
  expectCommand,
  type StreamChoice,
  streamQuery,
} from "./exec-options.ts";
import { describeAddress, type PodAddress } from "./pod-address.ts";
import { protocolV4, protocolV5, RemoteProcess } from "./remote-process.ts";
import { openUpgrade } from "./upgrade.ts";

/** What can be spoken; input that ends by itself cannot be told to servers before v5. */
function protocolsFor(choice: StreamChoice): readonly string[] {
  return choice.source !== undefined && !choice.tty ? [protocolV5] : [protocolV5, protocolV4];
}

/**
 * Run a command in a container of a pod; resolves once the server has accepted it.
 *
 * Rejects with the server's `ApiError` where it has not, and with `UNSUPPORTED`
 * where it speaks neither v5.channel.k8s.io nor v4. `signal` ends the
 * conversation at any time, with `ABORTED`.
 */
export async function exec(
  transport: Transport,
  pod: PodAddress,
  command: readonly string[],
  options: ExecOptions = {},
): Promise<RemoteProcess> {
  expectCommand(command);
  const choice = chooseStreams(options);
  const query = { ...streamQuery(choice, options.container), command };
  const step = `exec in ${describeAddress(pod)}`;
  const call = { pod, subresource: "exec", query, protocols: protocolsFor(choice), step };
  return new RemoteProcess(await openUpgrade(transport, call, options), choice, step);
}

/**
 * Join the main process of a container, as it runs; otherwise as {@link exec}.
 *
 * What it had written before is not repeated: that is in its logs.
 */
export async function attach(
  transport: Transport,
  pod: PodAddress,
  options: AttachOptions = {},
): Promise<RemoteProcess> {
  const choice = chooseStreams(options);
  const query = streamQuery(choice, options.container);
  const step = `attach to ${describeAddress(pod)}`;
  const call = { pod, subresource: "attach", query, protocols: protocolsFor(choice), step };
  return new RemoteProcess(await openUpgrade(transport, call, options), choice, step);
}

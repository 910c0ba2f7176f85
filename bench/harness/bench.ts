import type { Task } from "../contestants/contestant.ts";
import {
  type PreparedServer,
  type ServerSpec,
  startPreparedServer,
  type Way,
} from "../server/server-process.ts";
import { type Contestant, kubeReflex, runOnce, yardstick } from "./contestants.ts";
import type { Measured, Table } from "./results.ts";
import { type Entry, interleave } from "./rounds.ts";

/** Who takes part, and how often. */
export interface Bench {
  readonly rounds: number;
  readonly clientNode: Contestant;
  readonly kfc: Contestant;
  readonly clientGo: Contestant;
  /** Leave out what needs a real kube-apiserver. */
  readonly withoutCluster: boolean;
  /** Leave out whatever no ratio is made of that the gate looks at. */
  readonly isGate: boolean;
  progress(line: string): void;
}

/** A row, or a few that are measured together: named, and run by itself. */
export interface Row {
  readonly id: string;
  run(bench: Bench): Promise<readonly Table[]>;
}

/** The floor of the machine for which absolute targets are stated, in events per second. */
export const referenceFloor = 46_000;

type TaskOptions = Partial<Task> & {
  /** The name in the table. */
  readonly as?: string;
  readonly rounds?: number;
  readonly timeoutMs?: number;
  readonly nodeArguments?: readonly string[];
};

/** Makes entries for contestants of one prepared server. */
export class Field {
  readonly server: PreparedServer;
  readonly #objects: number;
  readonly #bench: Bench;

  constructor(bench: Bench, server: PreparedServer, objects: number) {
    this.#bench = bench;
    this.server = server;
    this.#objects = objects;
  }

  entry(contestant: Contestant, scenario: string, way: Way, options: TaskOptions = {}): Entry {
    const { as = contestant.name, rounds, timeoutMs, nodeArguments, ...task } = options;
    return {
      name: as,
      missing: contestant.missing,
      rounds,
      run: () =>
        runOnce(
          contestant,
          scenario,
          {
            kubeconfig: this.server.kubeconfigs[way],
            control: this.server.control,
            objects: this.#objects,
            ...task,
          },
          {
            ...(timeoutMs !== undefined && { timeoutMs }),
            ...(nodeArguments !== undefined && { nodeArguments }),
          },
        ),
    };
  }

  ours(scenario: string, way: Way, options?: TaskOptions): Entry {
    return this.entry(kubeReflex, scenario, way, options);
  }

  yardstick(scenario: string, way: Way, options?: TaskOptions): Entry {
    return this.entry(yardstick, scenario, way, options);
  }

  clientNode(scenario: string, way: Way, options?: TaskOptions): Entry {
    return this.entry(this.#bench.clientNode, scenario, way, options);
  }

  kfc(scenario: string, way: Way, options?: TaskOptions): Entry {
    return this.entry(this.#bench.kfc, scenario, way, options);
  }

  clientGo(scenario: string, way: Way, options?: TaskOptions): Entry {
    return this.entry(this.#bench.clientGo, scenario, way, options);
  }

  /** Run the entries by turns. */
  measure(entries: readonly Entry[], rounds: number = this.#bench.rounds): Promise<Measured[]> {
    return interleave(rounds, entries, (line) => this.#bench.progress(line));
  }
}

/** Start a server of prepared bytes for as long as `use` takes. */
export async function withServer<R>(
  bench: Bench,
  spec: ServerSpec,
  use: (field: Field) => Promise<R>,
): Promise<R> {
  bench.progress(`preparing ${spec.objects} ${spec.kind}`);
  const server = await startPreparedServer(spec);
  try {
    return await use(new Field(bench, server, spec.objects));
  } finally {
    await server.stop();
  }
}

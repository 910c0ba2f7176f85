import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const root = join(import.meta.dirname, "../..");

/** What one replica of the operator is started with. */
export interface ReplicaOptions {
  readonly name: string;
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly zoneFile: string;
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  listener.close();
  await once(listener, "close");
  if (address === null || typeof address === "string") throw new Error("a TCP listener has no port");
  return address.port;
}

/** One replica of examples/operator, as a process of its own. */
export class Replica {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #port: number;
  readonly #output: Promise<string>;
  readonly #exited: Promise<number | string | null>;

  private constructor(name: string, child: ChildProcess, port: number) {
    this.name = name;
    this.#child = child;
    this.#port = port;
    this.#output = child.stderr === null ? Promise.resolve("") : text(child.stderr);
    this.#exited = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  }

  static async start({ name, kubeconfig, namespace, zoneFile }: ReplicaOptions): Promise<Replica> {
    const port = await freePort();
    const { NODE_OPTIONS: _, ...env } = process.env;
    const program = [
      "--import",
      join(root, "test/cluster/from-source.ts"),
      join(root, "examples/operator/main.ts"),
    ];
    const child = spawn(process.execPath, program, {
      env: {
        ...env,
        NODE_ENV: "production",
        KUBECONFIG: kubeconfig,
        POD_NAME: name,
        POD_NAMESPACE: namespace,
        ZONE_FILE: zoneFile,
        HEALTH_PORT: String(port),
      },
      stdio: ["ignore", "ignore", "pipe"],
    });
    return new Replica(name, child, port);
  }

  /** Ask its probes and metrics. */
  async ask(path: string): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.#port}${path}`)).text();
  }

  /** The sum of a metric's samples whose labels have this text. */
  async metric(name: string, labels = ""): Promise<number> {
    const lines = (await this.ask("/metrics")).split("\n");
    const samples = lines.filter((line) => line.startsWith(name) && line.includes(labels));
    return samples.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  }

  /** End it, and wait for that: resolves to its exit code, or to the signal that killed it. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<number | string | null> {
    this.#child.kill(signal);
    return this.#exited;
  }

  /** What it wrote to its error output, once it has ended. */
  output(): Promise<string> {
    return this.#output;
  }
}

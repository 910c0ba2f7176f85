import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { kubeconfigText } from "../../test/cluster/configuration.ts";

/** What a server of prepared bytes holds. */
export interface ServerSpec {
  readonly kind: "pods" | "configmaps";
  readonly objects: number;
  /** What is made before anybody asks for it; whatever else is asked for is made then. @default all of it */
  readonly prepare?: readonly ("list" | "stream" | "events")[];
}

/** Where it listens. */
export interface ServerAddress {
  readonly plain: string;
  readonly tls: string;
  /** TLS too, and HTTP/2 for whoever offers it. */
  readonly http2: string;
  readonly control: string;
  readonly ca: string;
  /** The average length of an event; 0 where none are prepared. */
  readonly eventBytes: number;
}

/** By which way a contestant reaches the server. */
export type Way = "plain" | "tls" | "http2";

/** A server of prepared bytes that runs, and a kubeconfig for each way to it. */
export interface PreparedServer extends ServerAddress {
  readonly kubeconfigs: Readonly<Record<Way, string>>;
  stop(): Promise<void>;
}

/** A kubeconfig that every contestant understands; plain HTTP needs the word insecure for client-node. */
function kubeconfig(server: string, ca: string): string {
  const text = kubeconfigText({ server, caFile: "" }, { bench: { token: "bench" } });
  const config = JSON.parse(text);
  config.clusters[0].cluster = server.startsWith("https:")
    ? { server, "certificate-authority-data": Buffer.from(ca).toString("base64") }
    : { server, "insecure-skip-tls-verify": true };
  return JSON.stringify(config);
}

/** Start a server of prepared bytes in a process of its own, and wait until it listens. */
export async function startPreparedServer(spec: ServerSpec): Promise<PreparedServer> {
  const file = join(import.meta.dirname, "prepared-server.ts");
  const child = spawn(process.execPath, [file, JSON.stringify(spec)], {
    // It ends when its standard input does, so also with a parent that is killed.
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([
    once(lines, "line"),
    once(child, "exit").then(() => Promise.reject(new Error("the server of prepared bytes did not start"))),
  ]);
  const address: ServerAddress = JSON.parse(String(line));
  const folder = mkdtempSync(join(tmpdir(), "kube-reflex-bench-"));
  const written = (way: Way): string => {
    const path = join(folder, `${way}.yaml`);
    writeFileSync(path, kubeconfig(address[way], address.ca));
    return path;
  };
  return {
    ...address,
    kubeconfigs: { plain: written("plain"), tls: written("tls"), http2: written("http2") },
    async stop() {
      if (child.exitCode === null) {
        child.kill();
        await once(child, "exit");
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

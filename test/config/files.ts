import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { generate } from "selfsigned";

/** A folder of its own for one test's files. */
export class TestFolder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "kube-reflex-"));

  write(name: string, content: string | object): string {
    const file = join(this.path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    return file;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export async function keyPair(): Promise<{ cert: string; key: string }> {
  const { cert, private: key } = await generate([{ name: "commonName", value: "test" }], { keySize: 2048 });
  return { cert, key };
}

export const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** A kubeconfig of one context; JSON is YAML too. */
export function kubeconfig(cluster: object, user: object, context: object = {}): Record<string, unknown> {
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "c",
    clusters: [{ name: "cl", cluster: { server: "https://cluster.example:6443", ...cluster } }],
    users: [{ name: "u", user }],
    contexts: [{ name: "c", context: { cluster: "cl", user: "u", ...context } }],
  };
}

/** What a function throws; fails where it does not. */
export function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("expected a throw");
}

/** What a promise rejects with; fails where it does not. */
export async function rejected(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error("expected it to reject");
    },
    (error: unknown) => error,
  );
}

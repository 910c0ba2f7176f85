/** As much of it as is measured: it is not installed where this is compiled. */
declare module "kubernetes-fluent-client" {
  interface Pod {
    readonly metadata?: { readonly name?: string; readonly namespace?: string };
    readonly spec?: { readonly containers?: readonly { readonly image?: string }[] };
    readonly status?: { readonly phase?: string };
  }
  type Phase = "ADDED" | "MODIFIED" | "DELETED";
  interface Watcher {
    readonly events: { on(event: string, listener: (value: unknown) => void): void };
    start(): Promise<AbortController>;
    close(): void;
  }
  interface Chain {
    InNamespace(namespace: string): Chain;
    Get(name: string): Promise<Pod>;
    Watch(callback: (object: Pod, phase: Phase) => unknown): Watcher;
  }
  export const kind: { readonly Pod: unknown; readonly ConfigMap: unknown };
  export function K8s(model: unknown): Chain;
}

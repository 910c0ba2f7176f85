import { dump } from "js-yaml";

/** What a kubeconfig is written from. */
export interface KubeconfigParts {
  readonly server: string;
  /** The certificate to trust, as PEM text. */
  readonly ca: string | undefined;
  readonly token: string | undefined;
}

/** Write a kubeconfig with one cluster, one user and one context, all called `test`. */
export function kubeconfigText({ server, ca, token }: KubeconfigParts): string {
  const authority =
    ca === undefined ? {} : { "certificate-authority-data": Buffer.from(ca).toString("base64") };
  return dump({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    clusters: [{ name: "test", cluster: { server, ...authority } }],
    users: [{ name: "test", user: token === undefined ? {} : { token } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test", namespace: "default" } }],
  });
}

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
    ca === undefined ? "" : `\n      certificate-authority-data: ${Buffer.from(ca).toString("base64")}`;
  // A token may be any text: quoted as in JSON, YAML reads it as it is.
  const user = token === undefined ? " {}" : `\n      token: ${JSON.stringify(token)}`;
  return `apiVersion: v1
kind: Config
current-context: test
clusters:
  - name: test
    cluster:
      server: ${server}${authority}
users:
  - name: test
    user:${user}
contexts:
  - name: test
    context:
      cluster: test
      user: test
      namespace: default
`;
}

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { type Certificate, createAuthority } from "./certificates.ts";

/** How to reach a kube-apiserver that was started for the tests. */
export interface StartedClusterAccess {
  readonly origin: "started";
  /** Path of a kubeconfig file; its current context is `admin`, and it has every other of {@link ContextName}. */
  readonly kubeconfig: string;
  readonly server: string;
  /** Bearer token of a user in `system:masters`. */
  readonly token: string;
  /** Bearer token of an authenticated user without rights of its own, for a 403. */
  readonly powerlessToken: string;
  /** Bearer token of the user `ci`, to whom a test gives the rights it is about. */
  readonly ciToken: string;
  /** PEM file that verifies the serving certificate. */
  readonly caFile: string;
  /** The node whose pods run, on a scripted kubelet; absent where the program that was started has none. */
  readonly node?: string;
}

/** How to reach a cluster that was running already: only its kubeconfig is known. */
export interface GivenClusterAccess {
  readonly origin: "given";
  readonly kubeconfig: string;
  readonly server?: never;
  readonly token?: never;
  readonly powerlessToken?: never;
  readonly ciToken?: never;
  readonly caFile?: never;
  readonly node?: never;
}

/** Plain data, so that a test runner can hand it from one process to another. */
export type ClusterAccess = StartedClusterAccess | GivenClusterAccess;

/**
 * The contexts of a started cluster's kubeconfig, by the credential they use.
 *
 * `admin`, `powerless` and `ci` have tokens, in the file; `admin-token-file` the
 * first of them in a file of its own. The others have client certificates, as
 * files or, with `-data`, in the kubeconfig.
 */
export type ContextName =
  | "admin"
  | "admin-token-file"
  | "admin-certificate"
  | "admin-certificate-data"
  | "powerless"
  | "powerless-certificate"
  | "ci"
  | "ci-certificate";

type Credential = Readonly<Record<string, string>>;

/** Writes the files a server is started with and those its clients need; gives the server's flags. */
export async function writeConfiguration(
  folder: string,
  port: number,
): Promise<{ access: StartedClusterAccess; flags: string[] }> {
  const token = () => randomBytes(24).toString("hex");
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const pair = async (name: string, { cert, key }: Certificate) => ({
    cert: await file(`${name}.crt`, cert),
    key: await file(`${name}.key`, key),
  });

  const authority = await createAuthority();
  const access: StartedClusterAccess = {
    origin: "started",
    kubeconfig: join(folder, "kubeconfig.yaml"),
    server: `https://127.0.0.1:${port}`,
    token: token(),
    powerlessToken: token(),
    ciToken: token(),
    caFile: await file("ca.crt", authority.cert),
  };
  const tokens = await file(
    "tokens.csv",
    `${access.token},admin,admin,system:masters\n` +
      `${access.powerlessToken},powerless,powerless\n` +
      `${access.ciToken},ci,ci\n`,
  );
  const admin = await authority.client({ user: "admin", group: "system:masters" });
  const adminFiles = await pair("admin", admin);
  const powerlessFiles = await pair("powerless", await authority.client({ user: "powerless" }));
  const ciFiles = await pair("ci", await authority.client({ user: "ci" }));
  const byFiles = ({ cert, key }: Certificate): Credential => ({
    "client-certificate": cert,
    "client-key": key,
  });
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  await file(
    "kubeconfig.yaml",
    kubeconfigText(access, {
      admin: { token: access.token },
      "admin-token-file": { tokenFile: await file("admin.token", `${access.token}\n`) },
      "admin-certificate": byFiles(adminFiles),
      "admin-certificate-data": {
        "client-certificate-data": base64(admin.cert),
        "client-key-data": base64(admin.key),
      },
      powerless: { token: access.powerlessToken },
      "powerless-certificate": byFiles(powerlessFiles),
      ci: { token: access.ciToken },
      "ci-certificate": byFiles(ciFiles),
    }),
  );

  const serving = await pair("serving", await authority.serving());
  const toKubelets = await pair("kubelet-client", await authority.client({ user: "kube-apiserver" }));
  const serviceAccountKey = await file("service-account.pem", signingKey());
  const flags = [
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    `--tls-cert-file=${serving.cert}`,
    `--tls-private-key-file=${serving.key}`,
    // Without these two it looks for a routable address and fails where there is none.
    "--advertise-address=127.0.0.1",
    "--endpoint-reconciler-type=none",
    "--service-cluster-ip-range=10.0.0.0/24",
    `--service-account-issuer=${access.server}`,
    `--service-account-key-file=${serviceAccountKey}`,
    `--service-account-signing-key-file=${serviceAccountKey}`,
    `--token-auth-file=${tokens}`,
    `--client-ca-file=${access.caFile}`,
    `--kubelet-client-certificate=${toKubelets.cert}`,
    `--kubelet-client-key=${toKubelets.key}`,
    "--authorization-mode=RBAC",
    // No controller creates the default service account a pod would need.
    "--disable-admission-plugins=ServiceAccount",
    "--allow-privileged=true",
    // Without it an open watch keeps it from ending until it is killed.
    "--shutdown-watch-termination-grace-period=1s",
    "--profiling=false",
    "--v=0",
  ];
  return { access, flags };
}

function signingKey(): string {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  }).privateKey;
}

/** A kubeconfig with one context per user, both of one name; the first is the current one. */
export function kubeconfigText(
  { server, caFile }: Pick<StartedClusterAccess, "server" | "caFile">,
  users: Readonly<Record<string, Credential>>,
  namespace = "default",
): string {
  const names = Object.keys(users);
  // JSON is YAML, and needs no quoting rules of our own.
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "certificate-authority": caFile } }],
    users: Object.entries(users).map(([name, user]) => ({ name, user })),
    contexts: names.map((name) => ({ name, context: { cluster: "test", user: name, namespace } })),
    "current-context": names[0],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import type { AuthProviderConfig, Credentials, ExecConfig, HeaderSource } from "./cluster-config.ts";
import { checkedToken, invalidConfig } from "./cluster-config.ts";
import type { EntryReader } from "./entry-reader.ts";

const execVersion = "client.authentication.k8s.io/v1";
const execVersions: readonly string[] = [execVersion, "client.authentication.k8s.io/v1beta1"];
const interactiveModes: readonly string[] = ["Never", "IfAvailable", "Always"];

/** The providers that client-node works out; kubectl has kept the first only. */
const providers: readonly string[] = ["oidc", "gcp", "azure"];

function readArgs(exec: EntryReader): string[] {
  const args = exec.get("args") ?? [];
  if (!Array.isArray(args)) throw exec.invalid("args", "is no list of texts");
  return args.map((arg) => {
    // A port among them is written without quotes more often than not.
    if (typeof arg === "object") throw exec.invalid("args", "is no list of texts");
    return String(arg);
  });
}

function readEnv(exec: EntryReader): Record<string, string> {
  const env = exec.get("env") ?? [];
  if (!Array.isArray(env)) throw exec.invalid("env", "is no list of names and values");
  const pairs: Record<string, string> = {};
  for (const pair of env) {
    if (typeof pair?.name !== "string" || pair.name === "" || typeof pair.value !== "string") {
      throw exec.invalid("env", "has an entry without a name or a value");
    }
    pairs[pair.name] = pair.value;
  }
  return pairs;
}

function readInteractiveMode(exec: EntryReader, apiVersion: string): string {
  const mode = exec.text("interactiveMode");
  if (mode !== undefined && interactiveModes.includes(mode)) return mode;
  if (mode !== undefined) throw exec.invalid("interactiveMode", `is none of ${interactiveModes.join(", ")}`);
  // As client-go: the older version did not know it, the newer one demands it.
  if (apiVersion !== execVersion) return "IfAvailable";
  throw exec.invalid("interactiveMode", `is missing, which ${execVersion} needs; set it to IfAvailable`);
}

/** What an error shows of a vendor's text: no escape sequences for the terminal it is read on. */
function plainText(text: string | undefined): string | undefined {
  return text?.replace(/[^\P{C}\s]/gu, "").trim();
}

/** An exec plugin, and whether somebody must sit at its standard input. */
function readExec(exec: EntryReader, cluster: EntryReader): { exec: ExecConfig; isInteractive: boolean } {
  const command = exec.text("command");
  if (command === undefined) throw exec.invalid("command", "is missing");
  const apiVersion = exec.text("apiVersion");
  if (apiVersion === undefined || !execVersions.includes(apiVersion)) {
    throw exec.invalid("apiVersion", `is none of ${execVersions.join(", ")}`);
  }
  const isInteractive = readInteractiveMode(exec, apiVersion) === "Always";
  const config: ExecConfig = {
    apiVersion,
    // A bare name is looked up in PATH; a path starts from the kubeconfig's folder, as kubectl has it.
    command: /[/\\]/.test(command) ? exec.resolve(command) : command,
    args: readArgs(exec),
    env: readEnv(exec),
    installHint: plainText(exec.text("installHint")),
    provideClusterInfo: exec.flag("provideClusterInfo"),
    clusterConfig: cluster.extension("client.authentication.k8s.io/exec"),
    origin: exec.where,
  };
  return { exec: config, isInteractive };
}

function readProvider(provider: EntryReader, source: HeaderSource | undefined): AuthProviderConfig {
  const name = provider.text("name");
  if (name === undefined) throw provider.invalid("name", "is missing");
  // Not a copy: whoever handed over the object sees the renewed tokens in it, as client-node has it.
  const settings = provider.get("config") ?? {};
  if (!isJsonObject(settings)) throw provider.invalid("config", "is no mapping");
  if (providers.includes(name)) return { name, settings, origin: provider.where };
  if (source !== undefined) return { name, settings, source, origin: provider.where };
  throw new KubeError(
    "UNSUPPORTED",
    `${provider.where}: \`auth-provider\` ${name} is not offered (${providers.join(", ")} are); ` +
      "use an `exec` plugin or a token",
  );
}

/** What was written straight into the user entry. */
function readWritten(user: EntryReader): Credentials | undefined {
  const path = user.path("tokenFile");
  const token = user.text("token");
  const username = user.text("username");
  if (username !== undefined && (token !== undefined || path !== undefined)) {
    throw invalidConfig(user.where, "a token and `username` exclude each other; remove one");
  }
  // As client-go: a token file is preferred, since a token beside it is its old content.
  if (path !== undefined) return { type: "token-file", path };
  if (token !== undefined) return { type: "token", token: checkedToken(token, user.where) };
  if (username === undefined) return undefined;
  return { type: "basic", username, password: user.text("password") ?? "" };
}

/** The other things that client-node takes for an `auth-provider`: a token file (in a pod), and an exec plugin. */
function readDisguised(provider: EntryReader): { path?: string; exec?: EntryReader } {
  const settings = isJsonObject(provider.get("config")) ? provider.inside("config") : undefined;
  const exec = settings?.inside("exec");
  const path = settings?.path("tokenFile");
  return { ...(path === undefined ? {} : { path }), ...(exec === undefined ? {} : { exec }) };
}

/**
 * Read who a user entry says we are.
 *
 * As client-go: what stands in the entry itself (token, password, certificate)
 * goes before an exec plugin, which is then not run, and before an `auth-provider`.
 */
export function readCredentials(
  user: EntryReader,
  cluster: EntryReader,
  hasCertificate: boolean,
  source?: HeaderSource,
): Credentials {
  const provider = user.inside("auth-provider");
  const disguised = provider === undefined ? {} : readDisguised(provider);
  const execReader = user.inside("exec");
  if (execReader !== undefined && provider !== undefined) {
    throw invalidConfig(user.where, "`exec` and `auth-provider` exclude each other; remove one");
  }
  const plugin = execReader ?? disguised.exec;
  const exec = plugin === undefined ? undefined : readExec(plugin, cluster);
  const written = readWritten(user);
  if (written !== undefined) return written;
  if (disguised.path !== undefined) return { type: "token-file", path: disguised.path };
  if (exec !== undefined) {
    if (hasCertificate) return { type: "none" };
    if (exec.isInteractive) {
      throw new KubeError(
        "UNSUPPORTED",
        `${user.where}: \`exec.interactiveMode\` is Always, and nobody sits at this program's standard input; ` +
          "set it to IfAvailable and log in with the plugin by hand, or use a token",
      );
    }
    return { type: "exec", exec: exec.exec };
  }
  return provider === undefined
    ? { type: "none" }
    : { type: "auth-provider", provider: readProvider(provider, source) };
}

import { execFileSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { inspect } from "node:util";
import { KubeConfig } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { configFromClientNode } from "../../src/config/client-node.ts";
import type { AuthProviderConfig } from "../../src/config/cluster-config.ts";
import { type Credential, credentialOf } from "../../src/transport/credential.ts";
import { base64, TestFolder } from "../config/files.ts";
import { certificate, configFor, failure, type LocalServer, serveTls } from "./local-server.ts";

const origin = 'user "u" in FILE';

function credentialFor(name: string, settings: Record<string, unknown>): Credential {
  const provider: AuthProviderConfig = { name, settings, origin };
  return credentialOf(
    configFor("https://cluster.example", { credentials: { type: "auth-provider", provider } }),
  );
}

/** An OIDC identity provider that gives out tokens for refresh tokens, each once. */
class Issuer implements AsyncDisposable {
  #server: LocalServer | undefined;
  #authorities: readonly string[] = [];
  refresh = "refresh-0";
  tokens = 0;
  lifeSeconds = 3600;
  failsWith: object | undefined;

  static async start(): Promise<Issuer> {
    const issuer = new Issuer();
    const { cert, key } = await certificate("localhost");
    issuer.#authorities = getCACertificates("default");
    setDefaultCACertificates([...issuer.#authorities, cert]);
    issuer.#server = await serveTls({ cert, key }, (request, response) => {
      const url = issuer.url;
      response.setHeader("content-type", "application/json");
      if (request.url?.endsWith("openid-configuration")) {
        response.end(
          JSON.stringify({ issuer: url, token_endpoint: `${url}/token`, jwks_uri: `${url}/keys` }),
        );
        return;
      }
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => issuer.#answer(new URLSearchParams(body), response));
    });
    return issuer;
  }

  get url(): string {
    return (this.#server?.url ?? "").replace("127.0.0.1", "localhost");
  }

  get settings(): Record<string, unknown> {
    return {
      "idp-issuer-url": this.url,
      "client-id": "kube",
      "client-secret": "hush",
      "refresh-token": this.refresh,
    };
  }

  token(lifeSeconds: number = this.lifeSeconds): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: this.url,
      aud: "kube",
      sub: "jane",
      iat: now,
      exp: now + lifeSeconds,
      n: this.tokens,
    };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    return `${part({ alg: "RS256" })}.${part(claims)}.c2ln`;
  }

  #answer(query: URLSearchParams, response: { statusCode: number; end(text: string): unknown }): void {
    const isKnown = query.get("refresh_token") === this.refresh;
    if (!isKnown || this.failsWith !== undefined) {
      response.statusCode = 400;
      response.end(
        JSON.stringify(this.failsWith ?? { error: "invalid_grant", error_description: this.refresh }),
      );
      return;
    }
    this.tokens += 1;
    this.refresh = `refresh-${this.tokens}`;
    response.end(
      JSON.stringify({
        access_token: "access",
        token_type: "bearer",
        expires_in: this.lifeSeconds,
        refresh_token: this.refresh,
        id_token: this.token(),
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    setDefaultCACertificates(this.#authorities);
    await this.#server?.[Symbol.asyncDispose]();
  }
}

describe("an OIDC auth-provider", () => {
  it("gives the id-token that it has, as long as it is good (P32)", async () => {
    await using issuer = await Issuer.start();
    const token = issuer.token();
    const credential = credentialFor("oidc", { ...issuer.settings, "id-token": token });
    expect(await credential.authorization()).toBe(`Bearer ${token}`);
    expect(issuer.tokens).toBe(0);
  });

  it("refreshes one that has expired, once for 10 parallel calls, and keeps the new one (P32, P33)", async () => {
    await using issuer = await Issuer.start();
    const credential = credentialFor("oidc", { ...issuer.settings, "id-token": issuer.token(-60) });
    const values = await Promise.all(Array.from({ length: 10 }, () => credential.authorization()));
    expect(new Set(values)).toEqual(new Set([`Bearer ${issuer.token()}`]));
    await credential.authorization();
    expect(issuer.tokens).toBe(1);
  });

  it("logs in with the refresh token alone, and again when the server refuses the token (P32, P33)", async () => {
    await using issuer = await Issuer.start();
    const credential = credentialFor("oidc", issuer.settings);
    const refused = await credential.authorization();
    expect(refused).toMatch(/^Bearer ey/);
    const renewed = await Promise.all([credential.renewed(refused), credential.renewed(refused)]);
    expect(renewed[0]).not.toBe(refused);
    expect(renewed[1]).toBe(renewed[0]);
    expect(issuer.tokens).toBe(2);
  });

  it("that cannot renew a refused token gives the same, so that nothing is repeated (P33)", async () => {
    await using issuer = await Issuer.start();
    const settings = { ...issuer.settings, "id-token": issuer.token(), "refresh-token": undefined };
    const credential = credentialFor("oidc", settings);
    const refused = await credential.authorization();
    expect(await credential.renewed(refused)).toBe(refused);
  });

  it("that fails is CREDENTIAL_FAILED with its code, and no token in it (P33)", async () => {
    await using issuer = await Issuer.start();
    const settings = issuer.settings;
    issuer.refresh = "s3cret";
    const error = await failure(credentialFor("oidc", settings).authorization());
    expect(error).toMatchObject({
      code: "CREDENTIAL_FAILED",
      message: expect.stringMatching(
        /auth-provider oidc of user "u" in FILE: it failed \(invalid_grant\).*Log in/,
      ),
    });
    expect(inspect(error, { depth: 20 })).not.toMatch(/s3cret|refresh-0|hush/);
    const ca = { "idp-certificate-authority-data": base64("PEM") };
    expect(String(await failure(credentialFor("oidc", { ...settings, ...ca }).authorization()))).toMatch(
      /FILE: it failed.*NODE_EXTRA_CA_CERTS/,
    );
    const nobody = await failure(credentialFor("oidc", {}).authorization());
    expect(nobody).toMatchObject({
      code: "CREDENTIAL_FAILED",
      message: expect.stringContaining("it gave no token"),
    });
  });
});

describe("other auth-providers", () => {
  it.each(["gcp", "azure"])("%s runs its command, and again for a refused token (P32)", async (name) => {
    using folder = new TestFolder();
    const script = folder.write(
      "login",
      `#!/bin/sh\necho run >> "${folder.path}/runs"\nN=$(wc -l < "${folder.path}/runs" | tr -d ' ')\necho "{\\"token\\":\\"t$N\\",\\"expiry\\":\\"2999-01-01T00:00:00Z\\"}"\n`,
    );
    chmodSync(script, 0o755);
    const settings = { "cmd-path": script, "token-key": "{.token}", "expiry-key": "{.expiry}" };
    const credential = credentialFor(name, settings);
    expect(await credential.authorization()).toBe("Bearer t1");
    expect(await credential.authorization()).toBe("Bearer t1");
    expect(await credential.renewed("Bearer t1")).toBe("Bearer t2");
  });

  it("whose command fails is CREDENTIAL_FAILED without its output", async () => {
    using folder = new TestFolder();
    const script = folder.write("login", "#!/bin/sh\necho s3cret; exit 3\n");
    chmodSync(script, 0o755);
    const error = await failure(credentialFor("gcp", { "cmd-path": script }).authorization());
    expect(error).toMatchObject({ code: "CREDENTIAL_FAILED" });
    expect(inspect(error, { depth: 20 })).not.toContain("s3cret");
  });

  it("that were added to a KubeConfig are asked through it (P32)", async () => {
    const kubeConfig = new KubeConfig();
    kubeConfig.addAuthenticator({
      isAuthProvider: (user) => user.authProvider?.name === "mine",
      applyAuthentication: async (_user, options) => {
        Object.assign(options.headers ?? {}, { Authorization: "Bearer mine" });
      },
    });
    kubeConfig.loadFromClusterAndUser(
      { name: "cl", server: "https://h", skipTLSVerify: false },
      { name: "u", authProvider: { name: "mine" } },
    );
    expect(await credentialOf(configFromClientNode(kubeConfig)).authorization()).toBe("Bearer mine");
    const unknown = new KubeConfig();
    unknown.loadFromClusterAndUser(
      { name: "cl", server: "https://h", skipTLSVerify: false },
      { name: "u", authProvider: { name: "ghost" } },
    );
    expect(await failure(credentialOf(configFromClientNode(unknown)).authorization())).toMatchObject({
      code: "CREDENTIAL_FAILED",
      message: expect.stringContaining("it gave no token"),
    });
  });

  it("are the only thing that loads client-node", () => {
    const script = `
      const { registerHooks } = await import("node:module");
      const loaded = [];
      const stub = "export class KubeConfig { loadFromOptions() {} async applyToHTTPSOptions({ headers }) { headers.Authorization = 'Bearer t'; } }";
      const url = "data:text/javascript," + encodeURIComponent(stub);
      registerHooks({
        resolve: (name, context, next) => {
          loaded.push(name);
          return name === "@kubernetes/client-node" ? { url, shortCircuit: true } : next(name, context);
        },
      });
      const { credentialOf } = await import("./src/transport/credential.ts");
      const of = (credentials) => credentialOf({ server: "https://h", tls: {}, credentials });
      await of({ type: "token", token: "t" }).authorization();
      const has = () => loaded.includes("@kubernetes/client-node");
      const before = has();
      const provider = { name: "oidc", settings: {}, origin: "" };
      await of({ type: "auth-provider", provider }).authorization();
      console.log(before, has());`;
    const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
    });
    expect(output.trim()).toBe("false true");
  }, 20_000);
});

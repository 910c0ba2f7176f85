import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Cluster } from "../../src/cluster/cluster.ts";
import {
  ConfigMap,
  Pod,
  Role,
  RoleBinding,
  SelfSubjectReview,
  ServiceAccount,
} from "../../src/kinds/index.ts";
import type { TokenRequest } from "../../src/kinds/subresources.ts";
import type { ContextName } from "./configuration.ts";
import { describeOnStarted, rejection } from "./real-cluster.ts";

/** Who the server takes a client for. */
async function whoAmI(cluster: Cluster) {
  const review = await cluster.resources(SelfSubjectReview).create({});
  return review.status?.userInfo ?? {};
}

describeOnStarted("users of a real kube-apiserver", (cluster) => {
  describe("by each credential of a kubeconfig", () => {
    it.each<[ContextName, string, string[]]>([
      ["admin", "admin", ["system:masters", "system:authenticated"]],
      ["admin-token-file", "admin", ["system:masters", "system:authenticated"]],
      ["admin-certificate", "admin", ["system:masters", "system:authenticated"]],
      ["admin-certificate-data", "admin", ["system:masters", "system:authenticated"]],
      ["powerless", "powerless", ["system:authenticated"]],
      ["powerless-certificate", "powerless", ["system:authenticated"]],
      ["ci-certificate", "ci", ["system:authenticated"]],
    ])("is the user of the context %s (P32)", async (context, username, groups) => {
      const info = await whoAmI(await cluster().connect({ context }));
      expect(info).toMatchObject({ username, groups });
    });

    it("is nobody without a credential, and told so by a 401 or 403 (P26)", async () => {
      const { server, caFile } = cluster().access;
      const ca = await readFile(caFile, "utf8");
      const unknown = await cluster().connectAs({ server, ca, token: "nobody" });
      const error = await rejection(unknown.resources(Pod).inNamespace("default").list());
      expect(error).toMatchObject({ status: 401, reason: "Unauthorized" });
      expect(error.message).toBe(
        'list pods in namespace "default": unauthorized (401). Check the credentials: they are missing, expired, or of another cluster.',
      );
      expect(
        await whoAmI(await cluster().connectAs({ server, ca })).catch((refused) => refused),
      ).toMatchObject({
        status: 403,
      });
    });

    it("does not trust a server whose certificate another authority signed (P31, P32)", async () => {
      const { server, token } = cluster().access;
      const stranger = await cluster().connectAs({ server, token, retry: { maxRetries: 0 } });
      const error = await rejection(stranger.resources(Pod).inNamespace("default").list());
      expect(error).toMatchObject({ code: "TLS_FAILED" });
    });
  });

  describe("with the role to read pods in one namespace", () => {
    let namespace: string;

    beforeAll(async () => {
      namespace = await cluster().namespace();
      const { admin } = cluster();
      await admin
        .resources(Role)
        .inNamespace(namespace)
        .create({
          metadata: { name: "pod-reader" },
          rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }],
        });
      await admin
        .resources(RoleBinding)
        .inNamespace(namespace)
        .create({
          metadata: { name: "ci-reads-pods" },
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "pod-reader" },
          subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "ci" }],
        });
      // The authorizer hears of a new role a moment later.
      const ci = await cluster().connect({ context: "ci" });
      await vi.waitFor(() => ci.resources(Pod).inNamespace(namespace).list(), { timeout: 10_000 });
    });

    it.each<ContextName>(["ci", "ci-certificate"])("reads there and nowhere else, as %s", async (context) => {
      const ci = await cluster().connect({ context });
      expect((await ci.resources(Pod).inNamespace(namespace).list()).items).toEqual([]);

      const error = await rejection(ci.resources(Pod).inNamespace("shop").list());
      expect(error).toMatchObject({ code: "API", status: 403, reason: "Forbidden" });
      expect(error.message).toBe(
        'list pods in namespace "shop": forbidden: user "ci" cannot list resource "pods" (403). ' +
          'Needs: get/list/watch on pods in "shop".',
      );
    });

    it("is told what each other verb needs", async () => {
      const ci = await cluster().connect({ context: "ci" });
      const pods = ci.resources(Pod).inNamespace(namespace);
      const message = async (promise: Promise<unknown>) => (await rejection(promise)).message;
      expect(await message(pods.withName("web-0").delete())).toBe(
        `delete pods "web-0" in namespace "${namespace}": forbidden: user "ci" cannot delete resource "pods" (403). ` +
          `Needs: delete on pods in "${namespace}".`,
      );
      expect(await message(pods.withName("web-0").status.patch({ merge: { status: {} } }))).toBe(
        `patch pods/status "web-0" in namespace "${namespace}": forbidden: user "ci" cannot patch resource "pods/status" (403). ` +
          `Needs: patch on pods/status in "${namespace}".`,
      );
      expect(await message(ci.resources(Pod).list())).toBe(
        'list pods: forbidden: user "ci" cannot list resource "pods" (403). ' +
          "Needs: get/list/watch on pods at the cluster scope.",
      );
      expect(await message(ci.resources(Role).inNamespace(namespace).list())).toBe(
        `list roles.rbac.authorization.k8s.io in namespace "${namespace}": forbidden: ` +
          'user "ci" cannot list resource "roles" in group "rbac.authorization.k8s.io" (403). ' +
          `Needs: get/list/watch on roles.rbac.authorization.k8s.io in "${namespace}".`,
      );
    });

    it("rejects synced() of an informer that may not list, and follows where it may (P26)", async () => {
      const ci = await cluster().connect({ context: "ci" });
      const refused = ci.resources(Pod).inNamespace("shop").informer();
      await expect(refused.synced({ timeoutMs: 20_000 })).rejects.toMatchObject({ status: 403 });
      expect(refused.health()).toMatchObject({ state: "failed" });
      await refused.stop();
      const allowed = ci.resources(Pod).inNamespace(namespace).informer();
      await allowed.synced({ timeoutMs: 20_000 });
      await allowed.stop();
    });
  });

  describe("on behalf of others", () => {
    it("is the user, with groups, uid and extra, whom it impersonates (P32, H28)", async () => {
      const { server, token, caFile } = cluster().access;
      const impersonate = {
        user: "ada@example.com",
        groups: ["devs", "on call"],
        uid: "4711",
        extra: { "example.com/Team": ["shop", "späti"], scopes: ["view"] },
      };
      const ada = await cluster().connectAs({
        server,
        token,
        ca: await readFile(caFile, "utf8"),
        impersonate,
      });
      expect(await whoAmI(ada)).toEqual({
        username: "ada@example.com",
        uid: "4711",
        groups: ["devs", "on call", "system:authenticated"],
        // Header names have no case: the server lowers it.
        extra: { "example.com/team": ["shop", "späti"], scopes: ["view"] },
      });
    });

    it("has the rights of whom it impersonates, and needs one itself", async () => {
      const { server, token, powerlessToken, caFile } = cluster().access;
      const ca = await readFile(caFile, "utf8");
      const asCi = await cluster().connectAs({ server, token, ca, impersonate: { user: "ci" } });
      const denied = await rejection(asCi.resources(ConfigMap).inNamespace("shop").list());
      expect(denied.message).toContain('user "ci" cannot list resource "configmaps"');

      const usurper = await cluster().connectAs({
        server,
        token: powerlessToken,
        ca,
        impersonate: { user: "admin" },
      });
      const refused = await rejection(usurper.resources(Pod).inNamespace("shop").list());
      expect(refused).toMatchObject({ status: 403 });
      // Which right it names is the server's: since 1.36 one for what is asked, before that one for the user.
      expect(refused.message).toMatch(
        /forbidden: user "powerless" cannot impersonate\S* .*Needs: impersonate/,
      );
    });
  });

  it("is a service account by a token that it requested", async () => {
    const namespace = await cluster().namespace();
    const accounts = cluster().admin.resources(ServiceAccount).inNamespace(namespace);
    await accounts.create({ metadata: { name: "robot" } });
    const request = await accounts
      .withName("robot")
      .subresource<TokenRequest>("token")
      .create({ metadata: {}, spec: { audiences: [], expirationSeconds: 600 } });
    const { server, caFile } = cluster().access;
    const robot = await cluster().connectAs({
      server,
      token: request.status?.token,
      ca: await readFile(caFile, "utf8"),
    });
    expect(await whoAmI(robot)).toMatchObject({
      username: `system:serviceaccount:${namespace}:robot`,
      groups: expect.arrayContaining([`system:serviceaccounts:${namespace}`]),
    });
  });

  describe("whose credential has expired", () => {
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "kube-reflex-users-"));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));
    beforeEach(() => vi.useRealTimers());

    it("reads the token file again after a 401, and repeats the request (P33, H27)", async () => {
      const { server, token, caFile } = cluster().access;
      const tokenFile = join(folder, "token");
      await writeFile(tokenFile, "expired\n");
      const late = await cluster().connectAs({ server, tokenFile, ca: await readFile(caFile, "utf8") });
      expect(await whoAmI(late).catch((error) => error)).toMatchObject({ status: 401 });
      await writeFile(tokenFile, `${token}\n`);
      expect(await whoAmI(late)).toMatchObject({ username: "admin" });
    });

    it("asks the exec plugin once more after a 401, for all requests that wait (P33)", async () => {
      const { server, token, caFile } = cluster().access;
      const calls = join(folder, "calls");
      // The first token that it prints is one that the server does not know.
      const script = `
        const { appendFileSync, readFileSync } = require("node:fs");
        appendFileSync(${JSON.stringify(calls)}, "x");
        const isFirst = readFileSync(${JSON.stringify(calls)}, "utf8") === "x";
        const status = { token: isFirst ? "expired" : process.env.TOKEN };
        console.log(JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status }));
      `;
      const exec = {
        apiVersion: "client.authentication.k8s.io/v1",
        command: process.execPath,
        args: ["-e", script],
        env: [{ name: "TOKEN", value: token }],
        interactiveMode: "Never",
      };
      const kubeconfig = join(folder, "exec.yaml");
      const config = {
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "c", cluster: { server, "certificate-authority": caFile } }],
        users: [{ name: "u", user: { exec } }],
        contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
        "current-context": "x",
      };
      await writeFile(kubeconfig, JSON.stringify(config));
      const late = await cluster().connectAs({ kubeconfig });
      const all = await Promise.all(Array.from({ length: 10 }, () => whoAmI(late)));
      expect(all.map(({ username }) => username)).toEqual(Array.from({ length: 10 }, () => "admin"));
      expect(await readFile(calls, "utf8")).toBe("xx");
    });
  });
});

import { expect, it } from "vitest";
import { configFromExplicit } from "../../src/config/explicit.ts";
import { configFromKubeconfig } from "../../src/config/kubeconfig.ts";
import { parseKubeconfig } from "../../src/config/kubeconfig-document.ts";

const server = "https://127.0.0.1:6443";
const invalid = expect.objectContaining({ code: "INVALID_CONFIG" });

function fromKubeconfig(user: object) {
  const document = {
    "current-context": "c",
    clusters: [{ name: "c", cluster: { server } }],
    users: [{ name: "u", user }],
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
  };
  return configFromKubeconfig(parseKubeconfig(JSON.stringify(document), "kubeconfig", "/"));
}

it("refuses what would end a header before any request, and does not show it", () => {
  const secret = "s3cret\r\nx-evil: 1";
  const calls = [
    () => configFromExplicit({ server, token: secret }),
    () => configFromExplicit({ server, impersonate: { user: secret } }),
    () => configFromExplicit({ server, impersonate: { user: "jane", groups: ["a", secret] } }),
    () => configFromExplicit({ server, impersonate: { user: "jane", extra: { scope: [secret] } } }),
    () => fromKubeconfig({ token: secret }),
    () => fromKubeconfig({ as: secret }),
    () => fromKubeconfig({ as: "jane", "as-groups": [secret] }),
    () => fromKubeconfig({ as: "jane", "as-user-extra": { scope: [secret] } }),
  ];
  for (const call of calls) {
    expect(call).toThrow(invalid);
    expect(call).not.toThrow(/s3cret/);
  }
  expect(fromKubeconfig({ token: " abc\n" }).credentials).toEqual({ type: "token", token: "abc" });
});

it("does not show the password of an address without a scheme that cannot be read", () => {
  const call = () => configFromExplicit({ server: "jane:s3cret@host:no-port" });
  expect(call).toThrow(invalid);
  expect(call).not.toThrow(/s3cret/);
});

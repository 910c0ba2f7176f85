import { MockAgent } from "undici";
import { describe, expect, it } from "vitest";
import type { ClusterConfig } from "../../src/config/cluster-config.ts";
import {
  type ClusterTransportOptions,
  createClusterTransport,
} from "../../src/transport/cluster-transport.ts";
import { isNear } from "../../src/transport/near.ts";
import { configFor, get, textOf } from "./local-server.ts";

const far = "https://cluster.example:6443";
const here = "https://127.0.0.1:6443";

/** The encoding that a request which takes gzip asks for in the end. */
async function asked(
  server: string,
  extra: Partial<ClusterConfig> = {},
  options: ClusterTransportOptions = {},
  accepted = "gzip",
): Promise<unknown> {
  const agent = new MockAgent();
  agent.disableNetConnect();
  let headers: Record<string, string> = {};
  agent
    .get(server)
    .intercept({ path: "/pods" })
    .reply(200, (request) => {
      headers = request.headers as Record<string, string>;
      return "list";
    });
  const transport = createClusterTransport(configFor(server, extra), { ...options, dispatcher: agent });
  const request = get("/pods", { headers: { "accept-encoding": accepted } });
  expect(await textOf(await transport(request))).toBe("list");
  await transport.close();
  await agent.close();
  return headers["accept-encoding"];
}

describe("answers", () => {
  it("are asked for compressed from a server that is far, unless the configuration says not (H23)", async () => {
    expect(await asked(far)).toBe("gzip");
    expect(await asked(far, { disableCompression: true })).toBe("identity");
  });

  it("are asked for as they are from a server on this machine: compressing takes longer (H23)", async () => {
    expect(await asked(here)).toBe("identity");
  });

  it("are asked for as the option says, wherever the server is and whatever the configuration says (H23)", async () => {
    expect(await asked(here, {}, { compression: true })).toBe("gzip");
    expect(await asked(far, { disableCompression: true }, { compression: true })).toBe("gzip");
    expect(await asked(far, {}, { compression: false })).toBe("identity");
  });

  it("of a watch are never compressed (H23)", async () => {
    expect(await asked(far, {}, { compression: true }, "identity")).toBe("identity");
  });
});

describe("a server", () => {
  it.each(["http://localhost:8080", "https://127.0.0.1:6443", "https://127.3.2.1", "https://[::1]:6443"])(
    "at %s is near",
    (server) => {
      expect(isNear(server, {})).toBe(true);
    },
  );

  it.each([
    "https://10.96.0.1",
    "https://kubernetes.default.svc",
    "https://localhost.example",
    "https://[2001:db8::1]",
  ])("at %s is far from a process that is no pod", (server) => {
    expect(isNear(server, {})).toBe(false);
  });

  it.each([
    ["https://10.96.0.1:443", "10.96.0.1"],
    ["https://[fd00::1]:443", "fd00::1"],
    ["https://kubernetes.default.svc", "10.96.0.1"],
    ["https://kubernetes.default.svc.cluster.local", "10.96.0.1"],
  ])("at %s is near to a pod whose service is %s", (server, host) => {
    expect(isNear(server, { KUBERNETES_SERVICE_HOST: host })).toBe(true);
    expect(isNear("https://other.example", { KUBERNETES_SERVICE_HOST: host })).toBe(false);
  });
});

import { expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { Client } from "../../src/client/client.ts";
import { Pod } from "../../src/kinds/index.ts";
import { withPolicy } from "../../src/transport/cluster-transport.ts";
import type { Transport } from "../../src/transport/port.ts";

const status = {
  kind: "Status",
  status: "Failure",
  code: 429,
  reason: "TooManyRequests",
  message: "slow down",
};

/** A server that is busy for ever. */
const busy: Transport = async ({ signal }) => {
  if (signal?.aborted) throw new KubeError("ABORTED", "sent after the end");
  return {
    status: 429,
    headers: { "content-type": "application/json", "retry-after": "1" },
    body: (async function* () {
      yield Buffer.from(JSON.stringify(status));
    })(),
  };
};

it("a call that runs out of time says what its attempts failed with (H8)", async () => {
  vi.useFakeTimers();
  try {
    const client = new Client(withPolicy(busy, "test", {}));
    const call = { verb: "get", kind: Pod, namespace: "shop", name: "web" } as const;
    const failed = expect(client.json(call, { timeoutMs: 2500 })).rejects.toMatchObject({
      code: "TIMEOUT",
      message: expect.stringMatching(
        /^get pods "web" in namespace "shop": .*2500 ms.*previous attempt.*429/s,
      ),
    });
    await vi.advanceTimersByTimeAsync(3000);
    await failed;
  } finally {
    vi.useRealTimers();
  }
});

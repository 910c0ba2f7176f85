import { once } from "node:events";
import { text } from "node:stream/consumers";
import { Pod } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { expect, it } from "vitest";

it("talks to a pod whose container the test plays", async () => {
  await using server = await TestApiServer.start({ listen: false, namespaces: ["shop"] });
  const spec = { nodeName: "n1", containers: [{ name: "web", image: "web:1" }] };
  server.create(Pod, { metadata: { name: "web-0", namespace: "shop" }, spec, status: { phase: "Running" } });
  server.setLog({ namespace: "shop", name: "web-0" }, ["starting", "listening on 80"]);
  server.onExec(async ({ command, stdin, stdout }) => {
    if (command[0] !== "cat") return 127; // the exit code; nothing is 0
    for await (const chunk of stdin) stdout.write(chunk);
  });
  server.onPortForward(({ port, connection }) => connection.end(`hello from ${port}`));

  const pod = (await server.cluster()).resources(Pod).inNamespace("shop").withName("web-0");
  expect(await pod.logs({ tailLines: 1 }).text()).toBe("listening on 80\n");
  expect((await pod.run(["cat"], { stdin: "hello" })).stdout).toBe("hello");
  await expect(pod.run(["ls"])).rejects.toMatchObject({ code: "COMMAND_FAILED", exitCode: 127 });

  await using forward = await pod.portForward(80);
  const connection = await forward.open();
  connection.end();
  expect(await text(connection)).toBe("hello from 80");
  if (!connection.closed) await once(connection, "close");
});

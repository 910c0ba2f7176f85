import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { serve } from "./local-server.ts";

const run = promisify(execFile);
const transportUrl = new URL("../../src/transport/undici-transport.ts", import.meta.url).href;

/** A process of its own that talks to a server; the promise fails unless it ends by itself. */
async function inProcess(url: string, body: string): Promise<string> {
  const script = `
    import { createUndiciTransport } from ${JSON.stringify(transportUrl)};
    const config = { server: ${JSON.stringify(url)}, tls: {}, credentials: { type: "none" }, namespace: "", origin: "" };
    const transport = createUndiciTransport(config);
    const send = (path, isStream) => transport({ method: "GET", path, headers: {}, isStream });
    ${body}
    process.stdout.write("done");
  `;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], { timeout: 20_000 });
  return stdout;
}

it("lets the process end after close(), whatever was open", { timeout: 30_000 }, async () => {
  await using server = await serve((request, response) => {
    if (request.url === "/watch") response.writeHead(200).write("x");
    else response.end("ok");
  });
  const output = await inProcess(
    server.url,
    `
    for await (const _ of (await send("/get", false)).body);
    const stream = await send("/watch", true);
    await transport.close();
    `,
  );
  expect(output).toBe("done");
});

it("lets the process end with idle keep-alive sockets alone", { timeout: 30_000 }, async () => {
  await using server = await serve((_request, response) => {
    response.writeHead(200, { "keep-alive": "timeout=600" }).end("ok");
  });
  server.server.keepAliveTimeout = 600_000;
  const output = await inProcess(server.url, `for await (const _ of (await send("/get", false)).body);`);
  expect(output).toBe("done");
});

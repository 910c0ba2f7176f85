import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { partOfYaml } from "../../tsup.config.ts";

const run = promisify(execFile);
const source = fileURLToPath(new URL("../../src/index.ts", import.meta.url));

/** The files of undici that are in memory after `body` ran in a process of its own. */
async function loadedBy(body: string): Promise<string[]> {
  const script = `
    import { createRequire } from "node:module";
    import { createServer } from "node:http";
    ${body}
    const { cache } = createRequire(import.meta.url);
    const files = Object.keys(cache).filter((file) => file.includes("/node_modules/undici/"));
    process.stdout.write(JSON.stringify(files.map((file) => file.split("/node_modules/undici/")[1])));
    process.exit(0);
  `;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], { timeout: 30_000 });
  return JSON.parse(stdout);
}

const index = JSON.stringify(source);

describe("undici", () => {
  it("is loaded by its dispatchers alone: neither its index nor fetch, caches and mocks, nor what only proxies need", {
    timeout: 60_000,
  }, async () => {
    const files = await loadedBy(`await import(${index});`);
    expect(files).toContain("lib/dispatcher/agent.js");
    expect(files.filter((file) => /proxy|socks|^lib\/api/.test(file))).toEqual([]);
    expect(
      files.filter((file) => /^index|^lib\/(global|web|mock|cache|interceptor|handler)/.test(file)),
    ).toEqual([]);
  });

  it("loads no more of itself for a request with a body", { timeout: 60_000 }, async () => {
    const files = await loadedBy(`
      const { Cluster } = await import(${index});
      const server = createServer((request, response) => response.end(JSON.stringify({ kind: "Pod", apiVersion: "v1", metadata: {} })));
      await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { createUndiciTransport } = await import(new URL("transport/undici-transport.ts", ${JSON.stringify(new URL("../../src/", import.meta.url).href)}).href);
      const transport = createUndiciTransport({ server: "http://127.0.0.1:" + server.address().port, tls: {}, credentials: { type: "none" }, namespace: "", origin: "" });
      for (const body of ["{}", new Uint8Array([123, 125])]) {
        const answer = await transport({ method: "POST", path: "/", headers: {}, body, isStream: false });
        for await (const _ of answer.body);
      }
    `);
    expect(files).toContain("lib/llhttp/llhttp_simd-wasm.js");
    expect(
      files.filter((file) => /^index|^lib\/(global|web|mock|cache|interceptor|handler)/.test(file)),
    ).toEqual([]);
  });
});

describe("a bundled, minified program", () => {
  it("that lists pods is at most 120 KB larger than undici alone", { timeout: 60_000 }, async () => {
    const bundled = async (contents: string): Promise<number> => {
      const { outputFiles } = await build({
        stdin: { contents, resolveDir: fileURLToPath(new URL("../..", import.meta.url)), loader: "ts" },
        bundle: true,
        minify: true,
        write: false,
        platform: "node",
        format: "cjs",
        target: "node22",
        external: ["@kubernetes/client-node"],
        // As the package is built: users get this part of it and no more.
        plugins: [partOfYaml],
        alias: { "kube-reflex": source, "kube-reflex/kinds": source.replace("index.ts", "kinds/index.ts") },
      });
      return outputFiles[0]?.contents.byteLength ?? 0;
    };
    const undici = await bundled(
      `import { Agent, ProxyAgent, request } from "undici"; console.log(Agent, ProxyAgent, request);`,
    );
    const program = await bundled(`
      import { Cluster } from "kube-reflex";
      import { Pod } from "kube-reflex/kinds";
      Cluster.connect().then((cluster) => cluster.resources(Pod).list()).then(console.log);
    `);
    expect(program).toBeGreaterThan(400_000);
    expect(program).toBeLessThanOrEqual(undici + 120_000);
  });
});

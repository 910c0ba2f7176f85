import { connect, type Socket } from "node:net";
import { type LocalServer, serve } from "./local-server.ts";

/** A proxy that tunnels by CONNECT, and remembers where to. */
export async function connectProxy(): Promise<LocalServer & { readonly tunnels: string[] }> {
  const proxy = await serve((_request, response) => response.writeHead(405).end());
  const tunnels: string[] = [];
  proxy.server.on("connect", (request, client: Socket) => {
    tunnels.push(String(request.url));
    const [host, port] = String(request.url).split(":");
    const upstream = connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on("error", () => client.destroy());
    client.on("error", () => upstream.destroy());
    client.on("close", () => upstream.destroy());
  });
  return Object.assign(proxy, { tunnels });
}

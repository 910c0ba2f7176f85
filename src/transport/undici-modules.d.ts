// undici's parts by their own paths: all of undici costs 90 ms and 730 KB, mostly for fetch, caches and mocks.

declare module "undici/lib/dispatcher/agent.js" {
  import { Agent } from "undici";
  export default Agent;
}

declare module "undici/lib/dispatcher/proxy-agent.js" {
  import { ProxyAgent } from "undici";
  export default ProxyAgent;
}

declare module "undici/lib/dispatcher/pool.js" {
  import { Pool } from "undici";
  export default Pool;
}

declare module "undici/lib/api/api-connect.js" {
  import { Dispatcher } from "undici";

  const connect: Dispatcher["connect"];
  export default connect;
}

declare module "undici/lib/core/connect.js" {
  import { Socket } from "node:net";
  import { buildConnector } from "undici";

  /** Returns the socket that it connects, too; undici's own types leave that out. */
  type SocketConnector = (options: buildConnector.Options, callback: buildConnector.Callback) => Socket;
  export default function connector(options: buildConnector.BuildOptions): SocketConnector;
}

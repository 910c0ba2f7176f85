/** The server's own ceiling: bytes of a watch read from a bare socket into one buffer, and counted. */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { EventsTimer, report, task } from "./contestant.ts";

const [cluster] = JSON.parse(readFileSync(task.kubeconfig, "utf8")).clusters;
const { server, "certificate-authority-data": ca = "" } = cluster.cluster;
const url = new URL(server);
const eventBytes = Number(task.variant);
const expected = (task.events ?? 0) * eventBytes;
const timer = new EventsTimer();
let received = 0;

const onread = {
  buffer: Buffer.allocUnsafeSlow(1 << 20),
  callback(bytes: number): boolean {
    received += bytes;
    if (received >= expected) report(timer.figures());
    return true;
  },
};
const where = { host: url.hostname, port: Number(url.port), onread };
const socket =
  url.protocol === "https:"
    ? // The types know `onread` for bare sockets alone; TLS sockets take it too.
      connectTls({ ...where, ca: Buffer.from(ca, "base64") } as object)
    : connect(where);
socket.once(url.protocol === "https:" ? "secureConnect" : "connect", () => {
  socket.write(`GET /api/v1/pods?watch=1 HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`);
  void timer.go();
});

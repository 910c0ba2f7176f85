/** What the operator manages outside of the cluster: names, each leading to a service. */
import { appendFileSync, readFileSync } from "node:fs";

/** The port that the reconciler calls; a DNS provider's API in real life, a map in tests. */
export interface DnsZone {
  /** Where a name leads; undefined where it does not exist. */
  find(host: string): Promise<string | undefined>;
  /** The names that lead somewhere. */
  hostsOf(target: string): Promise<string[]>;
  /** Let a name lead somewhere; resolves to false, and changes nothing, where it leads elsewhere. */
  claim(host: string, target: string): Promise<boolean>;
  remove(host: string): Promise<void>;
}

/** A zone as a file of its changes, one a line: `set shop.example.com web.shop`, `remove shop.example.com`. */
export class FileZone implements DnsZone {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async find(host: string): Promise<string | undefined> {
    return this.#read().get(host);
  }

  async hostsOf(target: string): Promise<string[]> {
    const names = this.#read();
    return [...names.keys()].filter((host) => names.get(host) === target);
  }

  // Without a pause between the look and the change, as four reconciles run at once.
  async claim(host: string, target: string): Promise<boolean> {
    const found = this.#read().get(host);
    if (found === undefined) appendFileSync(this.#path, `set ${host} ${target}\n`);
    return found === undefined || found === target;
  }

  async remove(host: string): Promise<void> {
    appendFileSync(this.#path, `remove ${host}\n`);
  }

  #read(): Map<string, string> {
    const names = new Map<string, string>();
    const text = readFileSync(this.#path, { encoding: "utf8", flag: "a+" });
    for (const line of text.split("\n")) {
      const [change, host = "", target = ""] = line.split(" ");
      if (change === "set") names.set(host, target);
      if (change === "remove") names.delete(host);
    }
    return names;
  }
}

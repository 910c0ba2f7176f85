import { isIP } from "node:net";
import { generate } from "selfsigned";

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface Issue {
  /** DNS names and addresses of a server's certificate. */
  readonly names?: readonly string[];
  readonly from?: Date;
  readonly until?: Date;
}

/** A certificate authority of a test's own. */
export class Authority {
  readonly #pair: Pair;

  private constructor(pair: Pair) {
    this.#pair = pair;
  }

  static async make(name = "test authority"): Promise<Authority> {
    const { cert, private: key } = await generate([{ name: "commonName", value: name }], {
      keyType: "ec",
      algorithm: "sha256",
      extensions: [
        { name: "basicConstraints", cA: true, critical: true },
        { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
      ],
    });
    return new Authority({ cert, key });
  }

  /** The authority's own certificate. */
  get cert(): string {
    return this.#pair.cert;
  }

  async issue(commonName: string, { names = [], from, until }: Issue = {}): Promise<Pair> {
    const altNames = names.map((name) =>
      isIP(name) === 0 ? { type: 2 as const, value: name } : { type: 7 as const, ip: name },
    );
    const { cert, private: key } = await generate([{ name: "commonName", value: commonName }], {
      keyType: "ec",
      algorithm: "sha256",
      ca: this.#pair,
      ...(from === undefined ? {} : { notBeforeDate: from }),
      ...(until === undefined ? {} : { notAfterDate: until }),
      extensions: [
        { name: "basicConstraints", cA: false },
        { name: "keyUsage", digitalSignature: true },
        { name: "extKeyUsage", serverAuth: true, clientAuth: true },
        ...(altNames.length === 0 ? [] : [{ name: "subjectAltName" as const, altNames }]),
      ],
    });
    return { cert, key };
  }
}

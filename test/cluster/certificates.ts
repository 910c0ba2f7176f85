import { generate } from "selfsigned";

/** A certificate and its private key, PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Whom a client certificate stands for: the common name is the user, the organization the group. */
export interface CertificateUser {
  readonly user: string;
  readonly group?: string;
}

/** A certificate authority made for one run. */
export interface Authority {
  readonly cert: string;
  /** A certificate for a server on 127.0.0.1. */
  serving(): Promise<Certificate>;
  /** A certificate that a client shows to say who it is. */
  client(user: CertificateUser): Promise<Certificate>;
}

const common = { keyType: "ec", algorithm: "sha256" } as const;

/** Makes an authority; its key never leaves this process. */
export async function createAuthority(): Promise<Authority> {
  const made = await generate([{ name: "commonName", value: "kube-reflex test authority" }], {
    ...common,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, digitalSignature: true, critical: true },
    ],
  });
  const ca = { cert: made.cert, key: made.private };
  return {
    cert: ca.cert,
    async serving() {
      const { cert, private: key } = await generate([{ name: "commonName", value: "kube-apiserver" }], {
        ...common,
        ca,
        extensions: [
          { name: "keyUsage", digitalSignature: true, critical: true },
          { name: "extKeyUsage", serverAuth: true },
          {
            name: "subjectAltName",
            altNames: [
              { type: 7, ip: "127.0.0.1" },
              { type: 2, value: "localhost" },
            ],
          },
        ],
      });
      return { cert, key };
    },
    async client({ user, group }) {
      const subject = [{ name: "commonName", value: user }];
      if (group !== undefined) subject.unshift({ name: "organizationName", value: group });
      const { cert, private: key } = await generate(subject, {
        ...common,
        ca,
        extensions: [
          { name: "keyUsage", digitalSignature: true, critical: true },
          { name: "extKeyUsage", clientAuth: true },
        ],
      });
      return { cert, key };
    },
  };
}

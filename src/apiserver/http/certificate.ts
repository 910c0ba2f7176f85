import { KubeError } from "../../base/errors.ts";

/** A key and a certificate, as PEM text. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Make a certificate for loopback that signs itself, valid for a year; trust it by its own `cert`.
 *
 * The library that makes certificates, `selfsigned`, is an optional peer: who
 * does not serve HTTPS does not install it. Rejects with `UNSUPPORTED` where it
 * is missing.
 */
export async function selfSignedCertificate(): Promise<Certificate> {
  const { generate } = await import("selfsigned").catch((cause: unknown) => {
    throw new KubeError(
      "UNSUPPORTED",
      "Make a certificate: the package `selfsigned` is not installed; install it, or give `tls: { key, cert }`",
      { cause },
    );
  });
  const { private: key, cert } = await generate([{ name: "commonName", value: "kube-reflex test server" }], {
    keyType: "ec",
    // Clocks of other machines may be behind.
    notBeforeDate: new Date(Date.now() - dayMs),
    notAfterDate: new Date(Date.now() + 365 * dayMs),
    extensions: [
      // It signs itself, so whoever trusts it must accept it as an authority.
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", digitalSignature: true, keyCertSign: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
          { type: 7, ip: "::1" },
        ],
      },
    ],
  });
  return { key, cert };
}

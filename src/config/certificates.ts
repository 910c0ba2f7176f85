import { createPrivateKey, X509Certificate } from "node:crypto";
import { invalidConfig } from "./cluster-config.ts";

const certificateBlock =
  /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED )?CERTIFICATE-----/g;

function parseCertificates(pem: string, where: string, what: string): X509Certificate[] {
  const blocks = pem.match(certificateBlock);
  if (blocks === null) throw invalidConfig(where, `${what} holds no PEM certificate`);
  return blocks.map((block) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw invalidConfig(where, `${what} holds a certificate that cannot be read`, error);
    }
  });
}

/** Check that a text is one or more PEM certificates; throws `INVALID_CONFIG` naming where it stands. */
export function checkedCa(pem: string, where: string, what: string): string {
  parseCertificates(pem, where, what);
  return pem;
}

/** Check a client certificate and its key, and that they belong together. */
export function checkKeyPair(cert: string, key: string, where: string): void {
  const [leaf] = parseCertificates(cert, where, "the client certificate");
  let privateKey: ReturnType<typeof createPrivateKey>;
  try {
    privateKey = createPrivateKey(key);
  } catch {
    // No cause: what the parser says of a key is nobody's business.
    throw invalidConfig(where, "the client key cannot be read; it must be PEM and not encrypted");
  }
  if (leaf?.checkPrivateKey(privateKey) === false) {
    throw invalidConfig(where, "the client key does not belong to the client certificate");
  }
}

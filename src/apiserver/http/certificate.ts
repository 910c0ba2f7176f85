import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** A key and a certificate, as PEM text. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** One DER element: its tag, its length, its content. */
function element(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const digits = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...digits]), content]);
}

const sequence = (...parts: Uint8Array[]): Buffer => element(0x30, ...parts);
const text = (tag: number, value: string): Buffer => element(tag, Buffer.from(value));
/** A bit string whose number of bits is a multiple of eight. */
const bits = (content: Uint8Array): Buffer => element(0x03, Buffer.from([0]), content);
const isTrue: Buffer = element(0x01, Buffer.from([0xff]));

/** An object identifier from its encoded bytes. */
const oid = (...bytes: number[]): Buffer => element(0x06, Buffer.from(bytes));
const commonName: Buffer = oid(0x55, 0x04, 0x03);
const ecdsaWithSha256: Buffer = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));

/** A time as X.509 has it: two digits of the year until 2049, four afterwards. */
function time(atMs: number): Buffer {
  const digits = `${new Date(atMs).toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`;
  return digits < "2050" ? text(0x17, digits.slice(2)) : text(0x18, digits);
}

function extension(id: number, isCritical: boolean, content: Buffer): Buffer {
  return sequence(oid(0x55, 0x1d, id), ...(isCritical ? [isTrue] : []), element(0x04, content));
}

function extensions(): Buffer {
  const serverAuth = oid(0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01);
  const loopback6 = Buffer.alloc(16);
  loopback6[15] = 1;
  const names = sequence(
    text(0x82, "localhost"),
    element(0x87, Buffer.from([127, 0, 0, 1])),
    element(0x87, loopback6),
  );
  return element(
    0xa3,
    sequence(
      // It signs itself, so whoever trusts it must accept it as an authority.
      extension(0x13, true, sequence(isTrue)),
      // Digital signature and certificate signing; two bits are unused.
      extension(0x0f, true, element(0x03, Buffer.from([2, 0x84]))),
      extension(0x25, false, sequence(serverAuth)),
      extension(0x11, false, names),
    ),
  );
}

function certificateOf(publicKey: KeyObject, privateKey: KeyObject): Buffer {
  const name = sequence(element(0x31, sequence(commonName, text(0x0c, "kube-reflex"))));
  const serial = randomBytes(16);
  // Positive and without a leading zero byte.
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f);
  const dayMs = 24 * 60 * 60 * 1000;
  const now = Date.now();
  const toSign = sequence(
    element(0xa0, element(0x02, Buffer.from([2]))),
    element(0x02, serial),
    ecdsaWithSha256,
    name,
    sequence(time(now - dayMs), time(now + 365 * dayMs)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    extensions(),
  );
  return sequence(toSign, ecdsaWithSha256, bits(sign("sha256", toSign, privateKey)));
}

/**
 * Make a key and a certificate for loopback that signs itself, good for a year.
 *
 * For tests only: whoever trusts it trusts everything its key signs. node:crypto
 * has keys and signatures but no certificates, hence the few lines of DER.
 */
export function selfSignedCertificate(): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const base64 = certificateOf(publicKey, privateKey).toString("base64");
  const lines = base64.match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
  };
}

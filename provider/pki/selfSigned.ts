/** Makes a self-signed certificate with an RSA key in this process: for what Exchange would only make with side effects. */
import { generateKeyPair, randomBytes, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import forge from "node-forge";
import { readCertificate, type Certificate } from "./certificate";

export interface SelfSigned {
  certificate: Certificate;
  privateKey: KeyObject;
}

const KEY_BITS = 2048;

/**
 * As New-ExchangeCertificate makes them (exchange.md 15.1): RSA 2048, SHA-256, KeyUsage DigitalSignature and KeyEncipherment, EKU
 * serverAuth, no CA; without domain names.
 *
 * @param key of another certificate that is to be followed by one with the same key; default: a new one
 */
export async function makeSelfSigned(commonName: string, notBefore: Date, notAfter: Date, key?: KeyObject): Promise<SelfSigned> {
  const privateKey = key ?? (await promisify(generateKeyPair)("rsa", { modulusLength: KEY_BITS })).privateKey;
  const rsa = forge.pki.privateKeyFromPem(privateKey.export({ format: "pem", type: "pkcs1" }) as string);
  const made = forge.pki.createCertificate();
  made.publicKey = forge.pki.rsa.setPublicKey(rsa.n, rsa.e);
  made.serialNumber = serialNumber();
  made.validity.notBefore = notBefore;
  made.validity.notAfter = notAfter;
  const name = [{ name: "commonName", value: commonName }];
  made.setSubject(name);
  made.setIssuer(name);
  made.setExtensions([
    { name: "keyUsage", critical: true, digitalSignature: true, keyEncipherment: true },
    { name: "extKeyUsage", serverAuth: true },
    { name: "basicConstraints", critical: true, cA: false },
    { name: "subjectKeyIdentifier" },
  ]);
  made.sign(rsa, forge.md.sha256.create());
  const der = forge.asn1.toDer(forge.pki.certificateToAsn1(made)).getBytes();
  return { certificate: readCertificate(Buffer.from(der, "binary")), privateKey };
}

/** 16 octets, positive and not zero at the front (RFC 5280, 4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] & 0x3f) | 0x40;
  return bytes.toString("hex");
}

/** What Import-ExchangeCertificate is handed: PKCS#12, PKCS#7 or a bare certificate, as bytes or text. // 2.3 */
import { X509Certificate } from "node:crypto";
import forge from "node-forge";
import { readCertificate, type Certificate } from "../../../provider/pki";

const SIGNED_DATA = "1.2.840.113549.1.7.2";
type Asn1 = forge.asn1.Asn1;

/** PEM and Base64 text stand for their bytes: Export without -BinaryEncoded writes such. */
export function unwrapped(data: Uint8Array): Buffer {
  const bytes = Buffer.from(data);
  const text = bytes.toString("latin1");
  const armoured = /-----BEGIN [A-Z0-9 ]+-----([\s\S]*?)-----END/.exec(text)?.[1];
  const base64 = armoured ?? (/^MI[A-Z]/.test(text) ? text : null);
  return base64 === null ? bytes : Buffer.from(base64, "base64");
}

/** The certificates of a file without a key: a bare one, or those of a PKCS#7 container; null when it is something else. */
export function bareCertificates(data: Uint8Array): Certificate[] | null {
  const bytes = unwrapped(data);
  try {
    return [readCertificate(Buffer.from(new X509Certificate(bytes).raw))];
  } catch {
    return fromPkcs7(bytes);
  }
}

/** Of several certificates the first one with a KeyUsage without keyCertSign is taken. // [L15] 15.1 */
export function leafOf(certificates: readonly Certificate[]): Certificate | undefined {
  return certificates.find(({ keyUsage }) => keyUsage && !keyUsage.includes("keyCertSign")) ?? certificates.find(({ isCa }) => !isCa);
}

function fromPkcs7(bytes: Buffer): Certificate[] | null {
  try {
    const content = forge.asn1.fromDer(bytes.toString("binary"), { decodeBitStrings: false } as never);
    const [type, wrapped] = content.value as Asn1[];
    if (forge.asn1.derToOid(type.value as string) !== SIGNED_DATA) return null;
    const signedData = (wrapped.value as Asn1[])[0].value as Asn1[];
    // certificates [0] IMPLICIT. // RFC 5652, 5.1
    const set = signedData.find((part) => part.tagClass === forge.asn1.Class.CONTEXT_SPECIFIC && (part.type as number) === 0);
    const list = (set?.value ?? []) as Asn1[];
    const certificates = list.map((item) => readCertificate(Buffer.from(forge.asn1.toDer(item).getBytes(), "binary")));
    return certificates.length > 0 ? certificates : null;
  } catch {
    return null;
  }
}

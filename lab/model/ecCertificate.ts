/** An EC certificate, for the refusals that it meets: an RSA one is made first, then its key is exchanged and it is signed anew. */
import { generateKeyPairSync, sign } from "node:crypto";
import forge from "node-forge";
import { readCertificate } from "../../provider/pki";
import type { Authority, IssuedCertificate, IssueOptions, KeyPair } from "./authority";

const { asn1 } = forge;
const keys = new Map<string, KeyPair>();
/** Position of SubjectPublicKeyInfo in a version 3 TBSCertificate. // RFC 5280, 4.1 */
const PUBLIC_KEY = 6;

export function ecKeyPair(id: string): KeyPair {
  let key = keys.get(id);
  if (!key) keys.set(id, (key = generateKeyPairSync("ec", { namedCurve: "prime256v1" })));
  return key;
}

export async function ecCertificate(
  authority: Authority,
  options: IssueOptions,
  key: KeyPair,
  template: KeyPair,
): Promise<IssuedCertificate> {
  const issued = await authority.issue({ ...options, key: template });
  const whole = asn1.fromDer(issued.certificate.der.toString("binary"));
  const [tbs, algorithm, signature] = whole.value as forge.asn1.Asn1[];
  const spki = key.publicKey.export({ format: "der", type: "spki" }) as Buffer;
  (tbs.value as forge.asn1.Asn1[])[PUBLIC_KEY] = asn1.fromDer(spki.toString("binary"));
  const signed = sign("sha256", Buffer.from(asn1.toDer(tbs).getBytes(), "binary"), authority.privateKey);
  const bits = asn1.create(signature.tagClass, signature.type, false, `\0${signed.toString("binary")}`);
  const der = asn1.toDer(asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [tbs, algorithm, bits])).getBytes();
  return { certificate: readCertificate(Buffer.from(der, "binary")), privateKey: key.privateKey, chain: issued.chain };
}

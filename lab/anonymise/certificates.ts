/** Certificates made anew: the same shape, dates to the hour and relations; other names, numbers and keys, and nothing of a public log. */
import { generateKeyPair, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { child, octets, oidText, readDer, TAG, type DerElement } from "../../provider/pki/der";
import type { KeyPair } from "../model/authority";
import { partsOf } from "../model/certificateParts";
import { der, writeCertificate } from "../model/derWriter";
import { issuedBy, readCertificate, type Certificate } from "../model/x509";
import { renamed } from "./names";

/** basicConstraints, keyUsage, extKeyUsage: what Exchange judges by, and nothing that names anybody. */
const KEPT = new Set(["2.5.29.19", "2.5.29.15", "2.5.29.37"]);
const ALTERNATIVE_NAMES = "2.5.29.17";
const DNS_NAME = 0x82;
const HOUR = 3_600_000;

export interface Naming {
  value(oid: string, text: string): string;
  domain(name: string): string;
}

/** Real thumbprint → made-up certificate. Issuers that are not there sign with a key of nobody's. */
export async function madeAnew(all: readonly Certificate[], naming: Naming): Promise<Map<string, Certificate>> {
  const issuerOf = (one: Certificate): Certificate | undefined =>
    one.selfSigned ? one : all.find((other) => other !== one && issuedBy(one, other));
  const signing = new Set(all.map((one) => issuerOf(one)?.publicKeySha256));
  const keys = new Map<string, KeyPair>();
  const keyOf = async (id: string, original?: Certificate): Promise<KeyPair> => {
    const known = keys.get(id);
    if (known) return known;
    const made = original?.keyType === "EC" && !signing.has(id) ? await newEcKey() : await newRsaKey(bitsOf(original));
    keys.set(id, made);
    return made;
  };
  const made = new Map<string, Certificate>();
  for (const one of all) {
    const issuer = issuerOf(one);
    const signer = await keyOf(issuer?.publicKeySha256 ?? `of ${one.issuer}`, issuer);
    const { publicKey } = await keyOf(one.publicKeySha256, one);
    made.set(one.thumbprint, readCertificate(anew(one, publicKey.export({ format: "der", type: "spki" }), signer, naming)));
  }
  return made;
}

/** As long as it was; what signs is RSA, whatever it was. */
const bitsOf = (original: Certificate | undefined): number =>
  original?.keyType === "RSA" && original.keyBits >= 1024 && original.keyBits <= 4096 ? original.keyBits : 2048;

/** Always new: a key that was used before would lead back to where. */
const newRsaKey = (modulusLength: number): Promise<KeyPair> => promisify(generateKeyPair)("rsa", { modulusLength });
const newEcKey = (): Promise<KeyPair> => promisify(generateKeyPair)("ec", { namedCurve: "P-256" });

function anew(one: Certificate, publicKey: Buffer, signer: KeyPair, naming: Naming): Buffer {
  const { subjectElement, issuerElement, extensionElements } = partsOf(one.der);
  const serial = randomBytes(16);
  serial[0] = (serial[0] & 0x3f) | 0x40;
  const parts = {
    serial: der(TAG.INTEGER, serial),
    issuer: renamed(issuerElement, naming.value),
    validity: der(TAG.SEQUENCE, timeOf(one.notBefore, Math.floor), timeOf(one.notAfter, Math.ceil)),
    subject: renamed(subjectElement, naming.value),
    publicKey,
    extensions: extensionElements.flatMap((extension) => extensionOf(extension, naming)),
  };
  return writeCertificate(parts, signer.privateKey);
}

/** To the hour: the second would lead to a public log. */
function timeOf(date: Date, round: (hours: number) => number): Buffer {
  const text = new Date(round(date.getTime() / HOUR) * HOUR).toISOString().replace(/[-:T]|\.\d+/g, "");
  const short = Number(text.slice(0, 4)) < 2050;
  return der(short ? TAG.UTC_TIME : TAG.GENERALIZED_TIME, Buffer.from(short ? text.slice(2) : text));
}

function extensionOf(extension: DerElement, { domain }: Naming): Buffer[] {
  const oid = oidText(child(extension, 0));
  if (KEPT.has(oid)) return [Buffer.from(extension.bytes)];
  if (oid !== ALTERNATIVE_NAMES) return [];
  const names = readDer(octets(child(extension, extension.children.length - 1))).children.filter(({ tag }) => tag === DNS_NAME);
  if (names.length === 0) return [];
  const list = der(TAG.SEQUENCE, ...names.map(({ content }) => der(DNS_NAME, Buffer.from(domain(content.toString("latin1"))))));
  return [der(TAG.SEQUENCE, child(extension, 0).bytes, der(TAG.OCTET_STRING, list))];
}

/** One certificate: every name, date and hash comes from our own reading of its bytes. */
import { createHash, KeyObject, X509Certificate } from "node:crypto";
import { ExchangeError } from "../base/errors";
import { decodeText } from "../base/text";
import { pemText } from "./armour";
import { child, DerElement, integerValue, octets, oidText, readDer, TAG } from "./der";
import { kindOf, type Kind } from "./kinds";
import { commonNameOf, windowsName } from "./names";
import { tlsCertificateName } from "./tls-name";

export interface Certificate {
  der: Buffer;
  pem: string;
  /** Upper-case hex SHA-1 of the bytes, as Windows and Exchange print it. */
  thumbprint: string;
  /** As `X509Certificate2.Subject` prints it on Windows; "" when empty. */
  subject: string;
  issuer: string;
  /** Upper-case hex of the whole INTEGER, its leading 00 included, as .NET and Exchange print it. */
  serialNumber: string;
  notBefore: Date;
  notAfter: Date;
  /** DNS names of the SAN in order; without a SAN name the common name when it is a domain. */
  domainNames: string[];
  /** The most specific common name. */
  commonName: string | null;
  /** `RSA`, `RSA-PSS`, `EC`, `DSA`, `Ed25519`, … */
  keyType: string;
  /** Length of the key in bits; 0 when unknown. */
  keyBits: number;
  /** Upper-case hex SHA-256 of the SubjectPublicKeyInfo. */
  publicKeySha256: string;
  publicKey: KeyObject;
  /** Issuer and subject are equal and the signature is its own. */
  selfSigned: boolean;
  isCa: boolean;
  /** 1 or 3. */
  version: number;
  /** Names as in RFC 5280 (`digitalSignature`, …); null when the extension is absent. */
  keyUsage: string[] | null;
  /** OIDs; null when the extension is absent. */
  extendedKeyUsage: string[] | null;
  /** `<I>issuer<S>subject`: what Exchange's connectors carry. */
  tlsCertificateName: string;
}

const KEY_USAGES = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
];
const MAX_CERTIFICATE_BYTES = 256 * 1024;
const DOMAIN = /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;

/** Whether `name` is a DNS name, or a wildcard for one. */
export function isDomainName(name: string): boolean {
  return name.length <= 255 && DOMAIN.test(name);
}

/**
 * Reads one certificate.
 * @param input PEM text (the first certificate in it counts), or the bytes of a PEM or DER file.
 * @throws ExchangeError CERTIFICATE_UNREADABLE
 */
export function readCertificate(input: string | Uint8Array): Certificate {
  try {
    return parse(certificateBytes(input));
  } catch (error) {
    if (error instanceof ExchangeError) throw error;
    throw unreadable(error, kindOf(input));
  }
}

function unreadable(cause: unknown, kind?: Kind): ExchangeError {
  const other = kind && kind.name !== "certificate" ? kind : undefined;
  const what = other ? `: it is ${other.what}` : "";
  return new ExchangeError("CERTIFICATE_UNREADABLE", `The input is not a readable X.509 certificate${what}.`, {
    cause,
    hint: other?.wayOut,
  });
}

/** The DER bytes of the first certificate. Node's reader takes only the first PEM block, in either form. */
function certificateBytes(input: string | Uint8Array): Buffer {
  const text = typeof input === "string" ? input : decodeText(input);
  const bytes = text === undefined ? Buffer.from(input as Uint8Array) : Buffer.from(pemText(text));
  if (bytes.length === 0 || bytes.length > MAX_CERTIFICATE_BYTES) throw unreadable(undefined);
  const kind = text?.includes("-----BEGIN") === false ? kindOf(text) : undefined;
  if (kind?.der && kind.name === "certificate") return kind.der;
  return Buffer.from(new X509Certificate(bytes).raw);
}

function parse(der: Buffer): Certificate {
  const x509 = new X509Certificate(der);
  const fields = readFields(der);
  const subject = windowsName(fields.subject);
  const issuer = windowsName(fields.issuer);
  const publicKey = x509.publicKey;
  const commonName = commonNameOf(fields.subject);
  const extensions = readExtensions(fields.extensions);
  return {
    der,
    pem: toPem(der),
    thumbprint: hash("sha1", der),
    subject,
    issuer,
    serialNumber: serialText(fields.serial),
    notBefore: readTime(child(fields.validity, 0)),
    notAfter: readTime(child(fields.validity, 1)),
    domainNames: domainNames(extensions.dnsNames, commonName),
    commonName,
    ...describeKey(publicKey),
    publicKeySha256: hash("sha256", fields.publicKey),
    publicKey,
    selfSigned: fields.subject.equals(fields.issuer) && verifies(x509, publicKey),
    isCa: extensions.isCa,
    version: fields.version,
    keyUsage: extensions.keyUsage,
    extendedKeyUsage: extensions.extendedKeyUsage,
    tlsCertificateName: tlsCertificateName(issuer, subject),
  };
}

function toPem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function hash(algorithm: string, bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest("hex").toUpperCase();
}

function verifies(x509: X509Certificate, key: KeyObject): boolean {
  try {
    return x509.verify(key);
  } catch {
    return false; // an algorithm that this OpenSSL refuses, MD5 for example
  }
}

/** The parts of TBSCertificate (RFC 5280, 4.1) that Node's crypto does not hand out as bytes. */
function readFields(der: Buffer) {
  const tbs = child(readDer(der), 0, TAG.SEQUENCE);
  const explicit = tbs.children[0]?.tag === 0xa0;
  const at = explicit ? 1 : 0;
  return {
    version: explicit ? integerValue(child(child(tbs, 0), 0)) + 1 : 1,
    serial: child(tbs, at, TAG.INTEGER).content,
    issuer: child(tbs, at + 2, TAG.SEQUENCE).bytes,
    validity: child(tbs, at + 3, TAG.SEQUENCE),
    subject: child(tbs, at + 4, TAG.SEQUENCE).bytes,
    publicKey: child(tbs, at + 5, TAG.SEQUENCE).bytes,
    extensions: tbs.children.find((element) => element.tag === 0xa3),
  };
}

function serialText(content: Buffer): string {
  return content.toString("hex").toUpperCase();
}

/** UTCTime (years 1950 to 2049) or GeneralizedTime; both are UTC with seconds in a certificate. */
function readTime(element: DerElement): Date {
  const short = element.tag === TAG.UTC_TIME;
  const text = element.content.toString("latin1");
  const match = (short ? /^(\d{2})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/).exec(text);
  if (!match) throw unreadable(undefined);
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
  const century = short ? (year < 50 ? 2000 : 1900) : 0;
  const date = new Date(Date.UTC(2000, month - 1, day, hour, minute, second));
  date.setUTCFullYear(century + year, month - 1, day);
  return date;
}

interface Extensions {
  dnsNames: string[];
  isCa: boolean;
  keyUsage: string[] | null;
  extendedKeyUsage: string[] | null;
}

/** `wrapper` holds the sequence of extensions: of a certificate its own field, of a request the value of its attribute. */
export function readExtensions(wrapper: DerElement | undefined): Extensions {
  const result: Extensions = { dnsNames: [], isCa: false, keyUsage: null, extendedKeyUsage: null };
  if (!wrapper) return result;
  for (const extension of child(wrapper, 0, TAG.SEQUENCE).children) {
    const oid = oidText(child(extension, 0));
    const value = octets(extension.children[extension.children.length - 1]);
    if (oid === "2.5.29.17") result.dnsNames = readDnsNames(readDer(value));
    if (oid === "2.5.29.19") result.isCa = readIsCa(readDer(value));
    if (oid === "2.5.29.15") result.keyUsage = readKeyUsage(readDer(value));
    if (oid === "2.5.29.37") result.extendedKeyUsage = readDer(value).children.map(oidText);
  }
  return result;
}

function readDnsNames(names: DerElement): string[] {
  return names.children.filter((name) => name.tag === 0x82).map((name) => name.content.toString("latin1"));
}

function readIsCa(constraints: DerElement): boolean {
  const flag = constraints.children[0];
  return flag?.tag === TAG.BOOLEAN && flag.content.length > 0 && flag.content[0] !== 0;
}

function readKeyUsage(bits: DerElement): string[] {
  const bytes = bits.content.subarray(1);
  return KEY_USAGES.filter((_name, index) => ((bytes[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0);
}

function domainNames(dnsNames: string[], commonName: string | null): string[] {
  if (dnsNames.length > 0) return dnsNames;
  return commonName && isDomainName(commonName) ? [commonName] : [];
}

const KEY_TYPES: Record<string, string> = {
  rsa: "RSA",
  "rsa-pss": "RSA-PSS",
  ec: "EC",
  dsa: "DSA",
  ed25519: "Ed25519",
  ed448: "Ed448",
};
const CURVE_BITS: Record<string, number> = {
  prime256v1: 256,
  secp256k1: 256,
  secp384r1: 384,
  secp521r1: 521,
  secp224r1: 224,
};

function describeKey(key: KeyObject): { keyType: string; keyBits: number } {
  const type = key.asymmetricKeyType ?? "unknown";
  const details = key.asymmetricKeyDetails ?? {};
  const fixed = type === "ed25519" ? 256 : type === "ed448" ? 456 : 0;
  const keyBits = details.modulusLength ?? CURVE_BITS[details.namedCurve ?? ""] ?? fixed;
  return { keyType: KEY_TYPES[type] ?? type, keyBits };
}

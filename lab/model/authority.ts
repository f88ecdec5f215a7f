/**
 * A certificate authority for the lab and the tests. node-forge builds the bytes (RSA only);
 * keys come from Node's crypto, and what is handed out is read back by the provider's own reader.
 */
import { createPrivateKey, createPublicKey, generateKeyPair, KeyObject, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import forge from "node-forge";
import { Certificate, readCertificate } from "../../provider/pki";

/** One attribute: type as OID or short name (`CN`, `O`, `OU`, `C`, `L`, `ST`, `E`, `DC`), value as text. */
export type NamePart = [type: string, value: string];
/** `CN=edge01.contoso.com, O=Contoso, C=US`, or the RDNs from the most specific on; an inner array is a multi-valued RDN. */
export type SubjectInput = string | (NamePart | NamePart[])[];

export interface IssueOptions {
  subject: SubjectInput;
  /** DNS names of the SAN; none without. */
  domainNames?: string[];
  notBefore?: Date;
  /** Default: 365 days after notBefore. */
  notAfter?: Date;
  key?: KeyPair;
  usage?: CertificateUsage;
  /** Hex, at most 20 bytes; random without. */
  serial?: string;
}

export interface CertificateUsage {
  /** Names as in RFC 5280; null leaves the extension out. Default digitalSignature and keyEncipherment. */
  keyUsage?: string[] | null;
  /** OIDs; null leaves the extension out. Default serverAuth. */
  extendedKeyUsage?: string[] | null;
  isCa?: boolean;
}

export interface KeyPair {
  privateKey: KeyObject;
  publicKey: KeyObject;
}

export interface IssuedCertificate {
  certificate: Certificate;
  privateKey: KeyObject;
  /** Issuers, the root last. */
  chain: Certificate[];
}

const SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";
const DAY = 86_400_000;
const OIDS: Record<string, string> = {
  CN: "2.5.4.3",
  SN: "2.5.4.4",
  SERIALNUMBER: "2.5.4.5",
  C: "2.5.4.6",
  L: "2.5.4.7",
  S: "2.5.4.8",
  ST: "2.5.4.8",
  STREET: "2.5.4.9",
  O: "2.5.4.10",
  OU: "2.5.4.11",
  T: "2.5.4.12",
  G: "2.5.4.42",
  DC: "0.9.2342.19200300.100.1.25",
  E: "1.2.840.113549.1.9.1",
};
const { asn1 } = forge;
// missing in forge's type package
const { getTBSCertificate } = forge.pki as unknown as { getTBSCertificate(certificate: forge.pki.Certificate): Asn1 };
type Asn1 = forge.asn1.Asn1;

/** A new RSA key pair; generated off the event loop. */
export async function rsaKeyPair(bits = 2048): Promise<KeyPair> {
  return promisify(generateKeyPair)("rsa", { modulusLength: bits });
}

export interface AuthorityOptions {
  subject: SubjectInput;
  notBefore?: Date;
  /** Default: ten years after notBefore. */
  notAfter?: Date;
  key?: KeyPair;
  /** Makes an intermediate of this authority. */
  parent?: Authority;
}

/** An authority with its own key: a root, or an intermediate of `parent`. */
export class Authority {
  constructor(
    readonly certificate: Certificate,
    private readonly key: KeyPair,
    /** Issuers of this authority, the root last. */
    private readonly issuers: Certificate[],
  ) {}

  get privateKey(): KeyObject {
    return this.key.privateKey;
  }

  /** This authority's certificate and those above it. */
  get chain(): Certificate[] {
    return [this.certificate, ...this.issuers];
  }

  /** Issues a certificate, with a new key unless one is given. */
  async issue(options: IssueOptions): Promise<IssuedCertificate> {
    const key = options.key ?? (await rsaKeyPair());
    const certificate = build(options, key.publicKey, this.certificate, this.privateKey);
    return { certificate, privateKey: key.privateKey, chain: this.chain };
  }

  /**
   * Signs a PKCS#10 request (RSA), taking subject and SAN from it unless given.
   * The request's own signature is checked first.
   */
  signRequest(request: string | Uint8Array, options: Partial<Omit<IssueOptions, "key">> = {}): Certificate {
    const csr = forge.pki.certificationRequestFromPem(requestPem(request), true);
    if (!csr.verify()) throw new Error("The request is not signed by its own key.");
    const publicKey = createPublicKey(forge.pki.publicKeyToPem(csr.publicKey as forge.pki.PublicKey));
    const attribute = csr.getAttribute({ name: "extensionRequest" }) as { extensions?: RequestedExtension[] } | null;
    const san = attribute?.extensions?.find((extension) => extension.name === "subjectAltName");
    const requested = san?.altNames?.filter((name) => name.type === 2).map((name) => name.value);
    const subject = options.subject ?? requestSubject(csr);
    return build({ domainNames: requested, ...options, subject }, publicKey, this.certificate, this.privateKey);
  }
}

interface RequestedExtension {
  name: string;
  altNames?: { type: number; value: string }[];
}

/** Makes a root authority, or an intermediate when `parent` is given. */
export async function createAuthority(options: AuthorityOptions): Promise<Authority> {
  const key = options.key ?? (await rsaKeyPair());
  const { subject, parent } = options;
  const notBefore = options.notBefore ?? new Date();
  const notAfter = options.notAfter ?? new Date(notBefore.getTime() + 3650 * DAY);
  const usage = { keyUsage: ["keyCertSign", "cRLSign"], extendedKeyUsage: null, isCa: true };
  const issuer = parent ? parent.certificate : null;
  const signer = parent ? parent.privateKey : key.privateKey;
  const certificate = build({ subject, notBefore, notAfter, usage }, key.publicKey, issuer, signer);
  return new Authority(certificate, key, parent ? parent.chain : []);
}

/** A self-signed certificate that is no authority, as Exchange's setup makes them. */
export async function selfSigned(options: IssueOptions): Promise<IssuedCertificate> {
  const key = options.key ?? (await rsaKeyPair());
  const certificate = build(options, key.publicKey, null, key.privateKey);
  return { certificate, privateKey: key.privateKey, chain: [] };
}

function build(options: IssueOptions, publicKey: KeyObject, issuer: Certificate | null, signer: KeyObject): Certificate {
  const builder = forge.pki.createCertificate();
  const notBefore = options.notBefore ?? new Date();
  builder.publicKey = forge.pki.publicKeyFromPem(publicKey.export({ format: "pem", type: "spki" }) as string);
  builder.serialNumber = options.serial ?? positiveSerial();
  builder.validity.notBefore = notBefore;
  builder.validity.notAfter = options.notAfter ?? new Date(notBefore.getTime() + 365 * DAY);
  builder.setExtensions(extensions(options));
  builder.signatureOid = builder.siginfo.algorithmOid = forge.pki.oids.sha256WithRSAEncryption;

  const subject = encodeName(options.subject);
  const tbs = getTBSCertificate(builder);
  const fields = tbs.value as Asn1[];
  // forge's own names know neither multi-valued RDNs nor every string type: put the encoded ones in their place.
  fields[3] = issuer ? issuerName(issuer) : subject;
  fields[5] = subject;
  return sign(tbs, signer);
}

function sign(tbs: Asn1, signer: KeyObject): Certificate {
  const md = forge.md.sha256.create().update(asn1.toDer(tbs).getBytes());
  const key = forge.pki.privateKeyFromPem(signer.export({ format: "pem", type: "pkcs8" }) as string);
  const algorithm = create(asn1.Type.SEQUENCE, true, [
    create(asn1.Type.OID, false, asn1.oidToDer(forge.pki.oids.sha256WithRSAEncryption).getBytes()),
    create(asn1.Type.NULL, false, ""),
  ]);
  const signature = create(asn1.Type.BITSTRING, false, `\0${key.sign(md)}`);
  const der = asn1.toDer(create(asn1.Type.SEQUENCE, true, [tbs, algorithm, signature])).getBytes();
  return readCertificate(Buffer.from(der, "binary"));
}

function issuerName(issuer: Certificate): Asn1 {
  const whole = asn1.fromDer(issuer.der.toString("binary"));
  const fields = (whole.value as Asn1[])[0].value as Asn1[];
  return fields[5];
}

function positiveSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] & 0x3f) | 0x40;
  return bytes.toString("hex");
}

function extensions({ domainNames, usage = {} }: IssueOptions): object[] {
  const { keyUsage = ["digitalSignature", "keyEncipherment"], extendedKeyUsage = [SERVER_AUTHENTICATION] } = usage;
  const list: object[] = [{ name: "basicConstraints", critical: true, cA: usage.isCa ?? false }];
  if (keyUsage) {
    const bits = Object.fromEntries(keyUsage.map((name) => [name, true]));
    list.push({ name: "keyUsage", critical: true, ...bits });
  }
  if (extendedKeyUsage) {
    list.push({ name: "extKeyUsage", ...Object.fromEntries(extendedKeyUsage.map((oid) => [forge.pki.oids[oid] ?? oid, true])) });
  }
  if (domainNames && domainNames.length > 0) {
    list.push({ name: "subjectAltName", altNames: domainNames.map((value) => ({ type: 2, value })) });
  }
  return [...list, { name: "subjectKeyIdentifier" }];
}

/** A DER `Name` of what is written most specific first. */
function encodeName(input: SubjectInput): Asn1 {
  const rdns = typeof input === "string" ? parseSubject(input) : input;
  const sets = rdns.map((rdn) => {
    const parts = (Array.isArray(rdn[0]) ? rdn : [rdn]) as NamePart[];
    return create(asn1.Type.SET, true, parts.map(encodePart));
  });
  return create(asn1.Type.SEQUENCE, true, sets.reverse());
}

function encodePart([type, value]: NamePart): Asn1 {
  const oid = OIDS[type.toUpperCase()] ?? type;
  const ia5 = oid === OIDS.DC || oid === OIDS.E;
  const printable = /^[A-Za-z0-9 '()+,./:=?-]*$/.test(value);
  const kind = ia5 ? asn1.Type.IA5STRING : printable ? asn1.Type.PRINTABLESTRING : asn1.Type.UTF8;
  const text = kind === asn1.Type.UTF8 ? Buffer.from(value, "utf8").toString("binary") : value;
  return create(asn1.Type.SEQUENCE, true, [create(asn1.Type.OID, false, asn1.oidToDer(oid).getBytes()), create(kind, false, text)]);
}

/** `CN=edge01.contoso.com, O="Contoso, Ltd"`: commas separate, quotes protect. */
function parseSubject(text: string): NamePart[] {
  const parts = text.match(/(?:"(?:[^"]|"")*"|[^,"])+/g) ?? [];
  return parts.map((part) => {
    const at = part.indexOf("=");
    if (at < 1) throw new Error(`"${part.trim()}" is not of the form TYPE=value.`);
    const value = part.slice(at + 1).trim();
    const plain = value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value;
    return [
      part
        .slice(0, at)
        .trim()
        .replace(/^OID\./i, ""),
      plain,
    ];
  });
}

function requestPem(request: string | Uint8Array): string {
  const text = typeof request === "string" ? request : Buffer.from(request).toString("latin1");
  if (text.includes("-----BEGIN")) return text.replaceAll("NEW CERTIFICATE REQUEST", "CERTIFICATE REQUEST");
  const base64 = typeof request === "string" ? request : Buffer.from(request).toString("base64");
  return `-----BEGIN CERTIFICATE REQUEST-----\n${base64}\n-----END CERTIFICATE REQUEST-----\n`;
}

function requestSubject(csr: forge.pki.CertificateSigningRequest): SubjectInput {
  const parts = csr.subject.attributes.map((attribute): NamePart => [attribute.type!, String(attribute.value)]);
  return parts.reverse();
}

function create(type: forge.asn1.Type, constructed: boolean, value: string | Asn1[]): Asn1 {
  return asn1.create(asn1.Class.UNIVERSAL, type, constructed, value);
}

/** A key pair from PEM text. */
export function keyPairFromPem(privateKeyPem: string): KeyPair {
  const privateKey = createPrivateKey(privateKeyPem);
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

/**
 * A certificate authority for the lab and the tests. node-forge builds the bytes (RSA only);
 * keys come from Node's crypto, and what is handed out is read back by the provider's own reader.
 */
import { createPrivateKey, createPublicKey, generateKeyPair, KeyObject, randomBytes, sign } from "node:crypto";
import { promisify } from "node:util";
import forge from "node-forge";
import { Certificate, readCertificate } from "../../provider/pki";
import { create, encodeName, SubjectInput } from "./subject";

export type { NamePart, SubjectInput } from "./subject";

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
const { asn1 } = forge;
// missing in forge's type package
const { getTBSCertificate } = forge.pki as unknown as { getTBSCertificate(certificate: forge.pki.Certificate): Asn1 };
type Asn1 = forge.asn1.Asn1;

/** What a key is for: a certificate that the scenario brings, or one that a server makes while the lab runs. */
export type KeyUse = "scenario" | "server";
type KeySource = (bits: number, use: KeyUse) => KeyPair | undefined;
let source: KeySource = () => undefined;

/** Where keys of this process come from that need not be new: making one takes a while, and tests need hundreds. */
export function setKeySource(given: KeySource): void {
  source = given;
}

/** An RSA key pair: new, and generated off the event loop, unless a source was set that has one. */
export async function rsaKeyPair(bits = 2048, use: KeyUse = "server"): Promise<KeyPair> {
  return source(bits, use) ?? promisify(generateKeyPair)("rsa", { modulusLength: bits });
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
    const certificate = build(options, encodeName(options.subject), key.publicKey, this);
    return { certificate, privateKey: key.privateKey, chain: this.chain };
  }

  /**
   * Signs a PKCS#10 request (RSA; PEM text, base64 or DER), taking subject and SAN from it unless given.
   * The request's own signature is checked first; throws Error when it does not hold.
   */
  signRequest(request: string | Uint8Array, options: Partial<Omit<IssueOptions, "key">> = {}): Certificate {
    const csr = forge.pki.certificationRequestFromPem(requestPem(request), true);
    if (!csr.verify()) throw new Error("The request is not signed by its own key.");
    const publicKey = createPublicKey(forge.pki.publicKeyToPem(csr.publicKey as forge.pki.PublicKey));
    const attribute = csr.getAttribute({ name: "extensionRequest" }) as { extensions?: RequestedExtension[] } | null;
    const san = attribute?.extensions?.find((extension) => extension.name === "subjectAltName");
    const requested = san?.altNames?.filter((name) => name.type === 2).map((name) => name.value);
    const subject = options.subject ? encodeName(options.subject) : requestSubject(csr);
    return build({ domainNames: requested, ...options }, subject, publicKey, this);
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
  const signer = parent ?? { certificate: null, privateKey: key.privateKey };
  const certificate = build({ notBefore, notAfter, usage }, encodeName(subject), key.publicKey, signer);
  return new Authority(certificate, key, parent ? parent.chain : []);
}

/** A self-signed certificate that is no authority, as Exchange's setup makes them. */
export async function selfSigned(options: IssueOptions): Promise<IssuedCertificate> {
  const key = options.key ?? (await rsaKeyPair());
  const signer = { certificate: null, privateKey: key.privateKey };
  const certificate = build(options, encodeName(options.subject), key.publicKey, signer);
  return { certificate, privateKey: key.privateKey, chain: [] };
}

/** Who signs; `certificate` is null when a certificate signs itself. */
interface Signer {
  certificate: Certificate | null;
  privateKey: KeyObject;
}

function build(options: Omit<IssueOptions, "subject">, subject: Asn1, publicKey: KeyObject, signer: Signer): Certificate {
  const builder = forge.pki.createCertificate();
  const notBefore = options.notBefore ?? new Date();
  builder.publicKey = forge.pki.publicKeyFromPem(publicKey.export({ format: "pem", type: "spki" }) as string);
  builder.serialNumber = options.serial ?? positiveSerial();
  builder.validity.notBefore = notBefore;
  builder.validity.notAfter = options.notAfter ?? new Date(notBefore.getTime() + 365 * DAY);
  builder.setExtensions(extensions(options));
  builder.signatureOid = builder.siginfo.algorithmOid = forge.pki.oids.sha256WithRSAEncryption;

  const tbs = getTBSCertificate(builder);
  const fields = tbs.value as Asn1[];
  // forge's own names know neither multi-valued RDNs nor every string type: put the encoded ones in their place.
  fields[3] = signer.certificate ? subjectOf(signer.certificate) : subject;
  fields[5] = subject;
  return signed(tbs, signer.privateKey);
}

function signed(tbs: Asn1, key: KeyObject): Certificate {
  const signature = sign("sha256", Buffer.from(asn1.toDer(tbs).getBytes(), "binary"), key).toString("binary");
  const algorithm = create(asn1.Type.SEQUENCE, true, [
    create(asn1.Type.OID, false, asn1.oidToDer(forge.pki.oids.sha256WithRSAEncryption).getBytes()),
    create(asn1.Type.NULL, false, ""),
  ]);
  const bits = create(asn1.Type.BITSTRING, false, `\0${signature}`);
  const der = asn1.toDer(create(asn1.Type.SEQUENCE, true, [tbs, algorithm, bits])).getBytes();
  return readCertificate(Buffer.from(der, "binary"));
}

function subjectOf(certificate: Certificate): Asn1 {
  const whole = asn1.fromDer(certificate.der.toString("binary"));
  const fields = (whole.value as Asn1[])[0].value as Asn1[];
  return fields[5];
}

function positiveSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] & 0x3f) | 0x40;
  return bytes.toString("hex");
}

function extensions({ domainNames, usage = {} }: Omit<IssueOptions, "subject">): object[] {
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

function requestPem(request: string | Uint8Array): string {
  const text = typeof request === "string" ? request : Buffer.from(request).toString("latin1");
  if (text.includes("-----BEGIN")) return text.replaceAll("NEW CERTIFICATE REQUEST", "CERTIFICATE REQUEST");
  const base64 = typeof request === "string" ? request : Buffer.from(request).toString("base64");
  return `-----BEGIN CERTIFICATE REQUEST-----\n${base64}\n-----END CERTIFICATE REQUEST-----\n`;
}

/** The subject exactly as the request encodes it. */
function requestSubject(csr: forge.pki.CertificateSigningRequest): Asn1 {
  const { certificationRequestInfo } = csr as unknown as { certificationRequestInfo: Asn1 };
  return (certificationRequestInfo.value as Asn1[])[1];
}

/** A key pair from PEM text. */
export function keyPairFromPem(privateKeyPem: string): KeyPair {
  const privateKey = createPrivateKey(privateKeyPem);
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

/** What a file is, where it is not what it should be: people hand in DER for PEM, an answer for a key, a request for its answer. */
import { decodeText } from "../base/text";
import { pemText } from "./armour";
import { readDer, TAG, type DerElement } from "./der";

/** What can be told apart. */
export type KindName =
  | "certificate"
  | "request"
  | "pkcs7"
  | "pfx"
  | "crl"
  | "key"
  | "encryptedKey"
  | "publicKey"
  | "sshKey"
  | "sshPublicKey"
  | "putty"
  | "mangled"
  | "path"
  | "html"
  | "empty";

export interface Kind {
  name: KindName;
  /** In words, e.g. `a certificate in DER`. Never holds any of the content. */
  what: string;
  /** What to do with it. */
  wayOut?: string;
  /** The DER bytes, where there are any. */
  der?: Buffer;
}

const WORDS: Record<KindName, [what: string, wayOut?: string]> = {
  certificate: ["a certificate", "Give it where a certificate belongs."],
  request: ["a certificate request (CSR)", "Have it signed by an authority, and give the certificate that comes back."],
  pkcs7: [
    "a PKCS#7 file (.p7b, certificates without a key)",
    "Take the certificates out: `openssl pkcs7 -print_certs -in answer.p7b` (add `-inform der` for DER).",
  ],
  pfx: [
    "a PFX (PKCS#12, certificate and key in one file)",
    'Give it as {pfx: {file: "…"}, password}, or take the parts out: `openssl pkcs12 -in file.pfx`.',
  ],
  crl: ["a revocation list (CRL)", "Give the certificate itself."],
  key: ["a private key", "Give it where a private key belongs."],
  encryptedKey: ["an encrypted private key", "Give it where a private key belongs, and privateKeyPassword with it."],
  publicKey: ["a public key", "Give the private key, or the certificate that was issued for it."],
  sshKey: ["an OpenSSH private key", "It is for logging on; a certificate's key is PKCS#8: `ssh-keygen -p -m PKCS8 -f key` converts one."],
  sshPublicKey: ["an OpenSSH public key", "It is for logging on; nothing of a certificate is in it."],
  putty: ["a PuTTY key", "Convert it: `puttygen key.ppk -O private-openssh -o key`."],
  mangled: ["a binary file that was read as text", 'Give the file by reference, {file: "…"}, or its bytes in base64.'],
  path: ["the path of a file", 'Give the file by reference: {file: "…"}.'],
  html: ["a web page", "Download the file itself; a page in its place is often a logon page."],
  empty: ["empty"],
};

const LABELS: [RegExp, KindName][] = [
  [/^(X509 |TRUSTED )?CERTIFICATE$/, "certificate"],
  [/^(NEW )?CERTIFICATE REQUEST$/, "request"],
  [/^(PKCS7|CMS|PKCS #7 SIGNED DATA)$/, "pkcs7"],
  [/^(PKCS12|PFX)$/, "pfx"],
  [/^X509 CRL$/, "crl"],
  [/^ENCRYPTED PRIVATE KEY$/, "encryptedKey"],
  [/^OPENSSH PRIVATE KEY$/, "sshKey"],
  [/PRIVATE KEY$/, "key"],
  [/PUBLIC KEY$/, "publicKey"],
];

/** What this is, or undefined where nothing is known. `certutil -encode` calls everything a certificate, so the bytes decide. */
export function kindOf(input: string | Uint8Array): Kind | undefined {
  const text = typeof input === "string" ? input : decodeText(input);
  if (text === undefined) return derKind(Buffer.from(input as Uint8Array), "in DER");
  const plain = pemText(text).trim();
  if (plain === "") return kind("empty");
  const armour = /-----BEGIN ([A-Z0-9 #]+)-----((?:(?!-----)[\s\S])*)-----END/.exec(plain);
  if (armour) return armoured(armour[1], armour[2]);
  return bare(plain);
}

function armoured(label: string, body: string): Kind | undefined {
  const der = Buffer.from(body.replace(/^[A-Za-z-]+: .*$/gm, "").replace(/\s+/g, ""), "base64");
  const inside = derKind(der, "in PEM");
  const named = LABELS.find(([pattern]) => pattern.test(label))?.[1];
  if (/Proc-Type: 4,ENCRYPTED/.test(body)) return kind("encryptedKey", "in PEM");
  if (!inside) return named && kind(named, "in PEM");
  // a label that is wrong is worth a word: people see "BEGIN CERTIFICATE" and are sure
  if (named === undefined || named === inside.name || named === "sshKey") return inside;
  return { ...inside, what: `${WORDS[inside.name][0]} under the heading BEGIN ${label}, as \`certutil -encode\` writes it for any file` };
}

function bare(text: string): Kind | undefined {
  if (/^PuTTY-User-Key-File-\d/.test(text)) return kind("putty");
  if (/^(ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/]|^---- BEGIN SSH2 PUBLIC KEY/.test(text)) return kind("sshPublicKey");
  if (/^<(!doctype|html|\?xml)/i.test(text)) return kind("html");
  const compact = text.replace(/\s+/g, "");
  if (compact.length >= 16 && /^[A-Za-z0-9+/]+={0,2}$/.test(compact)) {
    const bytes = Buffer.from(compact, "base64");
    const inner = bytes[0] === 0x2d ? kindOf(bytes) : undefined;
    return inner ? { ...inner, what: `${inner.what}, in base64 once more` } : derKind(bytes, "in base64");
  }
  if (/^0[\x00-\x1f\ufffd\u0080-\u00ff]/.test(text) || /\ufffd{2}/.test(text)) return kind("mangled");
  if (text.length <= 260 && !text.includes("\n") && /[\\/]|\.[A-Za-z0-9]{1,5}$/.test(text)) return kind("path");
  return undefined;
}

function kind(name: KindName, form = "", der?: Buffer): Kind {
  const [what, wayOut] = WORDS[name];
  return { name, what: `${what} ${form}`.trim(), wayOut, der };
}

function derKind(bytes: Buffer, form: string): Kind | undefined {
  if (bytes[0] !== TAG.SEQUENCE) return undefined;
  try {
    const name = derName(readDer(bytes));
    return name && kind(name, form, bytes);
  } catch {
    return undefined;
  }
}

const SIGNED_DATA = "06092a864886f70d010702";

function derName({ children }: DerElement): KindName | undefined {
  const [first, second, third] = children;
  if (first?.tag === TAG.OID) return first.bytes.toString("hex") === SIGNED_DATA ? "pkcs7" : undefined;
  if (first?.tag === TAG.INTEGER) {
    if (second?.tag === TAG.INTEGER && children.length >= 9) return "key";
    if (second?.tag === TAG.OCTET_STRING) return "key";
    if (second?.tag !== TAG.SEQUENCE) return undefined;
    if (third?.tag === TAG.OCTET_STRING) return "key";
    return second.children[0]?.tag === TAG.OID && second.children[1]?.tag === 0xa0 ? "pfx" : undefined;
  }
  if (first?.tag !== TAG.SEQUENCE) return undefined;
  if (first.children[0]?.tag === TAG.OID) {
    if (second?.tag === TAG.BIT_STRING) return "publicKey";
    return second?.tag === TAG.OCTET_STRING ? "encryptedKey" : undefined;
  }
  return third?.tag === TAG.BIT_STRING ? signedName(first) : undefined;
}

/** Certificate, request and revocation list are a signed SEQUENCE each; what stands in it differs. */
function signedName({ children }: DerElement): KindName | undefined {
  if (children[0]?.tag === 0xa0) return "certificate";
  const at = children[0]?.tag === TAG.INTEGER ? 1 : 0;
  const isAlgorithm = (element?: DerElement): boolean => element?.tag === TAG.SEQUENCE && element.children[0]?.tag === TAG.OID;
  const isTime = (element?: DerElement): boolean => element?.tag === TAG.UTC_TIME || element?.tag === TAG.GENERALIZED_TIME;
  if (isAlgorithm(children[at])) return isTime(children[at + 2]) ? "crl" : "certificate";
  return isAlgorithm(children[at + 1]?.children[0]) ? "request" : undefined;
}

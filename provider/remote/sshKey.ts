/**
 * Private keys to log on with, in whatever form people have them: OpenSSH and PEM (PKCS#1, SEC1, PKCS#8, encrypted or not),
 * CR LF, line breaks written as `\n` or lost, a byte order mark. What cannot be used is named for what it is.
 */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { utils, type ParsedKey } from "ssh2";
import { ExchangeError } from "../base/errors";
import { addressOf, labelOf, type ProxyConnection } from "./hosts";
import { kindOf } from "../pki/kinds";

/** A private key, or the public half of one that an agent holds. */
export interface LogonKey {
  key?: ParsedKey;
  /** In SSH's wire format. */
  publicKey?: Buffer;
}

/** Why a key cannot be used, and what to do. */
class Unusable extends Error {
  constructor(
    readonly why: string,
    readonly hint: string,
  ) {
    super(why);
  }
}

/**
 * Reads `privateKey`. A public key (`ssh-ed25519 AAAA…`) is accepted where `agentSocketPath` is given: the agent then
 * offers that key alone. Throws SSH_KEY_UNREADABLE with what the text is and the command that converts it.
 */
export function readPrivateKey(host: ProxyConnection, text: string, phrase?: string): LogonKey {
  try {
    const clean = tidy(text);
    if (host.agentSocketPath !== undefined) {
      const publicKey = publicHalf(clean);
      if (publicKey) return { publicKey };
    }
    return { key: parse(clean, phrase) };
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    const sentence = `privateKey for ${addressOf(host)} ${error.why}.`;
    throw new ExchangeError("SSH_KEY_UNREADABLE", sentence, { host: labelOf(host), hint: error.hint });
  }
}

const ARMOUR = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/;
/** Other things may stand before it: `openssl ecparam -genkey` writes the curve first, and bundles begin with the certificate. */
const PRIVATE = /-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----([\s\S]*?)-----END \1-----/;

/** Line breaks as they should be, also where a variable or a YAML file has lost them. */
function tidy(given: string): string {
  const text = given.replace(/^\uFEFF/, "").trim();
  const lines = (text.includes("\n") ? text : text.replace(/\\r?\\n|\\n/g, "\n").replace(/\\r/g, ""))
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .join("\n");
  const armour = PRIVATE.exec(lines) ?? ARMOUR.exec(lines);
  if (!armour) return lines;
  const [, label, body] = armour;
  // headers of an encrypted PEM key need their lines; everything else is base64 alone
  const rest = /^[A-Za-z-]+: /m.test(body) ? body.trim() : (body.replace(/\s+/g, "").match(/.{1,70}/g) ?? []).join("\n");
  return `-----BEGIN ${label}-----\n${rest}\n-----END ${label}-----`;
}

function publicHalf(text: string): Buffer | undefined {
  if (!/^(ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/]/.test(text)) return undefined;
  const parsed = utils.parseKey(text);
  return parsed instanceof Error ? undefined : parsed.getPublicSSH();
}

function parse(text: string, phrase?: string): ParsedKey {
  const label = ARMOUR.exec(text)?.[1];
  if (label === "PRIVATE KEY" || label === "ENCRYPTED PRIVATE KEY") return fromPkcs8(text, label.startsWith("ENC"), phrase);
  const parsed = utils.parseKey(text, phrase) as ParsedKey | ParsedKey[] | Error;
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key && !(key instanceof Error) && key.isPrivateKey()) return key;
  throw unusable(text, label, key instanceof Error ? key.message : "", phrase);
}

/** The parser's own text may quote the key: it decides here, and goes nowhere. */
function unusable(text: string, label: string | undefined, said: string, phrase?: string): Unusable {
  if (/^PuTTY-User-Key-File-\d/.test(text)) {
    return new Unusable(
      `is a PuTTY key (${text.slice(0, 21).replace("PuTTY-User-Key-File-", "version ")})`,
      "Convert it: `puttygen key.ppk -O private-openssh -o key`, on Windows PuTTYgen: Load, then Conversions, Export OpenSSH key.",
    );
  }
  if (/^(ssh-|ecdsa-|sk-)[a-z0-9@.-]+ |^---- BEGIN SSH2 PUBLIC KEY ----/.test(text) || label?.endsWith("PUBLIC KEY")) {
    return new Unusable(
      "is a public key",
      "Give the private half (the file without .pub); or set agentSocketPath too, and the agent offers this key alone.",
    );
  }
  if (label === undefined && /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text))
    return new Unusable("is cut off: its END line is missing", "Copy the whole file, or give it by reference, {file: …}.");
  const encrypted = /encrypted/i.test(said) || /Proc-Type: 4,ENCRYPTED/.test(text);
  if (encrypted && phrase === undefined) return NO_PHRASE;
  if (/passphrase|integrity|bad decrypt|decrypt/i.test(said) || (encrypted && phrase !== undefined)) return WRONG_PHRASE;
  if (label === "OPENSSH PRIVATE KEY" && /sk-(ssh|ecdsa)/.test(decoded(text).toString("latin1"))) {
    return new Unusable("is a key of a security token (FIDO)", "Give it to an ssh-agent (`ssh-add`), and set agentSocketPath.");
  }
  const kind = label?.endsWith("PRIVATE KEY") ? undefined : kindOf(text);
  if (kind)
    return new Unusable(`is ${kind.what}, not an SSH key`, `Give the private key that ssh-keygen wrote. ${kind.wayOut ?? ""}`.trim());
  return label?.endsWith("PRIVATE KEY")
    ? new Unusable(
        "is damaged, or of a kind that is not known here",
        "Write it anew: `ssh-keygen -p -f key` keeps the key and changes its form.",
      )
    : new Unusable("is no private key", "Give the text of a PEM or OpenSSH private key, or {file: …}.");
}

const NO_PHRASE = new Unusable(
  "is encrypted, and privateKeyPassword is not set",
  "Set privateKeyPassword, or take the passphrase off: `ssh-keygen -p -f key`.",
);
const WRONG_PHRASE = new Unusable(
  "is not opened by privateKeyPassword",
  "Correct privateKeyPassword; `ssh-keygen -y -f key` tells whether a passphrase is right.",
);

function fromPkcs8(key: string, encrypted: boolean, phrase?: string): ParsedKey {
  if (encrypted && phrase === undefined) throw NO_PHRASE;
  let opened: KeyObject;
  try {
    opened = createPrivateKey({ key, format: "pem", passphrase: encrypted ? phrase : undefined });
  } catch {
    if (!encrypted) throw new Unusable("is damaged", "Give the whole text, from the line BEGIN to the line END.");
    // OpenSSL's error does not tell a wrong passphrase from a cipher that it left behind; the bytes do
    if (decoded(key).includes(PBES2)) throw WRONG_PHRASE;
    throw new Unusable(
      "is encrypted in an outdated way (or privateKeyPassword is wrong)",
      "Encrypt it anew: `openssl pkcs8 -topk8 -v2 aes-256-cbc -in key -out new -provider legacy -provider default`.",
    );
  }
  const parsed = utils.parseKey(inOldForm(opened));
  if (parsed instanceof Error) throw unknownType(opened);
  return parsed;
}

/** The object identifier of today's password encryption, 1.2.840.113549.1.5.13. */
const PBES2 = Buffer.from("06092a864886f70d01050d", "hex");

const decoded = (pem: string): Buffer => Buffer.from(pem.replace(/-----[A-Z ]+-----|\s/g, ""), "base64");

/** ssh2 reads PKCS#1, SEC1 and OpenSSH's own form. */
function inOldForm(key: KeyObject): string {
  if (key.asymmetricKeyType === "rsa") return key.export({ type: "pkcs1", format: "pem" }) as string;
  if (key.asymmetricKeyType === "ec") return key.export({ type: "sec1", format: "pem" }) as string;
  if (key.asymmetricKeyType === "ed25519") return openSshForm(key);
  throw unknownType(key);
}

const unknownType = (key: KeyObject): Unusable =>
  new Unusable(
    `is of type ${key.asymmetricKeyType}, which SSH does not use`,
    "Make an Ed25519, ECDSA (nistp) or RSA key: `ssh-keygen -t ed25519`.",
  );

/** openssh-key-v1 without encryption (OpenSSH's PROTOCOL.key). */
function openSshForm(key: KeyObject): string {
  const { d, x } = key.export({ format: "jwk" }) as { d: string; x: string };
  const [seed, point] = [Buffer.from(d, "base64url"), Buffer.from(x, "base64url")];
  const blob = Buffer.concat([field("ssh-ed25519"), field(point)]);
  const check = Buffer.alloc(8);
  const secret = Buffer.concat([check, blob, field(Buffer.concat([seed, point])), field("")]);
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_none, i) => i + 1));
  const one = Buffer.from([0, 0, 0, 1]);
  const all = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    ...["none", "none", ""].map(field),
    one,
    field(blob),
    field(Buffer.concat([secret, padding])),
  ]);
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${all
    .toString("base64")
    .match(/.{1,70}/g)!
    .join("\n")}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

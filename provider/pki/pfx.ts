/** PFX files: opened into Node's own keys and certificates, and written for a Windows host to import. */
import { createHmac, createPrivateKey, KeyObject, randomBytes } from "node:crypto";
import { ExchangeError } from "../base/errors";
import { CertificateBundle, keyBelongsTo } from "./bundle";
import { Certificate, readCertificate } from "./certificate";
import { ofKey } from "./certificates";
import { orderChain } from "./chain";
import type { OpenedBag, OpenedContainer } from "./pfx-bags";
import { kindOf, type KindName } from "./kinds";
import { MAX_PFX_BYTES, pfxUnreadable, readOutline } from "./pfx-limits";
import { openNatively } from "./pfx-native";
import { runPfxThread } from "./pfx-thread";
import type { PfxAlgorithm } from "./pfx-writer";

const ITERATIONS = 2_000;

/**
 * What was opened in this process, in memory alone, by a digest of file and password under a key that nobody else has: a PFX stands in a
 * program for each Edge, and is looked at in each check, diff and create.
 */
const opened = new Map<string, Promise<Contents>>();
/** The oldest go, so that one-time containers of a process that lives long do not pile up. */
const MOST_OPENED = 1_000;
const secret = randomBytes(32);

function once(der: Uint8Array, password: string, open: () => Promise<Contents>): Promise<Contents> {
  const key = createHmac("sha256", secret)
    .update(`${Buffer.byteLength(password)} ${password}`)
    .update(der)
    .digest("base64");
  const known = opened.get(key);
  if (known) return known;
  const contents = open();
  if (opened.size >= MOST_OPENED) opened.delete(opened.keys().next().value!);
  opened.set(key, contents);
  contents.catch(() => opened.delete(key));
  return contents;
}

/**
 * Opens a PFX. The certificate is the one whose key is in the file: by localKeyId, else the one that is valid longest; authorities
 * come in `chain`.
 * EC and Ed25519 keys are read too; `unsuitable` says why Exchange does not take them.
 *
 * @param der the file's bytes, at most 1 MB
 * @param now when the chain's path is to be valid
 * @throws ExchangeError PFX_PASSWORD_WRONG, PFX_UNREADABLE, PFX_WITHOUT_KEY, PFX_TOO_EXPENSIVE, KEY_MISMATCH
 */
export async function openPfx(der: Uint8Array, password: string, now = new Date()): Promise<CertificateBundle> {
  refuseOther(der);
  if (password.includes("\0")) {
    // the key derivation cannot tell "\0" from "", and no Windows dialog takes it
    throw new ExchangeError("PFX_PASSWORD_WRONG", "The password has a NUL character, which no PFX password can have.");
  }
  return bundleOf(await once(der, password, async () => contentsOf(await openContainer(der, password))), now);
}

async function openContainer(der: Uint8Array, password: string): Promise<OpenedContainer> {
  // Refuses what is hostile before anything is derived.
  const natively = await openNatively(readOutline(der), password);
  if (natively) return natively;
  const reply = await runPfxThread({ kind: "open", der, password });
  if (!("opened" in reply)) throw new ExchangeError("INTERNAL", "The PFX thread gave no container.");
  return reply.opened;
}

/** A file of another kind is named, with the way from it to a PFX. */
function refuseOther(der: Uint8Array): void {
  if (der.byteLength > MAX_PFX_BYTES) return;
  const kind = kindOf(der);
  if (!kind || kind.name === "pfx") return;
  throw new ExchangeError("PFX_UNREADABLE", `The PFX cannot be read: it is ${kind.what}.`, { hint: OTHER[kind.name] ?? kind.wayOut });
}

const MAKE_PFX =
  "Make a PFX of certificate and key: `openssl pkcs12 -export -in certificate.pem -inkey key.pem -out file.pfx`; or give {certificate, privateKey}.";
const OTHER: { [name in KindName]?: string } = {
  certificate: `It has no private key. ${MAKE_PFX}`,
  pkcs7: `It has no private key. ${MAKE_PFX}`,
  key: MAKE_PFX,
  encryptedKey: MAKE_PFX,
  request: "Have it signed first. With the key on the server give {request, certificate}.",
};

/** Certificates and keys of a container, as Node has them. */
interface Contents {
  certificates: { certificate: Certificate; id: string | null }[];
  keys: { privateKey: KeyObject; keyProvider: string | null; id: string | null }[];
}

function contentsOf(container: OpenedContainer): Contents {
  if (container.keys.length === 0) {
    throw new ExchangeError("PFX_WITHOUT_KEY", "The PFX holds no private key.");
  }
  if (container.certificates.length === 0) throw pfxUnreadable("it holds no certificate");
  return {
    certificates: container.certificates.map((bag) => ({ certificate: readBagCertificate(bag), id: bag.localKeyId })),
    keys: container.keys.map((bag) => ({ privateKey: readBagKey(bag), keyProvider: bag.keyProvider, id: bag.localKeyId })),
  };
}

function bundleOf(contents: Contents, now: Date): CertificateBundle {
  const { certificate, privateKey, keyProvider, pool } = choosePair(contents, now);
  return { certificate, privateKey, keyProvider, pool, chain: orderChain(certificate, pool, now) };
}

function readBagCertificate(bag: OpenedBag): Certificate {
  try {
    return readCertificate(bag.der);
  } catch (error) {
    throw pfxUnreadable("a certificate in it is damaged", { cause: error });
  }
}

function readBagKey(bag: OpenedBag): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(bag.der), format: "der", type: "pkcs8" });
  } catch {
    throw pfxUnreadable("a private key in it is damaged or of an unknown kind");
  }
}

/**
 * The certificate whose localKeyId is that of its key (Windows and OpenSSL write it); without one the certificate of the key that is
 * valid longest. An authority only when there is no other.
 */
function choosePair({ certificates, keys }: Contents, now: Date) {
  const all = certificates.map(({ certificate }) => certificate);
  const pairs = keys.flatMap((key) => {
    const own = certificates.filter(({ certificate }) => keyBelongsTo(key.privateKey, certificate));
    const named = own.filter(({ id }) => id !== null && id === key.id);
    const candidates = (named.length > 0 ? named : own).map(({ certificate }) => certificate);
    const certificate = ofKey(candidates, ({ isCa }) => !isCa, now) ?? ofKey(candidates, () => true, now);
    return certificate ? [{ ...key, certificate, named: named.length > 0 }] : [];
  });
  const ends = pairs.filter(({ certificate }) => !certificate.isCa);
  const wanted = ofKey(
    (ends.length > 0 ? ends : pairs).map(({ certificate }) => certificate),
    () => true,
    now,
  );
  const pair = pairs.find(({ certificate }) => certificate === wanted);
  if (!pair) throw new ExchangeError("KEY_MISMATCH", "The private key in the PFX belongs to none of its certificates.");
  return { ...pair, pool: all.filter((one) => one !== pair.certificate) };
}

export interface PfxContents {
  certificate: Certificate;
  privateKey: KeyObject;
  chain: readonly Certificate[];
  password: string;
  friendlyName?: string;
  /** Default `aes256` (with SHA-256); `3des` (with SHA-1) for Windows Server 2016 and older. */
  algorithm?: PfxAlgorithm;
}

/**
 * Writes a PFX with a fresh salt and without a key provider.
 * @throws ExchangeError KEY_MISMATCH, INVALID_ARGUMENT (a NUL character in the password)
 */
export async function writePfx(contents: PfxContents): Promise<Buffer> {
  const { certificate, privateKey, chain, password, friendlyName, algorithm = "aes256" } = contents;
  if (!keyBelongsTo(privateKey, certificate)) {
    throw new ExchangeError("KEY_MISMATCH", `The private key does not belong to certificate ${certificate.thumbprint}.`);
  }
  if (password.includes("\0")) {
    throw new ExchangeError("INVALID_ARGUMENT", "A PFX password cannot have a NUL character.");
  }
  const parts = {
    certificates: [certificate, ...chain].map(({ der }) => der),
    pkcs8: privateKey.export({ format: "der", type: "pkcs8" }),
    password,
    friendlyName,
    algorithm,
    iterations: ITERATIONS,
  };
  const reply = await runPfxThread({ kind: "write", parts });
  if (!("written" in reply)) throw new ExchangeError("INTERNAL", "The PFX thread gave no file.");
  return Buffer.from(reply.written);
}

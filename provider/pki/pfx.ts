/** PFX files: opened into Node's own keys and certificates, and written for a Windows host to import. */
import { createPrivateKey, KeyObject } from "node:crypto";
import { ExchangeError } from "../base/errors";
import { CertificateBundle, keyBelongsTo } from "./bundle";
import { Certificate, readCertificate } from "./certificate";
import { orderChain } from "./chain";
import type { OpenedBag, OpenedContainer } from "./pfx-codec";
import { pfxUnreadable, readOutline } from "./pfx-limits";
import { runPfxThread } from "./pfx-thread";
import type { PfxAlgorithm } from "./pfx-writer";

const ITERATIONS = 2_000;

/**
 * Opens a PFX. The certificate is the one whose key is in the file; authorities come in `chain`.
 * EC and Ed25519 keys are read too; `unsuitable` says why Exchange does not take them.
 *
 * @param der the file's bytes, at most 1 MB
 * @throws ExchangeError PFX_PASSWORD_WRONG, PFX_UNREADABLE, PFX_WITHOUT_KEY, PFX_TOO_EXPENSIVE, KEY_MISMATCH
 */
export async function openPfx(der: Uint8Array, password: string): Promise<CertificateBundle> {
  readOutline(der); // refuses what is hostile before a thread is started
  if (password.includes("\0")) {
    // the key derivation cannot tell "\0" from "", and no Windows dialog takes it
    throw new ExchangeError("PFX_PASSWORD_WRONG", "The password has a NUL character, which no PFX password can have.");
  }
  const reply = await runPfxThread({ kind: "open", der, password });
  if (!("opened" in reply)) throw new ExchangeError("INTERNAL", "The PFX thread gave no container.");
  return bundleOf(reply.opened);
}

function bundleOf(opened: OpenedContainer): CertificateBundle {
  if (opened.keys.length === 0) {
    throw new ExchangeError("PFX_WITHOUT_KEY", "The PFX holds no private key.");
  }
  if (opened.certificates.length === 0) throw pfxUnreadable("it holds no certificate");
  const certificates = opened.certificates.map(readBagCertificate);
  const { certificate, privateKey, keyProvider } = choosePair(certificates, opened.keys);
  return { certificate, privateKey, keyProvider, chain: orderChain(certificate, certificates) };
}

function readBagCertificate(bag: OpenedBag): Certificate {
  try {
    return readCertificate(bag.der);
  } catch (error) {
    throw pfxUnreadable("a certificate in it is damaged", error);
  }
}

function readBagKey(bag: OpenedBag): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(bag.der), format: "der", type: "pkcs8" });
  } catch {
    throw pfxUnreadable("a private key in it is damaged or of an unknown kind");
  }
}

/** The first certificate that has its key here; an authority only when there is no other. */
function choosePair(certificates: Certificate[], bags: OpenedBag[]) {
  const keys = bags.map((bag) => ({ privateKey: readBagKey(bag), keyProvider: bag.keyProvider }));
  const pairs = certificates.flatMap((certificate) => {
    const key = keys.find(({ privateKey }) => keyBelongsTo(privateKey, certificate));
    return key ? [{ certificate, ...key }] : [];
  });
  const pair = pairs.find(({ certificate }) => !certificate.isCa) ?? pairs[0];
  if (!pair) throw new ExchangeError("KEY_MISMATCH", "The private key in the PFX belongs to none of its certificates.");
  return pair;
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

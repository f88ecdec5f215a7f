/** EC keys, and what an export takes along. */
import { generateKeyPairSync, sign } from "node:crypto";
import forge from "node-forge";
import { isExchangeError, asExchangeError } from "../../../base/errors";
import { oneTimePassword } from "../../../base/redact";
import { exportCertificate, inspectCertificate, listCertificates } from "../../../exchange/certificates";
import { eccSwitch } from "../../../exchange/ecc";
import { makeSelfSigned, openPfx, readCertificate, type SelfSigned } from "../../../pki";
import { among, notSeen, seen, type Answer } from "../answers";
import { chainsOf } from "../read/trust";
import { datesOf, freshName, importPair, type Bench } from "./bench";
import { one, type Question } from "./questions";

const { asn1 } = forge;
const ECDSA_SHA256 = "1.2.840.10045.4.3.2";
/** Positions in a version 3 TBSCertificate (RFC 5280, 4.1). */
const ALGORITHM = 2;
const PUBLIC_KEY = 6;

/** A self-signed certificate with an EC key: an RSA one is made, then key and signature are exchanged. */
async function ecSelfSigned(name: string, notBefore: Date, notAfter: Date): Promise<SelfSigned> {
  const { certificate } = await makeSelfSigned(name, notBefore, notAfter);
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const [tbs] = asn1.fromDer(certificate.der.toString("binary")).value as forge.asn1.Asn1[];
  const oid = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.OID, false, asn1.oidToDer(ECDSA_SHA256).getBytes());
  const algorithm = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [oid]);
  const parts = tbs.value as forge.asn1.Asn1[];
  parts[ALGORITHM] = algorithm;
  parts[PUBLIC_KEY] = asn1.fromDer(publicKey.export({ format: "der", type: "spki" }).toString("binary"));
  const signature = sign("sha256", Buffer.from(asn1.toDer(tbs).getBytes(), "binary"), privateKey);
  const bits = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.BITSTRING, false, `\0${signature.toString("binary")}`);
  const whole = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [tbs, algorithm, bits]);
  return { certificate: readCertificate(Buffer.from(asn1.toDer(whole).getBytes(), "binary")), privateKey };
}

/** Where version and setting turn EC keys on, it says nothing that such a certificate is taken. */
async function ecdsaCertificates(bench: Bench): Promise<Answer> {
  const { exchange, eccCertificates } = bench.leased.facts;
  if (eccSwitch(exchange ?? "") === "registry" && eccCertificates !== null)
    return notSeen(`the registry value EnableEccCertificateSupport is ${eccCertificates === undefined ? "not told by the agent" : "set"}`);
  const pair = await ecSelfSigned(freshName(), ...(await datesOf(bench, { sinceHours: 24 })));
  await importPair(bench.leased, pair);
  try {
    await bench.leased.invoke("Enable-ExchangeCertificate", { Thumbprint: pair.certificate.thumbprint, Services: "SMTP" }, []);
  } catch (error) {
    if (!isExchangeError(error, "CMDLET_FAILED")) throw error;
    // The question about the default comes after the judgement of the certificate.
    if (asExchangeError(error).details.prompt !== true) return seen("refused", "Enable-ExchangeCertificate refuses it");
  }
  return seen("accepted", "Enable-ExchangeCertificate takes it");
}

/** Nothing is changed, but a key leaves the server: under a password that nobody keeps. */
async function exportedChain(bench: Bench): Promise<Answer> {
  const { leased, edge } = bench;
  const issued = (await listCertificates(leased)).filter(({ selfSigned, hasPrivateKey }) => !selfSigned && hasPrivateKey);
  for (const certificate of issued) {
    if ((await inspectCertificate(leased, certificate.thumbprint)).exportable !== true) continue;
    const password = oneTimePassword();
    const { chain } = await openPfx(await exportCertificate(edge.session, certificate.thumbprint, password), password);
    if (chain.some(({ selfSigned }) => selfSigned)) return seen("root", "the issuers up to the root are in the file");
    if (chain.length > 0) return seen("issuers", "issuers without the root are in the file");
    const known = await hasIntermediate(bench, certificate.thumbprint);
    return known
      ? seen("none", "nothing but the certificate is in the file")
      : among(["issuers", "none"], "nothing but the certificate is in the file");
  }
  return notSeen("no certificate of an authority is exportable");
}

/** Whether a door sends an issuer that is no root along with it. */
async function hasIntermediate({ edge }: Bench, thumbprint: string): Promise<boolean> {
  return (await chainsOf(edge)).some(([leaf, issuer]) => leaf.thumbprint === thumbprint && !issuer.selfSigned);
}

export const KEY_QUESTIONS: readonly Question[] = [one("ecdsaCertificates", ecdsaCertificates), one("exportedChain", exportedChain)];

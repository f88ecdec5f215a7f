/** A certificate source, resolved: references read, the container opened. Secrets stay in this process's memory. */
import type { KeyObject } from "node:crypto";
import { isoSeconds } from "../../base/clock";
import { ExchangeError, isExchangeError } from "../../base/errors";
import { looksAtCopy } from "../../base/copy";
import type { JsonObject } from "../../base/json";
import {
  openPfx,
  orderChain,
  originalOf,
  pathProblem,
  readAnswer,
  readCertificate,
  readPemBundle,
  type Certificate,
  type CertificateBundle,
  type PathProblem,
} from "../../pki";
import type { SecretRef } from "../../remote/hosts";
import {
  describeRef,
  resolvePfxPassword,
  resolvePublic,
  resolveSecret,
  resolveSecretBytes,
  resolveSecretContent,
} from "../../remote/secrets";
import { normalThumbprint } from "../validation";
import { isGenerated, type CertificateSource, type PemSource, type PfxSource, type RequestSource } from "./inputs";

/** The certificate that a source leads to. `privateKey` is null where the key is, or was born, on the host. */
export interface Subject {
  certificate: Certificate;
  chain: Certificate[];
  privateKey: KeyObject | null;
  /** Certificates of the source that are not on the chosen path, too. */
  pool?: Certificate[];
  /** Made on the host by this resource, in this run or in one that broke off: a delete may take it away again. */
  made?: boolean;
  /** The mark under which it was requested. */
  friendlyName?: string;
  /** In a copy of an organisation: the look-alike that `privateKey` belongs to, exported in the certificate's place. */
  lookAlike?: Certificate;
}

/**
 * Opens a source; `now` decides which of several paths to a root is installed.
 * @throws SECRET_UNAVAILABLE, PFX_…, PEM_UNREADABLE, KEY_MISMATCH; they name the argument, and the file or variable that it refers to
 */
export async function openSource(source: PfxSource | PemSource | RequestSource, now: Date): Promise<Subject> {
  try {
    return await open(source, now);
  } catch (error) {
    throw naming(source, error);
  }
}

async function open(source: PfxSource | PemSource | RequestSource, now: Date): Promise<Subject> {
  if ("pfx" in source) {
    const [bytes, password] = await Promise.all([resolveSecretBytes(source.pfx), resolvePfxPassword(source.password)]);
    return openPfx(bytes, password, now);
  }
  if ("request" in source) return openAnswer(source, now);
  const privateKey = await resolveSecretContent(source.privateKey);
  const privateKeyPassword = source.privateKeyPassword === undefined ? undefined : await resolveSecret(source.privateKeyPassword);
  const certificate = await resolvePublic(source.certificate);
  return readPemBundle({ certificate, privateKey, privateKeyPassword, chain: await chainFiles(source.chain), now });
}

/** A program has many certificates: the sentence begins with where this one was given. */
function naming(source: PfxSource | PemSource | RequestSource, error: unknown): unknown {
  if (!isExchangeError(error)) return error;
  // a reference is named already
  if (isExchangeError(error, "SECRET_UNAVAILABLE") && !("pfx" in source && typeof source.pfx === "string")) return error;
  const { code, sentence, hint, cause } = error;
  return new ExchangeError(code, `${placeOf(source, error)}: ${sentence}`, { hint, cause });
}

function placeOf(source: PfxSource | PemSource | RequestSource, error: ExchangeError): string {
  if ("pfx" in source) {
    const pfx = placed("pfx", source.pfx);
    return isExchangeError(error, "PFX_PASSWORD_WRONG") ? `${pfx} with ${placed("password", source.password)}` : pfx;
  }
  // what is not of one part is of the certificate
  const { part = "certificate" } = error.details as { part?: string };
  const [ref] = [(source as unknown as JsonObject)[part]].flat() as SecretRef[];
  return placed(part, ref);
}

const placed = (name: string, ref: SecretRef | undefined): string =>
  typeof ref === "string" || ref === undefined ? `source.${name}` : `source.${name} (${describeRef(ref)})`;

/** A certificate is no secret: only references are resolved. */
function chainFiles(chain: PemSource["chain"]): Promise<(string | Buffer)[]> {
  return Promise.all([chain ?? []].flat().map((one) => resolvePublic(one)));
}

async function openAnswer(source: RequestSource, now: Date): Promise<Subject> {
  const [request, certificate, chain] = await Promise.all([
    resolvePublic(source.request),
    resolvePublic(source.certificate),
    chainFiles(source.chain),
  ]);
  const answer = readAnswer(request, [certificate, ...chain.filter((one) => one.toString().trim() !== "")], now);
  return { ...answer, chain: orderChain(answer.certificate, answer.pool, now), privateKey: null };
}

/** What a copy of an organisation exports stands for the certificate that is meant: it has no key of the real one. */
export function meantBy(bundle: CertificateBundle, now: Date): Subject {
  const original = looksAtCopy() ? originalOf(bundle.certificate.der) : null;
  if (original === null) return bundle;
  const certificate = readCertificate(original);
  return { ...bundle, certificate, chain: orderChain(certificate, bundle.pool, now), lookAlike: bundle.certificate };
}

/** What can be said offline: everything for a certificate in hand, the thumbprint alone for an export, nothing for one to be made. */
export async function offlineFacts(source: CertificateSource, now: Date): Promise<OfflineFacts> {
  if (isGenerated(source)) return { certificate: null, facts: {} };
  if ("export" in source) return { certificate: null, facts: { thumbprint: normalThumbprint(source.export.thumbprint) } };
  const { certificate, chain, pool = [] } = await openSource(source, now);
  const facts = { ...certificateFacts(certificate), chainThumbprints: chain.map((one) => one.thumbprint) };
  return { certificate, facts, root: chain.find(({ selfSigned }) => selfSigned), problem: pathProblem(certificate, pool, now) };
}

/** What is known of a source before anybody connects. */
export interface OfflineFacts {
  certificate: Certificate | null;
  facts: JsonObject;
  /** The root that the host is to trust. */
  root?: Certificate;
  /** Why the given certificates lead to no root that is valid today. */
  problem?: PathProblem | null;
}

/** The derived inputs that come from the certificate itself. */
export function certificateFacts(certificate: Certificate): JsonObject {
  const { thumbprint, subject, issuer, serialNumber, tlsCertificateName } = certificate;
  return {
    thumbprint,
    subject,
    issuer,
    serialNumber,
    notBefore: isoSeconds(certificate.notBefore),
    notAfter: isoSeconds(certificate.notAfter),
    tlsCertificateName,
  };
}

/** A state of an earlier version has the serial number without its leading 00: an unchanged certificate keeps it. */
export function withOldSerial(olds: JsonObject, facts: JsonObject): JsonObject {
  const { serialNumber } = olds;
  const known = olds.thumbprint === facts.thumbprint && typeof serialNumber === "string";
  return known ? { ...facts, serialNumber } : facts;
}

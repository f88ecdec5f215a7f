/**
 * The certificate a resource stands for, from wherever it comes: in hand (PFX, PEM, answer to a request), on another server
 * (export), or made on the host itself (self-signed, AD CS).
 */
import { DAY_MS } from "../../base/clock";
import { ExchangeError, isExchangeError } from "../../base/errors";
import { oneTimePassword } from "../../base/redact";
import {
  exportCertificate,
  inspectCertificate,
  listCertificates,
  findPending,
  type InstalledCertificate,
} from "../../exchange/certificates";
import { equalNames, type Shell } from "../../exchange/shell";
import { openPfx, readCertificate, tlsCertificateName, type Certificate } from "../../pki";
import { readAuthorityRequest } from "../../rotation/authorityRequests";
import { readClaims } from "../../rotation/claimFiles";
import { recordOf, type ClaimBook } from "../../rotation/claims";
import type { Context } from "../types";
import { markOf } from "../ids";
import { normalThumbprint } from "../validation";
import { installedFromRequest } from "./authority";
import { claimedByEndedRun } from "./deployed";
import { isGenerated, type AdcsSource, type CertificateInputs, type ExportSource, type SelfSignedSource } from "./inputs";
import type { Wanted } from "./preferred";
import { meantBy, openSource, type Subject } from "./source";

/** The subject, or null when it has to be made first. `known` is the thumbprint that an earlier create made. */
export async function findSubject(ctx: Context, inputs: CertificateInputs, shell: Shell, known: string | null): Promise<Subject | null> {
  const { source } = inputs;
  if (isGenerated(source)) return known ? installedSubject(shell, known) : null;
  if ("export" in source) return exportedSubject(ctx, source, shell);
  return openSource(source, ctx.now);
}

async function installedSubject(shell: Shell, thumbprint: string): Promise<Subject> {
  const { raw } = await inspectCertificate(shell, thumbprint);
  if (raw) return { certificate: readCertificate(Buffer.from(raw, "base64")), chain: [], privateKey: null };
  const host = shell.facts.name;
  throw new ExchangeError("CERTIFICATE_NOT_FOUND", `${host}: ${thumbprint} is gone.`, {
    host,
    hint: "Run `pulumi up --refresh`: it is made anew.",
  });
}

/** Streamed in memory, under a password that lives for this call (exchange.md 2.7). @throws CERTIFICATE_NOT_EXPORTABLE */
async function exportedSubject(ctx: Context, source: ExportSource, shell: Shell): Promise<Subject> {
  const thumbprint = normalThumbprint(source.export.thumbprint);
  const here = await inspectCertificate(shell, thumbprint);
  if (here.found && here.hasPrivateKey && here.raw)
    return { certificate: readCertificate(Buffer.from(here.raw, "base64")), chain: [], privateKey: null };
  const from = await ctx.session(source.export.host);
  const host = from.facts.name;
  const there = await inspectCertificate(from, thumbprint);
  if (!there.found) throw new ExchangeError("CERTIFICATE_NOT_FOUND", `${host} has no certificate ${thumbprint} to export.`, { host });
  if (there.exportable === false || !there.hasPrivateKey) throw notExportable(host, thumbprint);
  const password = oneTimePassword();
  try {
    return meantBy(await openPfx(await exportCertificate(from, thumbprint, password), password), ctx.now);
  } catch (error) {
    if (isExchangeError(error, "CMDLET_FAILED", "PFX_WITHOUT_KEY")) throw notExportable(host, thumbprint, error);
    throw error;
  }
}
function notExportable(host: string, thumbprint: string, cause?: unknown): ExchangeError {
  return new ExchangeError("CERTIFICATE_NOT_EXPORTABLE", `${host}: the private key of ${thumbprint} cannot be exported.`, { host, cause });
}

/** The certificate, or what is known of a self-signed one before it is made; null for one that an authority has yet to issue. */
export function wantedOf({ subject, inputs, clock }: { subject: Subject | null; inputs: CertificateInputs; clock: Date }): Wanted | null {
  if (subject) return subject.certificate;
  return "selfSigned" in inputs.source ? toBeMade(inputs.source.selfSigned, clock) : null;
}

/** A bare certificate would be installed without a key (exchange.md 15.1). @throws REQUEST_NOT_FOUND */
export async function refuseWithoutRequest(shell: Shell, { certificate }: Subject): Promise<void> {
  if (await findPending(shell, certificate.publicKeySha256)) return;
  const host = shell.facts.name;
  throw new ExchangeError("REQUEST_NOT_FOUND", `${host} has no pending request for the key of ${certificate.thumbprint}.`, { host });
}

/** The certificate that an interrupted run of this resource has made, or installed from its request; null where there is none. */
export async function halfMade(inputs: CertificateInputs, shell: Shell, { claimed = true } = {}): Promise<Subject | null> {
  const { source } = inputs;
  if (!isGenerated(source)) return null;
  // A request that is under way says which certificate is meant: what the claim names is the one that it replaces.
  if ("adcs" in source && (await readAuthorityRequest(shell, inputs.owner))) return installedFromRequest(inputs, shell);
  const mark = markOf(inputs);
  const [claims, installed] = await Promise.all([readClaims(shell), listCertificates(shell)]);
  const own = claimed ? claimedByEndedRun(claims, installed, inputs.owner) : undefined;
  if (own && own.friendlyName === mark && isAsDeclared(own, source)) return { certificate: own, chain: [], privateKey: null, made: true };
  if ("adcs" in source) return null;
  const found = unclaimed(claims, installed, (one) => one.friendlyName === mark && isAsDeclared(one, source));
  // A name that the program chose is no proof: somebody else may have made that certificate.
  return found && { certificate: found, chain: [], privateKey: null, made: inputs.friendlyName === undefined };
}

/** An authority may add names of its own. */
function isAsDeclared(one: InstalledCertificate, source: SelfSignedSource | AdcsSource): boolean {
  if ("selfSigned" in source) return one.selfSigned && sameNames(one, source.selfSigned.domainNames) && lives(one, source.selfSigned);
  return source.adcs.domainNames.every((name) => one.domainNames.some((other) => equalNames(other, name)));
}

/** Days of a life count whole; what Exchange makes lives as long as Exchange likes. */
function lives({ notBefore, notAfter }: Certificate, { lifetime }: SelfSignedSource["selfSigned"]): boolean {
  return lifetime === undefined || Math.round((notAfter.getTime() - notBefore.getTime()) / DAY_MS) === lifetime;
}

/** An installed certificate that nobody claims and that fits; the newest one. */
function unclaimed(
  claims: ClaimBook,
  installed: InstalledCertificate[],
  fits: (one: InstalledCertificate) => boolean,
): InstalledCertificate | null {
  const free = installed.filter((one) => recordOf(claims, "certificate", one.thumbprint) === null && one.hasPrivateKey && fits(one));
  return free.sort((a, b) => b.notBefore.getTime() - a.notBefore.getTime())[0] ?? null;
}

/** A self-signed certificate as it will be made: its subject is the first name (exchange.md 15.1). */
function toBeMade({ domainNames, lifetime }: SelfSignedSource["selfSigned"], now: Date): Wanted {
  const subject = `CN=${domainNames[0]}`;
  const dates = { notBefore: now, notAfter: lifetime === undefined ? new Date(8.64e15) : new Date(now.getTime() + lifetime * DAY_MS) };
  const names = { commonName: domainNames[0], domainNames, tlsCertificateName: tlsCertificateName(subject, subject) };
  return { thumbprint: "", ...names, ...dates, selfSigned: true, version: 3 };
}

function sameNames(certificate: Certificate, names: string[]): boolean {
  return (
    certificate.domainNames.length === names.length && names.every((name) => certificate.domainNames.some((one) => equalNames(one, name)))
  );
}

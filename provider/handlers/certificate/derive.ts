/** What `check` finds out of a certificate's own bytes, and what it warns of: offline, tolerant of unknown values. */
import { daysUntil, isoDay } from "../../base/clock";
import { isExchangeError } from "../../base/errors";
import { hasUnknown, same, UNKNOWN, type JsonObject } from "../../base/json";
import { unsuitable, type Certificate, type PathProblem } from "../../pki";
import { remaining, short } from "../../rotation/reasons";
import { EDGE_DEFAULT } from "../../exchange/ecc";
import { judge, leftInWords, limitInWords, THRESHOLDS } from "../../exchange/lifetimes";
import { serverName } from "../outcome";
import { registerPeers } from "../peers";
import type { CheckFailure, Context } from "../types";
import { failure } from "../validation";
import { DERIVED, isGenerated, type CertificateSource } from "./inputs";
import { offlineFacts, withOldSerial } from "./source";

const WORDS: readonly string[] = ["rotation", "plan", "formerOwner"];
const FACTS = DERIVED.filter((name) => !WORDS.includes(name));

/** What is known of a certificate offline, and what Exchange would not take. Warnings come with it. */
export async function derive(ctx: Context, olds: JsonObject, inputs: JsonObject): Promise<{ facts: JsonObject; failures: CheckFailure[] }> {
  // An Edge that the program no longer has may be the one that is out of service.
  for (const declared of [olds, inputs]) registerPeers({ ...declared, owner: inputs.owner ?? null });
  const failures: CheckFailure[] = [];
  const facts = await fromBytes(ctx, olds, inputs, failures);
  for (const warn of [warnOfDates, warnOfLittleLife, warnOfRenewBefore]) warn(ctx, { ...inputs, ...facts }, olds);
  return { facts, failures };
}

/** Everything that the certificate's own bytes say. An unreadable secret falls back on what is deployed: it must not block. */
async function fromBytes(ctx: Context, olds: JsonObject, inputs: JsonObject, failures: CheckFailure[]): Promise<JsonObject> {
  if (hasUnknown(inputs.source)) return {};
  try {
    const { certificate, facts, root, problem } = await offlineFacts(inputs.source as unknown as CertificateSource, ctx.now);
    if (certificate) failures.push(...refuse(certificate, inputs, olds));
    if (certificate?.keyType === "EC" && olds.thumbprint !== certificate.thumbprint) tellEcc(ctx, inputs, certificate);
    if (certificate && olds.thumbprint !== certificate.thumbprint) tellPath(ctx, inputs, certificate, root, problem ?? null);
    return withOldSerial(olds, facts);
  } catch (error) {
    if (!isExchangeError(error)) throw error;
    const deployed = same(olds.source, inputs.source) && typeof olds.thumbprint === "string";
    if (deployed && isExchangeError(error, "SECRET_UNAVAILABLE", "KEY_MISMATCH")) {
      return Object.fromEntries(FACTS.filter((name) => olds[name] !== undefined).map((name) => [name, olds[name]!]));
    }
    failures.push({ property: "", reason: error.message });
    return {};
  }
}

/** Which root a new certificate leads to; or what keeps it from leading to one, unless the host has what is missing. */
function tellPath(
  ctx: Context,
  { host }: JsonObject,
  certificate: Certificate,
  root: Certificate | undefined,
  problem: PathProblem | null,
): void {
  if (certificate.selfSigned) return;
  const server = serverName(host);
  // A problem is a server's own; the root is the same wherever the certificate goes.
  const key = problem ? `${server}|path|${certificate.thumbprint}` : `root|${certificate.thumbprint}`;
  if (warned.has(key)) return;
  warned.add(key);
  const what = short(certificate.thumbprint);
  if (problem?.expired) ctx.warn(`${server}: certificate ${what}: ${problem.sentence}.`);
  else if (problem) ctx.note(`[${server}] ${what}: ${problem.sentence}`);
  else if (root)
    ctx.note(
      `[${server}] ${what} leads to the root ${root.subject} (${short(root.thumbprint)}), which every server that gets it is to trust`,
    );
}

/** What Exchange would not take, unless it is deployed already: a check must not block what is there (pulumi.md 0.1). */
function refuse(certificate: Certificate, inputs: JsonObject, olds: JsonObject): CheckFailure[] {
  if (olds.thumbprint === certificate.thumbprint) return [];
  const services = [inputs.services, inputs.copyFor].flatMap((some) => (Array.isArray(some) ? some : []));
  // Whether a server takes EC keys only it can say.
  const found = services.includes("SMTP") || certificate.keyType !== "RSA" ? unsuitable(certificate, { ec: true }) : null;
  if (found) return [failure(found.code, "", found.sentence)];
  const { why, hint } = EDGE_DEFAULT;
  // Only an Edge names its organisation.
  const edgeDefault = certificate.keyType === "EC" && inputs.defaultSmtp === "replace" && inputs.organization !== undefined;
  return edgeDefault
    ? [failure("CERTIFICATE_KEY_UNSUPPORTED", "", `Certificate ${certificate.thumbprint} has an EC key, and ${why}.`, hint)]
    : [];
}

/** Nobody is asked in a preview. */
function tellEcc(ctx: Context, { host }: JsonObject, { thumbprint, keyBits }: Certificate): void {
  const server = serverName(host);
  const key = `${server}|ec|${thumbprint}`;
  if (warned.has(key)) return;
  warned.add(key);
  ctx.note(
    `[${server}] ${short(thumbprint)} has an EC key (${keyBits} bits): version and setting of the server are looked at before anything is changed`,
  );
}

const warned = new Set<string>();
/** Refused it would block what is deployed; but nothing would come of it, and nobody would know. */
function warnOfRenewBefore(ctx: Context, { host, source, renewBefore, thumbprint }: JsonObject): void {
  if (typeof renewBefore !== "number" || source === UNKNOWN || isGenerated(source)) return;
  const key = `${serverName(host)}|renewBefore|${String(thumbprint)}`;
  if (warned.has(key)) return;
  warned.add(key);
  ctx.warn(
    `${serverName(host)}: renewBefore counts for certificates that the server makes ({selfSigned}, {adcs}); this one is renewed by a new source.`,
  );
}

/** `create` refuses both; a check must not block what is deployed (rotation.md 9). */
function warnOfDates(ctx: Context, { host, thumbprint, notBefore, notAfter }: JsonObject): void {
  if (typeof notBefore !== "string" || typeof notAfter !== "string" || typeof thumbprint !== "string") return;
  const early = ctx.now < new Date(notBefore) ? `is valid from ${notBefore.slice(0, 10)} only` : null;
  const late = daysUntil(new Date(notAfter), ctx.now) < 0 ? remaining(notAfter, ctx.now) : null;
  const key = `${serverName(host)}|${thumbprint}`;
  if ((early ?? late) === null || warned.has(key)) return;
  warned.add(key);
  ctx.warn(`${serverName(host)}: certificate ${short(thumbprint)} ${early ?? late}.`);
}

/** What is deployed and stays is nearly over, by the share of its life that report and doctor judge by: only a new source renews it. */
function warnOfLittleLife(ctx: Context, { host, thumbprint, notBefore, notAfter }: JsonObject, olds: JsonObject): void {
  if (typeof notBefore !== "string" || typeof notAfter !== "string" || typeof thumbprint !== "string") return;
  const life = { notBefore: new Date(notBefore), notAfter: new Date(notAfter) };
  const key = `${serverName(host)}|life|${thumbprint}`;
  if (olds.thumbprint !== thumbprint || judge(life, ctx.now) !== "red" || warned.has(key)) return;
  warned.add(key);
  ctx.warn(
    `${serverName(host)}: certificate ${short(thumbprint)} ends on ${isoDay(life.notAfter)}, in ${leftInWords(life.notAfter, ctx.now)} (${limitInWords(THRESHOLDS.red)}); its source has no newer one.`,
  );
}

/** `check` and `diff` of a certificate: offline, no server, tolerant of unknown values. */
import { daysUntil, isoDay } from "../../base/clock";
import { isExchangeError } from "../../base/errors";
import { hasUnknown, same, UNKNOWN, type JsonObject } from "../../base/json";
import { unsuitable, type Certificate, type PathProblem } from "../../pki";
import { remaining, renewalDays, short, validUntil } from "../../rotation/reasons";
import { EDGE_DEFAULT } from "../../exchange/ecc";
import { judge, leftInWords, limitInWords, THRESHOLDS } from "../../exchange/lifetimes";
import { keepWords, keptWords } from "../memo";
import { serverName } from "../outcome";
import { registerPeers } from "../peers";
import type { CheckFailure, CheckResult, Context, DiffResult } from "../types";
import { changed, validate, withDefaults } from "../arguments";
import { wordsOf } from "../offline";
import { failure } from "../validation";
import { awaitedOf, diffAwaited } from "./awaited";
import { splitId } from "../ids";
import { isMoved, movedWords, type Stands } from "../whereabouts";
import { noteDeployed } from "./deployed";
import { drifted, wasReplaced } from "./drift";
import { ARGUMENTS, DERIVED, isGenerated, type CertificateSource } from "./inputs";
import { offlineFacts, withOldSerial } from "./source";
import { isQuiet, newInChain, planLines, sentence } from "./words";

const KIND = "Certificate";
const WORDS: readonly string[] = ["rotation", "plan", "formerOwner"];
const FACTS = DERIVED.filter((name) => !WORDS.includes(name));
/** Whether something of these arguments is to be done on the server. */
const works = (olds: JsonObject, news: JsonObject): boolean => changed(ARGUMENTS, "work", olds, news).length > 0;

export async function checkCertificate(ctx: Context, olds: JsonObject, news: JsonObject): Promise<CheckResult> {
  const failures = validate(ARGUMENTS, news, DERIVED);
  const inputs = withDefaults(ARGUMENTS, news, DERIVED);
  failures.push(...combination(inputs));
  if (failures.length > 0) return { inputs, failures };
  // An Edge that the program no longer has may be the one that is out of service.
  for (const declared of [olds, inputs]) registerPeers({ ...declared, owner: inputs.owner ?? null });
  const facts = await derive(ctx, olds, inputs, failures);
  const checked = { ...inputs, ...facts };
  warnOfDates(ctx, checked);
  warnOfLittleLife(ctx, olds, checked);
  warnOfRenewBefore(ctx, checked);
  return { inputs: { ...checked, ...words(olds, checked) }, failures };
}

function combination(inputs: JsonObject): CheckFailure[] {
  const result: CheckFailure[] = [];
  const services = Array.isArray(inputs.services) ? inputs.services : [];
  if (inputs.defaultSmtp === "replace" && !hasUnknown(inputs.services) && !services.includes("SMTP")) {
    result.push(failure("INVALID_ARGUMENT", "defaultSmtp", 'defaultSmtp "replace" needs "SMTP" among the services.'));
  }
  if (inputs.drain === "hold" && inputs.organization === undefined) {
    result.push(failure("INVALID_ARGUMENT", "drain", 'drain "hold" needs organization: the site\'s window is recorded there.'));
  }
  return result;
}

/** Everything that the certificate's own bytes say. An unreadable secret falls back on what is deployed: it must not block. */
async function derive(ctx: Context, olds: JsonObject, inputs: JsonObject, failures: CheckFailure[]): Promise<JsonObject> {
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
function warnOfLittleLife(ctx: Context, olds: JsonObject, { host, thumbprint, notBefore, notAfter }: JsonObject): void {
  if (typeof notBefore !== "string" || typeof notAfter !== "string" || typeof thumbprint !== "string") return;
  const life = { notBefore: new Date(notBefore), notAfter: new Date(notAfter) };
  const key = `${serverName(host)}|life|${thumbprint}`;
  if (olds.thumbprint !== thumbprint || judge(life, ctx.now) !== "red" || warned.has(key)) return;
  warned.add(key);
  ctx.warn(
    `${serverName(host)}: certificate ${short(thumbprint)} ends on ${isoDay(life.notAfter)}, in ${leftInWords(life.notAfter, ctx.now)} (${limitInWords(THRESHOLDS.red)}); its source has no newer one.`,
  );
}

/** Words of a pending change; what nothing is pending for keeps its old words, so that a no-op changes no state. */
function words(olds: JsonObject, news: JsonObject): JsonObject {
  if (!isPending(olds, news) && olds.rotation !== undefined) return wordsOf(olds);
  if (hasUnknown([news.services, news.defaultSmtp, news.drain])) return {};
  const kept = Object.keys(olds).length === 0 ? keptWords(KIND, news, DERIVED) : undefined;
  if (kept) return kept;
  const rotation = sentence(olds, news);
  const plan = planLines(olds, news);
  const found = { ...(rotation === undefined ? {} : { rotation }), ...(plan === undefined ? {} : { plan }), ...renamed(olds, news) };
  if (Object.keys(olds).length > 0) keepWords(KIND, news, DERIVED, found);
  return found;
}
/** An alias gave the resource another name: a replacement is a create, which would not know whose the old certificate is. */
function renamed(olds: JsonObject, news: JsonObject): JsonObject {
  return typeof olds.owner === "string" && olds.owner !== news.owner ? { formerOwner: olds.owner } : {};
}

function isPending(olds: JsonObject, news: JsonObject): boolean {
  if (Object.keys(olds).length === 0 || isQuiet(olds, news)) return true;
  if (isGenerated(news.source)) return !same(olds.source, news.source) || works(olds, news);
  if (news.thumbprint === undefined) return true;
  return olds.thumbprint !== news.thumbprint || newInChain(olds, news).length > 0 || works(olds, news);
}

const STANDS: Stands = { argument: "host", fqdn: (id) => splitId(id)[0] };

/** Old outputs against new inputs. Prints the sentence: a plain preview shows no values (pulumi.md 0.1). */
export function diffCertificate(ctx: Context, id: string, olds: JsonObject, news: JsonObject): DiffResult {
  const server = serverName(news.host);
  noteDeployed(news, olds);
  const awaited = awaitedOf(olds);
  if (awaited) return diffAwaited(ctx, olds, news, awaited);
  if (isMoved(STANDS, id, olds, news)) {
    ctx.note(`[${server}] ${movedWords(STANDS, id, olds, news)}`);
    return { replaces: ["host"] };
  }
  if (isGenerated(news.source)) {
    const generated = diffGenerated(ctx, server, olds, news);
    if (generated) return generated;
    return diffSettings(ctx, id, olds, { ...news, thumbprint: olds.thumbprint ?? null });
  }
  if (news.thumbprint === undefined) return { replaces: ["source"] };
  if (olds.thumbprint !== news.thumbprint) {
    ctx.note(`[${server}] ${String(news.rotation ?? "certificate changes")}`);
    return { replaces: ["thumbprint"] };
  }
  return diffSettings(ctx, id, olds, news);
}

/** A certificate that the server makes is replaced when it is declared otherwise, or when its time has come (rotation.md 10). */
function diffGenerated(ctx: Context, server: string, olds: JsonObject, news: JsonObject): DiffResult | null {
  if (!same(olds.source, news.source)) {
    ctx.note(`[${server}] ${String(news.rotation ?? "a new certificate is made")}`);
    return { replaces: ["source"] };
  }
  const { renewBefore } = news;
  const { notBefore, notAfter } = olds;
  if (typeof renewBefore !== "number" || typeof notAfter !== "string") return null;
  const days = typeof notBefore === "string" ? renewalDays(renewBefore, notBefore, notAfter) : renewBefore;
  const name = short(String(olds.thumbprint));
  if (days !== renewBefore) {
    ctx.warn(
      `${server}: renewBefore ${renewBefore} days is no shorter than the life of ${name}; it is renewed when ${days} days are left.`,
    );
  }
  if (daysUntil(new Date(notAfter), ctx.now) >= days) return null;
  const rotation = `renew: ${validUntil(notAfter)}, renewBefore ${days} days; ${name} → a new certificate`;
  keepWords(KIND, news, DERIVED, { rotation, plan: planLines(olds, news) ?? [], ...renamed(olds, news) });
  ctx.note(`[${server}] ${rotation}`);
  return { changes: true, replaces: ["notAfter"] };
}

/** The same certificate: what is left to finish, to set, or to remember. */
function diffSettings(ctx: Context, id: string, olds: JsonObject, news: JsonObject): DiffResult {
  const server = serverName(news.host);
  const silent = wasReplaced(id, olds);
  if (olds.unfinished === true) {
    if (!silent) ctx.note(`[${server}] unfinished work on ${short(String(news.thumbprint))} is taken up again`);
    return { changes: true };
  }
  if (works(olds, news)) {
    ctx.note(`[${server}] ${String(news.rotation ?? "settings change")}`);
    return {};
  }
  if (isQuiet(olds, news)) {
    ctx.note(`[${server}] ${String(news.rotation ?? "settings change")}`);
    return { changes: true };
  }
  // check has other words for what the declaration brings anew; else the server has lost it.
  if (newInChain(olds, news).length > 0 && olds.rotation !== news.rotation && typeof news.rotation === "string") {
    ctx.note(`[${server}] ${news.rotation}`);
    return {};
  }
  const drift = drifted(olds, news);
  if (drift) {
    if (!silent) ctx.note(`[${server}] ${drift}`);
    return { changes: true };
  }
  return { changes: changed(ARGUMENTS, "state", olds, news).length > 0 };
}

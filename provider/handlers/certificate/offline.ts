/** What a preview says of a certificate: offline, tolerant of unknown values. */
import { daysUntil } from "../../base/clock";
import { hasUnknown, same, type JsonObject } from "../../base/json";
import { renewalDays, short, validUntil } from "../../rotation/reasons";
import { changed } from "../arguments";
import { splitId } from "../ids";
import { otherName, refusedAfterStart } from "../afterStart";
import { keepWords } from "../memo";
import type { Another, Offline } from "../offline";
import { serverName } from "../outcome";
import type { CheckFailure, Context } from "../types";
import { failure } from "../validation";
import { derive } from "./derive";
import { drifted } from "./drift";
import { ARGUMENTS, DERIVED, isGenerated } from "./inputs";
import { isQuiet, newInChain, planLines, sentence } from "./words";

export const OFFLINE = {
  name: "Certificate",
  arguments: ARGUMENTS,
  derived: DERIVED,
  stands: { argument: "host", fqdn: (id) => splitId(id)[0] },
  renews: true,
  combination,
  derive,
  isPending,
  needs: ["services", "defaultSmtp", "drain"],
  words,
  refuse: refuseOtherName,
  another,
  unfinished: (news, olds) => `unfinished work on ${nameOf(olds, news)} is taken up again`,
  differs,
  drift: (olds, news, pending) => (pending.length > 0 ? null : quietOrDrifted(olds, news)),
  unknown,
} satisfies Offline;

/** A certificate that the server makes is named by outputs alone. */
const nameOf = (olds: JsonObject, news: JsonObject): string => short(String(news.thumbprint ?? olds.thumbprint));
/** Something of these arguments is to be done on the server. */
const worksOf = (olds: JsonObject, news: JsonObject): string[] => changed(ARGUMENTS, "work", olds, news);

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

function words(olds: JsonObject, news: JsonObject): JsonObject {
  const rotation = sentence(olds, news);
  const plan = planLines(olds, news);
  return { ...(rotation === undefined ? {} : { rotation }), ...(plan === undefined ? {} : { plan }), ...renamed(olds, news) };
}

/** An alias gave the resource another name: a replacement is a create, which would not know whose the old certificate is. */
function renamed(olds: JsonObject, news: JsonObject): JsonObject {
  return typeof olds.owner === "string" && olds.owner !== news.owner ? { formerOwner: olds.owner } : {};
}

/**
 * A name that changes reaches the Edge's connectors by EdgeSync, which is to be waited for after the start. Of one that is out of service
 * the subscription decides. @throws AFTER_START_REFUSED
 */
function refuseOtherName(olds: JsonObject, news: JsonObject): void {
  const { synchronise } = (news.lookAhead ?? {}) as { synchronise?: unknown };
  const { tlsCertificateName: before, defaultSmtp, unfinished, isDefaultSmtp } = olds;
  const after = news.tlsCertificateName;
  // Copies inside have no say: the Edges' own names decide.
  if (synchronise !== "afterStart" || news.organization === undefined || news.defaultSmtp !== "replace") return;
  if (unfinished === true || (isDefaultSmtp !== true && defaultSmtp !== "replace")) return;
  const why = typeof before === "string" && typeof after === "string" ? otherName(before, after) : null;
  if (why !== null) throw refusedAfterStart(serverName(news.host), why);
}

function isPending(olds: JsonObject, news: JsonObject): boolean {
  if (isQuiet(olds, news)) return true;
  if (isGenerated(news.source)) return !same(olds.source, news.source) || worksOf(olds, news).length > 0;
  if (news.thumbprint === undefined) return true;
  return olds.thumbprint !== news.thumbprint || newInChain(olds, news).length > 0 || worksOf(olds, news).length > 0;
}

function unknown(news: JsonObject, olds: JsonObject): string | undefined {
  if (isGenerated(news.source)) return same(olds.source, news.source) ? "settings change" : "a new certificate is made";
  if (news.thumbprint === undefined) return undefined;
  return news.thumbprint === olds.thumbprint ? "settings change" : "certificate changes";
}

/** What it is comes from its bytes; one that the server makes is what its source declares, for as long as its life lasts. */
function another(ctx: Context, olds: JsonObject, news: JsonObject): Another | null {
  if (isGenerated(news.source)) return same(olds.source, news.source) ? dueRenewal(ctx, olds, news) : { replaces: ["source"] };
  if (news.thumbprint === undefined) return { replaces: ["source"] };
  return olds.thumbprint === news.thumbprint ? null : { replaces: ["thumbprint"] };
}

/** The time of a certificate that the server made has come (rotation.md 10). */
function dueRenewal(ctx: Context, olds: JsonObject, news: JsonObject): Another | null {
  const { renewBefore } = news;
  const { notBefore, notAfter } = olds;
  if (typeof renewBefore !== "number" || typeof notAfter !== "string") return null;
  const days = typeof notBefore === "string" ? renewalDays(renewBefore, notBefore, notAfter) : renewBefore;
  const name = short(String(olds.thumbprint));
  if (days !== renewBefore) {
    ctx.warn(
      `${serverName(news.host)}: renewBefore ${renewBefore} days is no shorter than the life of ${name}; it is renewed when ${days} days are left.`,
    );
  }
  if (daysUntil(new Date(notAfter), ctx.now) >= days) return null;
  const rotation = `renew: ${validUntil(notAfter)}, renewBefore ${days} days; ${name} → a new certificate`;
  keepWords("Certificate", news, DERIVED, { rotation, plan: planLines(olds, news) ?? [], ...renamed(olds, news) });
  return { changes: true, replaces: ["notAfter"], sentence: rotation };
}

/** Work for the server. A certificate of the chain that the declaration brings anew has other words in `check`; else the server has lost it. */
function differs(olds: JsonObject, news: JsonObject): string[] {
  const work = worksOf(olds, news);
  if (work.length > 0 || isQuiet(olds, news)) return work;
  const declaredAnew = newInChain(olds, news).length > 0 && olds.rotation !== news.rotation && typeof news.rotation === "string";
  return declaredAnew ? ["chainThumbprints"] : [];
}

function quietOrDrifted(olds: JsonObject, news: JsonObject): string | null {
  if (isQuiet(olds, news)) return typeof news.rotation === "string" ? news.rotation : "settings change";
  return drifted(olds, { ...news, thumbprint: news.thumbprint ?? olds.thumbprint ?? null });
}

/** `rotation` and `plan` of a certificate: what the preview says, from inputs alone, whatever the clock shows. */
import { hasUnknown, same, type JsonObject } from "../../base/json";
import { ANY, planLines as linesOf, stepsOf, type Aim } from "../../rotation/order";
import { dayCount, rotationSentence, short, validUntil, type Known } from "../../rotation/reasons";
import { changed } from "../arguments";
import { serverName } from "../outcome";
import { labelWords, relabelled } from "./labels";
import { ARGUMENTS, isGenerated, type AdcsSource, type SelfSignedSource } from "./inputs";

function known(inputs: JsonObject): Known | null {
  const { thumbprint, issuer, subject, notBefore, notAfter } = inputs;
  if (typeof thumbprint !== "string" || hasUnknown(thumbprint) || typeof notAfter !== "string") return null;
  return { thumbprint, issuer, subject, notBefore, notAfter } as Known;
}

/** A thumbprint, shortened; words stay whole. */
function label(thumbprint: string): string {
  return /^[0-9A-F]{40}$/.test(thumbprint) ? short(thumbprint) : thumbprint;
}

function drains(inputs: JsonObject): boolean {
  const services = Array.isArray(inputs.services) ? inputs.services : [];
  return services.includes("SMTP") && inputs.organization !== undefined && inputs.drain !== "never";
}

/** The sentence, or undefined while the certificate is not known. */
export function sentence(olds: JsonObject, news: JsonObject): string | undefined {
  const server = serverName(news.host);
  if (isGenerated(news.source)) return generatedSentence(olds, news, server);
  const after = known(news);
  if (!after) return typeof news.thumbprint === "string" ? exportedSentence(olds, news, news.thumbprint, server) : undefined;
  const before = known(olds);
  if (before && before.thumbprint === after.thumbprint) {
    return `${settings(olds, news, short(after.thumbprint), server)}; ${validUntil(after.notAfter)}`;
  }
  const services = (Array.isArray(news.services) ? news.services : []).map(String);
  const replaces = services.includes("SMTP") && news.defaultSmtp === "replace";
  return rotationSentence({ server, before, after, drains: drains(news), replaces, services });
}

/** One certificate serves a web site: enabling IIS takes it from the one before. */
const iisMoves = ({ services }: JsonObject): string => (Array.isArray(services) && services.includes("IIS") ? "; IIS moves to it" : "");

/** Chain certificates that the declaration has and did not have before; a state of an earlier version says nothing of them. */
export function newInChain(olds: JsonObject, news: JsonObject): string[] {
  const [before, now] = [olds.chainThumbprints, news.chainThumbprints];
  return Array.isArray(before) && Array.isArray(now) ? now.filter((one) => !before.includes(one)).map(String) : [];
}

/** "hold" is given up: an Edge that is still out of service comes back in this run. */
export function isReleased(olds: JsonObject, news: JsonObject): boolean {
  return olds.drain === "hold" && news.drain !== "hold";
}

/** A change that leaves everything on the server as it is, or only ends a hold. */
export function isQuiet(olds: JsonObject, news: JsonObject): boolean {
  return Object.keys(olds).length > 0 && (isReleased(olds, news) || relabelled(olds, news).length > 0);
}

/** `services of AAAA… change on MBX01: IIS → IIS, POP`. */
function settings(olds: JsonObject, news: JsonObject, what: string, server: string): string {
  const shown = (value: unknown): string => (Array.isArray(value) ? value.join(", ") || "none" : String(value));
  const work = changed(ARGUMENTS, "work", olds, news);
  const values = work.map((name) => `${shown(olds[name])} → ${shown(news[name])}`).join("; ");
  const labels = relabelled(olds, news);
  const chain = newInChain(olds, news).map(short).join(", ");
  const said = [
    ...(work.length > 0 ? [`${work.join(" and ")} of ${what} change on ${server}: ${values}`] : []),
    ...(isReleased(olds, news) ? [`drain "hold" → "${shown(news.drain)}": ${server} goes back into service if it is still held`] : []),
    ...(labels.length > 0 ? [labelWords(labels)] : []),
    ...(chain ? [`chain of ${what} on ${server}: ${chain} is new in the declaration`] : []),
  ];
  return said.length > 0 ? said.join("; ") : `settings of ${what} change on ${server}`;
}

/** Of a certificate on another server only the thumbprint is known before somebody connects. */
function exportedSentence(olds: JsonObject, news: JsonObject, thumbprint: string, server: string): string {
  const from = serverName((news.source as { export?: { host?: unknown } } | null)?.export?.host);
  if (typeof olds.thumbprint !== "string")
    return `first deployment: carries ${short(thumbprint)} from ${from} to ${server} unless it is installed${iisMoves(news)}`;
  if (olds.thumbprint === thumbprint) return settings(olds, news, short(thumbprint), server);
  return `carry: ${short(olds.thumbprint)} → ${short(thumbprint)}, exported from ${from}`;
}

function generatedSentence(olds: JsonObject, news: JsonObject, server: string): string {
  const what = generatedWhat(news.source as unknown as SelfSignedSource | AdcsSource);
  if (Object.keys(olds).length === 0) return `first deployment: ${server} makes ${what}${iisMoves(news)}`;
  return same(olds.source, news.source)
    ? settings(olds, news, "the certificate", server)
    : `${server} makes ${what}: its declaration changed`;
}

/** As far as it is known. */
function generatedWhat(source: SelfSignedSource | AdcsSource): string {
  const declared = ("selfSigned" in source ? source.selfSigned : source.adcs) as { domainNames?: string[]; ca?: string; lifetime?: number };
  const { domainNames, ca, lifetime } = declared;
  const life = typeof lifetime === "number" ? `, valid for ${dayCount(lifetime)}` : "";
  const kind = "selfSigned" in source ? "a self-signed certificate" : `a certificate of ${ca && !hasUnknown(ca) ? ca : "a CA"}`;
  return (domainNames && !hasUnknown(domainNames) ? `${kind} for ${domainNames.join(", ")}` : kind) + life;
}

/** Outputs know neither every source, nor inputs the thumbprint of a certificate that the server makes. */
function isKept(olds: JsonObject, news: JsonObject, name: string): boolean {
  return olds[name] === undefined || news[name] === undefined || same(olds[name], news[name]);
}

/** Numbered steps with host, what is interrupted, and the point of no return. */
export function planLines(olds: JsonObject, news: JsonObject): string[] | undefined {
  const generated = isGenerated(news.source);
  if (typeof news.thumbprint !== "string" && !generated) return undefined;
  const aim = aimOf(news);
  const chain = newInChain(olds, news).length > 0;
  const itself = generated ? "source" : "thumbprint";
  if ((chain || isQuiet(olds, news)) && [itself, "services", "defaultSmtp"].every((name) => isKept(olds, news, name))) {
    return linesOf(aim, [...(chain ? (["chain"] as const) : []), ...(isReleased(olds, news) ? (["invariants", ...END] as const) : [])]);
  }
  const held = aim.drains && news.drain === "hold";
  return linesOf(aim, [...stepsOf("certificate"), ...(aim.drains && !held ? END : [])], held ? [HELD] : []);
}
/** How a window ends that no TransportService ends. */
const END = ["predecessor", "start"] as const;
const HELD = "stays out of service until its TransportService";

function aimOf(news: JsonObject): Aim {
  const services = Array.isArray(news.services) ? news.services.map(String) : [];
  const { source, thumbprint } = news;
  const adcs = isGenerated(source) && "adcs" in source ? (source.adcs as { ca?: string }) : null;
  return {
    ...ANY,
    host: serverName(news.host),
    certificate: typeof thumbprint === "string" ? label(thumbprint) : "the new certificate",
    made: adcs ? "adcs" : isGenerated(source) ? "selfSigned" : null,
    authority: adcs?.ca !== undefined && !hasUnknown(adcs.ca) ? adcs.ca : "the authority",
    drains: drains(news),
    smtp: services.includes("SMTP"),
    becomesDefault: news.defaultSmtp === "replace",
    otherServices: services.filter((one) => one !== "SMTP"),
  };
}

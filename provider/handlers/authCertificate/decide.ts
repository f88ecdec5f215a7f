/**
 * What the Auth certificate needs now. Ordered reasons, the first one wins (the way cert-manager's policies decide); pure. Rules:
 * docs/auth-certificate.md, from "Maintain the Exchange Server OAuth certificate" and MonitorExchangeAuthCertificate's documentation.
 */
import type { AuthConfig } from "../../exchange/authConfig";
import { renewalDays } from "../../rotation/reasons";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A certificate that is to follow must live on for so long after its date. */
const WORTH_DAYS = 120;

/** One certificate as the servers of the organisation have it. */
export interface Seen {
  thumbprint: string;
  notBefore: Date;
  notAfter: Date;
  /** Exchange signs tokens with RSA keys only (exchange.md 17). */
  ec?: boolean;
  /** Mailbox servers that answered and have it with its key. */
  on: string[];
}

export interface AuthFacts {
  config: AuthConfig;
  /** Certificates with the Auth certificate's subject, or named by the configuration. */
  seen: Seen[];
  /** Mailbox servers that answered; `own` is the host itself, where Set-AuthConfig runs. */
  servers: string[];
  own: string;
  /** Mailbox servers that could not be asked. */
  unread: string[];
  hybrid: boolean;
}

export interface AuthAim {
  renewBefore: number;
  effectiveAfter: number;
  uploadedThumbprint?: string;
}

export type AuthWork =
  | { kind: "none" }
  /** `thumbprint` null: it is made first. `publish`: the current one is unusable, so nobody waits for the date. */
  | { kind: "follow"; thumbprint: string | null; effective: Date; publish: boolean; reason: AuthReason }
  /** It is set already and must become the current one at once. */
  | { kind: "publish"; thumbprint: string; reason: AuthReason }
  | { kind: "copy"; thumbprint: string; to: string[]; reason: AuthReason }
  | { kind: "clear"; thumbprint: string; reason: AuthReason }
  /** Something is due, but the tenant does not know the certificate that would follow. */
  | { kind: "upload"; reason: AuthReason };
export type AuthReason = "none" | "expired" | "missing" | "renew" | "uploaded" | "tooLate" | "incomplete" | "replaced";

/** @param previousSince since when the previous certificate is known to have been replaced; null = not known */
export function decideAuth(facts: AuthFacts, aim: AuthAim, previousSince: Date | null, now: Date): AuthWork {
  const { config } = facts;
  const current = find(facts, config.current);
  const broken = whyUnusable(facts, current, now);
  if (broken) return atOnce(facts, aim, broken, now);
  const late = config.next !== null && config.nextEffective !== null && config.nextEffective > current!.notAfter;
  const next = find(facts, config.next);
  if (late && next) return follow(facts, aim, "tooLate", now, current!);
  const { uploadedThumbprint: uploaded } = aim;
  if (uploaded !== undefined && config.next === null && config.current !== uploaded) return follow(facts, aim, "uploaded", now, current!);
  if (config.next === null && isDue(current!, aim, now)) return follow(facts, aim, "renew", now, current!);
  const [lacking] = lackingOf(facts, now);
  if (lacking) return { kind: "copy", ...lacking, reason: "incomplete" };
  return mayClear(facts, aim, previousSince, now) ? { kind: "clear", thumbprint: config.previous!, reason: "replaced" } : { kind: "none" };
}

/** Whether the current one has so little life left that another one should follow. */
export function isDue({ notBefore, notAfter }: Pick<Seen, "notBefore" | "notAfter">, { renewBefore }: AuthAim, now: Date): boolean {
  const days = renewalDays(renewBefore, notBefore.toISOString(), notAfter.toISOString());
  return notAfter.getTime() - now.getTime() < days * DAY;
}

/** When a certificate that follows becomes effective: after the notice, but while the current one is still valid. */
export function effectiveDate(current: Date, effectiveAfter: number, now: Date): Date {
  const left = current.getTime() - now.getTime();
  return new Date(now.getTime() + Math.max(0, Math.min(effectiveAfter * HOUR, left / 2)));
}

/** When the previous certificate may go: no token that it signed is in use any more, and every server knows the new one. */
export function clearDate(previousSince: Date, effectiveAfter: number): Date {
  return new Date(previousSince.getTime() + effectiveAfter * HOUR);
}

function find({ seen }: AuthFacts, thumbprint: string | null): Seen | undefined {
  return seen.find((one) => one.thumbprint === thumbprint);
}

function whyUnusable({ config }: AuthFacts, current: Seen | undefined, now: Date): AuthReason | null {
  if (config.current === null) return "none";
  if (!current || current.on.length === 0) return "missing";
  return current.notAfter < now ? "expired" : null;
}

/** Exchange copies the next one by itself; a day before its date it has had its time. */
const COPIED_BY = DAY;

/** Servers that answered and lack a certificate which another one could give. */
export function lackingOf(facts: AuthFacts, now: Date): { thumbprint: string; to: string[] }[] {
  const { current, next, nextEffective } = facts.config;
  const near = nextEffective !== null && nextEffective.getTime() - now.getTime() < COPIED_BY;
  return [current, near ? next : null].flatMap((thumbprint) => {
    const found = find(facts, thumbprint);
    if (!found || found.on.length === 0) return [];
    const to = facts.servers.filter((server) => !found.on.includes(server));
    return to.length > 0 ? [{ thumbprint: found.thumbprint, to }] : [];
  });
}

function atOnce(facts: AuthFacts, aim: AuthAim, reason: AuthReason, now: Date): AuthWork {
  const { config, hybrid } = facts;
  const next = find(facts, config.next);
  const ready = next && isUsable(facts, next, now) ? next.thumbprint : null;
  if (ready !== null && (!hybrid || aim.uploadedThumbprint === ready)) return { kind: "publish", thumbprint: ready, reason };
  const candidate = follower(facts, aim, now);
  return candidate === undefined
    ? { kind: "upload", reason }
    : { kind: "follow", thumbprint: candidate, effective: now, publish: true, reason };
}

function follow(facts: AuthFacts, aim: AuthAim, reason: AuthReason, now: Date, current: Seen): AuthWork {
  const thumbprint = follower(facts, aim, now);
  if (thumbprint === undefined) return { kind: "upload", reason };
  return { kind: "follow", thumbprint, effective: effectiveDate(current.notAfter, aim.effectiveAfter, now), publish: false, reason };
}

/** Which one follows: what the program names, what is set, what an interrupted run made; null = a new one; undefined = not without the tenant. */
function follower(facts: AuthFacts, { uploadedThumbprint: uploaded }: AuthAim, now: Date): string | null | undefined {
  const { config, seen, hybrid } = facts;
  if (uploaded !== undefined && uploaded !== config.current) {
    const named = find(facts, uploaded);
    if (named && isUsable(facts, named, now)) return uploaded;
  }
  if (hybrid) return undefined;
  const others = seen.filter((one) => one.thumbprint !== config.current && one.thumbprint !== config.previous && isUsable(facts, one, now));
  const worth = others.filter((one) => one.notAfter.getTime() - now.getTime() > WORTH_DAYS * DAY);
  worth.sort(
    (a, b) => Number(b.thumbprint === config.next) - Number(a.thumbprint === config.next) || b.notAfter.getTime() - a.notAfter.getTime(),
  );
  return worth[0]?.thumbprint ?? null;
}

/** Set-AuthConfig looks at the server it runs on. */
function isUsable({ own }: AuthFacts, one: Seen, now: Date): boolean {
  return one.ec !== true && one.on.includes(own) && one.notBefore <= now && one.notAfter > now;
}

function mayClear(facts: AuthFacts, { effectiveAfter }: AuthAim, previousSince: Date | null, now: Date): boolean {
  const { config, unread } = facts;
  if (config.previous === null || config.next !== null || unread.length > 0 || previousSince === null) return false;
  return clearDate(previousSince, effectiveAfter) <= now;
}

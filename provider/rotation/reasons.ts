/**
 * Why a certificate changes, in words with dates and day counts. Ordered checks over what is known offline; the first reason
 * wins (the way cert-manager's policies decide).
 */
import { daysUntil } from "../base/clock";

/** What is known of a certificate offline. */
export interface Known {
  thumbprint: string;
  issuer: string;
  subject: string;
  notBefore: string;
  notAfter: string;
}
export interface Change {
  server: string;
  before: Known | null;
  after: Known;
  drains: boolean;
  /** Becomes the default certificate. */
  replaces: boolean;
  /** Is enabled for SMTP. */
  smtp: boolean;
}
interface Reason {
  code: string;
  holds: (change: Change, now: Date) => boolean;
  sentence: (change: Change, now: Date) => string;
}

/** `AAAA… → BBBB…`: enough of a thumbprint to recognise it. */
export function short(thumbprint: string): string {
  return thumbprint.length > 8 ? `${thumbprint.slice(0, 8)}…` : thumbprint;
}

function arrow({ before, after }: Change): string {
  return `${before ? short(before.thumbprint) : "none"} → ${short(after.thumbprint)}`;
}
export function dayCount(days: number): string {
  return days === 1 ? "1 day" : `${days} days`;
}
/** `9 days left (2026-12-01)` or `expired 3 days ago (2026-11-19)`. */
export function remaining(notAfter: string, now: Date): string {
  const left = daysUntil(new Date(notAfter), now);
  const day = notAfter.slice(0, 10);
  if (left >= 0) return `${dayCount(left)} left (${day})`;
  return `expired ${left === -1 ? "less than a day" : dayCount(-left - 1)} ago (${day})`;
}

/**
 * How many days before its end a generated certificate is renewed. A `renewBefore` that is no shorter than its life would renew it in
 * every run: then a third of its life counts.
 */
export function renewalDays(renewBefore: number, notBefore: string, notAfter: string): number {
  const life = daysUntil(new Date(notAfter), new Date(notBefore));
  return renewBefore < life ? renewBefore : Math.floor(life / 3);
}

/** When a first deployment has nothing to do, and what it does else. */
function adoption({ server, drains, replaces, smtp }: Change): string {
  if (drains) return `${replaces ? "the default" : "enabled for SMTP"}, else drains ${server}`;
  if (replaces) return `the default of ${server}, else makes it the default`;
  return smtp ? `enabled for SMTP on ${server}, else installs and enables it` : `installed on ${server}, else installs it`;
}

function names({ before, after }: Change): string {
  if (before!.issuer !== after.issuer && before!.subject !== after.subject) return "; issuer and subject change, connector names flip last";
  if (before!.issuer !== after.issuer) return "; the issuer changes, connector names flip last";
  if (before!.subject !== after.subject) return "; the subject changes, connector names flip last";
  return "";
}

const REASONS: Reason[] = [
  {
    code: "first",
    holds: ({ before }) => before === null,
    sentence: (change, now) => {
      const { thumbprint, notAfter } = change.after;
      return `first deployment: ${short(thumbprint)}, ${remaining(notAfter, now)}; adopts if ${short(thumbprint)} is ${adoption(change)}`;
    },
  },
  {
    code: "return",
    holds: ({ before, after }) => after.notBefore < before!.notBefore,
    sentence: (change, now) =>
      `return to an earlier certificate: ${remaining(change.after.notAfter, now)}, ${arrow(change)}${names(change)}`,
  },
  {
    code: "expired",
    holds: ({ before }, now) => daysUntil(new Date(before!.notAfter), now) < 0,
    sentence: (change, now) => `renew: ${remaining(change.before!.notAfter, now)}, ${arrow(change)}${names(change)}`,
  },
  {
    code: "renew",
    holds: () => true,
    sentence: (change, now) => `renew: ${remaining(change.before!.notAfter, now)}, ${arrow(change)}${names(change)}`,
  },
];

/** The sentence of a change at `now`. */
export function rotationSentence(change: Change, now: Date): string {
  return REASONS.find((reason) => reason.holds(change, now))!.sentence(change, now);
}

/**
 * Why a certificate changes, in words with dates. Ordered checks over what is known offline; the first reason wins (the way
 * cert-manager's policies decide). These sentences are inputs, and a saved plan holds inputs to what they were: nothing in
 * them may change with the clock. The count of days stands in the printed line alone (`counted`).
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
  /** What it is enabled for; none: installed only. */
  services: readonly string[];
}
interface Reason {
  code: string;
  holds: (change: Change) => boolean;
  sentence: (change: Change) => string;
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
/** `valid until 2026-12-01`: how a sentence that is an input speaks of a certificate's end. */
export function validUntil(notAfter: string): string {
  return `valid until ${notAfter.slice(0, 10)}`;
}
/** The printed form of a sentence: `valid until 2026-12-01` becomes `9 days left (2026-12-01)` where the moment of that end is known. */
export function counted(sentence: string, ends: readonly unknown[], now: Date): string {
  return sentence.replace(/valid until (\d{4}-\d\d-\d\d)/g, (words, day: string) => {
    const end = ends.find((one) => typeof one === "string" && one.startsWith(day));
    return end === undefined ? words : remaining(end as string, now);
  });
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
function adoption({ server, drains, replaces, services }: Change): string {
  if (drains) return `${replaces ? "the default" : "enabled for SMTP"}, else drains ${server}`;
  const others = services.filter((one) => one !== "SMTP").join(", ");
  const moves = services.includes("IIS") ? " (IIS moves to it)" : "";
  if (replaces && others) return `the default of ${server} and enabled for ${others}, else makes it so${moves}`;
  if (replaces) return `the default of ${server}, else makes it the default`;
  if (services.length === 0) return `installed on ${server}, else installs it`;
  return `enabled for ${services.join(", ")} on ${server}, else installs and enables it${moves}`;
}

/** Connectors name certificates for SMTP, and copies that are installed only: not those of other services. */
function names({ before, after, services }: Change): string {
  const flips = services.length === 0 || services.includes("SMTP") ? ", connector names flip last" : "";
  if (before!.issuer !== after.issuer && before!.subject !== after.subject) return `; issuer and subject change${flips}`;
  if (before!.issuer !== after.issuer) return `; the issuer changes${flips}`;
  if (before!.subject !== after.subject) return `; the subject changes${flips}`;
  return "";
}

const REASONS: Reason[] = [
  {
    code: "first",
    holds: ({ before }) => before === null,
    sentence: (change) => {
      const { thumbprint, notAfter } = change.after;
      return `first deployment: ${short(thumbprint)}, ${validUntil(notAfter)}; adopts if ${short(thumbprint)} is ${adoption(change)}`;
    },
  },
  {
    code: "return",
    // An authority may date a renewal back: what ends later is one.
    holds: ({ before, after }) => after.notBefore < before!.notBefore && after.notAfter <= before!.notAfter,
    sentence: (change) => `return to an earlier certificate: ${validUntil(change.after.notAfter)}, ${arrow(change)}${names(change)}`,
  },
  {
    code: "renew",
    holds: () => true,
    sentence: (change) => `renew: ${validUntil(change.before!.notAfter)}, ${arrow(change)}${names(change)}`,
  },
];

/** The sentence of a change: dates, no counts. */
export function rotationSentence(change: Change): string {
  return REASONS.find((reason) => reason.holds(change))!.sentence(change);
}

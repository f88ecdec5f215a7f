/**
 * Whether an Edge may leave service now, decided from what its site's record and the other Edges show (docs/adr/0027). One window of a site
 * is always allowed; a further one only within the limit, and only while another Edge of the site, and another source of each of the
 * Edge's connectors, is known to run.
 */
import { minutesSince } from "../base/clock";
import { ExchangeError } from "../base/errors";

export interface SiteWindow {
  edge: string;
  site: string;
  stack: string;
  owner: string;
  since: string;
  /** The connector whose flip restarts transport of the site's Edges, one after the other; on the Edges themselves nothing is open. */
  flip?: string;
  /** Code of the failure that left the Edge out of service; none of the site follows until a run has taken it up again. */
  failed?: string;
}

/** `abandoned`: its rotation is open, and its window was given away. `unreachable`: it does not answer. `unknown`: no way to it is known. */
export type Service = "runs" | "stopped" | "abandoned" | "unreachable" | "unknown";
/** An Edge of the site that has no open window. */
export interface OtherEdge {
  edge: string;
  service: Service;
}
/** A send connector that the Edge is a source of, and its other sources. */
export interface SharedConnector {
  connector: string;
  others: readonly { server: string; runs: boolean }[];
}
export interface Surroundings {
  others: readonly OtherEdge[];
  connectors: readonly SharedConnector[];
}

export interface Question extends Surroundings {
  edge: string;
  site: string;
  stack: string;
  /** How many Edges of the site may be out of service at once. */
  limit: number;
  /** Open windows of the site, the oldest first. */
  windows: readonly SiteWindow[];
  /** An Edge of the fleet that has failed in this run. */
  failed: { edge: string; code: string } | null;
  now: Date;
}

/** This Edge's own window, whichever run of its stack has opened it. */
export const isOwn = (window: SiteWindow, { edge, stack }: Pick<Question, "edge" | "stack">): boolean =>
  window.edge === edge && window.stack === stack && window.flip === undefined;

/**
 * Null where the window may be opened, or is open already; else why not: `EDGE_WINDOW_BUSY`, in `details.why` the rule (`failed`, `window`,
 * `limit`, `alone`, `connector`), in the order in which they are asked.
 */
export function whyNot(question: Question): ExchangeError | null {
  const { windows, limit, failed } = question;
  if (windows.some((one) => isOwn(one, question))) return null;
  if (limit > 1 && failed) return busy(question, "failed", `${failed.edge} has failed in this run (${failed.code})`, AFTER_FAILURE);
  const [first] = windows;
  if (!first) return null;
  const broken = windows.find((one) => one.failed !== undefined);
  // A flip restarts one Edge of the site after the other: nothing is open beside it.
  const alone = windows.find((one) => one.flip !== undefined);
  if (limit === 1 || alone)
    return busy(question, "window", windows.map((one) => outSince(one, question)).join(", and "), finish(alone ?? first));
  if (broken) return busy(question, "failed", `${outSince(broken, question)}, and failed (${broken.failed})`, finish(broken));
  return whyNotFurther(question);
}

const AFTER_FAILURE = "See what it failed with, then run `pulumi up --refresh`: it goes on with all of them.";

function whyNotFurther(question: Question): ExchangeError | null {
  const { windows, limit, others, connectors, site } = question;
  const out = [...windows.map(({ edge }) => edge), ...others.filter(isOut).map(inWords)];
  const counted = `${out.join(", ")} ${out.length === 1 ? "is" : "are"} out of service`;
  if (out.length >= limit) return busy(question, "limit", `${counted} in site ${site}, and maxUnavailable allows ${limit}`, WAIT);
  if (!others.some(({ service }) => service === "runs"))
    return busy(question, "alone", `${counted} in site ${site}, and no other Edge of it is known to run`, WAIT);
  const bare = connectors.find((one) => !one.others.some(({ runs }) => runs));
  if (!bare) return null;
  const sources = bare.others.map(({ server }) => server).join(", ") || "none";
  return busy(
    question,
    "connector",
    `${counted}, and no other source of send connector "${bare.connector}" is known to run (${sources})`,
    WAIT,
  );
}

const WAIT = "One Edge of the site is always allowed: finish those that are out of service, or bring back what is stopped; then run again.";
const isOut = ({ service }: OtherEdge): boolean => service !== "runs";
const inWords = ({ edge, service }: OtherEdge): string =>
  service === "unknown" ? `${edge} (not known to this stack)` : `${edge} (${service})`;

/** `EDGE02 of site X has been since … (3 min, by shop/prod/edge02)` */
function outSince({ edge, site, since, owner }: SiteWindow, { now }: Question): string {
  return `${edge} of site ${site} has been since ${since} (${minutesSince(since, now)} min, by ${owner})`;
}

const finish = ({ edge }: SiteWindow): string =>
  `Finish ${edge} first (\`pulumi up --refresh\` where it is this stack's), or run \`npx pulumi-exchange resume ${edge} [--abandon]\`.`;

function busy({ edge, windows }: Question, why: string, reason: string, hint: string): ExchangeError {
  const [first] = windows;
  const details = { why, ...(first && { edge: first.edge, owner: first.owner, since: first.since }) };
  return new ExchangeError("EDGE_WINDOW_BUSY", `${edge} cannot be taken out of service: ${reason}.`, { host: edge, hint, details });
}

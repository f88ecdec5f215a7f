/** The work: one function that does what is due now, and waits for no date. */
import { isoSeconds } from "../../base/clock";
import type { JsonObject } from "../../base/json";
import { runPlan } from "../../rotation/engine";
import { short } from "../../rotation/reasons";
import { writeClaim, type Task, type Working } from "../lifecycle";
import { clearDate, decideAuth, lackingOf, type AuthWork } from "./decide";
import { gather, type Gathered } from "./gather";
import type { AuthInputs } from "./inputs";
import { authSteps } from "./steps";

type Run = Pick<Task<AuthInputs>, "ctx" | "inputs" | "home" | "former">;
/** A run does so many things one after the other at most: make and set, publish, copy, clear. */
const ROUNDS = 5;

/** Nothing to do: or nothing that this run could do. */
export function isSettled(run: Run, facts: Gathered): boolean {
  return !does(decide(run, facts));
}

const does = ({ kind }: AuthWork): boolean => kind !== "none" && kind !== "upload";

function decide({ inputs, former }: Run, facts: Gathered): AuthWork {
  return decideAuth(facts, inputs, previousSince(former?.olds ?? null, facts), facts.now);
}

/** Since when the previous certificate is known to have been replaced: its successor's date, else when it was first seen so. */
export function previousSince(olds: JsonObject | null, { config, now }: Pick<Gathered, "config" | "now">): Date | null {
  if (config.previous === null) return null;
  const known = olds?.previous === config.previous && typeof olds.previousSince === "string" ? new Date(olds.previousSince) : null;
  const planned = olds?.next === config.current && typeof olds?.nextEffective === "string" ? new Date(olds.nextEffective) : null;
  return known ?? (planned !== null && planned <= now ? planned : now);
}

export async function work({ leased, facts: first, touch, ...task }: Working<AuthInputs, Gathered>): Promise<Gathered> {
  const { ctx, home } = task;
  let facts = first;
  touch();
  await writeClaim(task, leased, { kind: "auth", name: "auth", made: false, previous: null });
  for (let round = 0; round < ROUNDS; round++) {
    const due = decide(task, facts);
    if (!does(due)) break;
    const steps = authSteps({ leased, work: due, now: facts.now, warn: ctx.warn });
    await runPlan({ host: home.facts.name, steps, journal: null, signal: ctx.signal });
    facts = await gather(leased);
    // What a guard keeps on a server is not tried again in the same run.
    if (due.kind === "clear") break;
  }
  return facts;
}

/** What a run leaves to Exchange, to a later run, or to a person. */
export function tell(run: Run, facts: Gathered): void {
  const { ctx, inputs, home, former } = run;
  const { config, unread, silent, now } = facts;
  const host = home.facts.name;
  for (const { server, sentence } of silent) ctx.warn(`${host}: ${server} could not be asked for its certificates: ${sentence}`);
  const work = decide(run, facts);
  if (work.kind === "upload") ctx.warn(`${host}: ${UPLOAD}`);
  if (config.next !== null && config.nextEffective !== null) {
    const late = config.nextEffective <= now;
    const until = isoSeconds(config.nextEffective);
    ctx.note(
      `[${host}] Auth certificate ${short(config.next)} ${late ? `was to be published by Exchange at ${until}` : `becomes effective at ${until}`}; a later \`pulumi up\` goes on`,
    );
  }
  const since = previousSince(former?.olds ?? null, facts);
  if (config.previous !== null && config.next === null && since !== null && unread.length === 0 && work.kind === "none") {
    const due = isoSeconds(clearDate(since, inputs.effectiveAfter));
    ctx.note(
      `[${host}] the previous Auth certificate ${short(config.previous)} may be cleared from ${due} on; a later \`pulumi up\` does it`,
    );
  }
}
const UPLOAD =
  "another Auth certificate is due, but the organisation is in hybrid mode: install the certificate that shall follow on this server, upload its public part to the tenant (Hybrid Configuration Wizard), and name it in uploadedThumbprint.";

/** Everything that the organisation shows. */
export function observed(facts: Gathered, olds: JsonObject | null): JsonObject {
  const { config, seen } = facts;
  const current = seen.find((one) => one.thumbprint === config.current);
  const lacking = lackingOf(facts, facts.now).flatMap(({ to }) => to);
  const since = previousSince(olds, facts);
  return {
    current: config.current,
    next: config.next,
    nextEffective: config.nextEffective === null ? null : isoSeconds(config.nextEffective),
    previous: config.previous,
    previousSince: since === null ? null : isoSeconds(since),
    notBefore: current ? isoSeconds(current.notBefore) : null,
    notAfter: current ? isoSeconds(current.notAfter) : null,
    missingOn: [...new Set(lacking)].sort(),
    hybrid: facts.hybrid,
  };
}

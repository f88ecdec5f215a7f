/** Create and update: one function that does what is due now, and waits for no date. */
import { randomUUID } from "node:crypto";
import { isoSeconds } from "../../base/clock";
import { plain, type JsonObject } from "../../base/json";
import type { HostSession } from "../../remote/sessions";
import { newClaim, readClaims, saveClaims, withClaim } from "../../rotation/claims";
import { READY } from "../../rotation/conditions";
import { runPlan } from "../../rotation/engine";
import { failPoint } from "../../rotation/failpoints";
import { actorOf } from "../../rotation/actor";
import { withLease, type LeasedShell } from "../../rotation/leasedShell";
import { short } from "../../rotation/reasons";
import { partial, requireRole } from "../outcome";
import type { Context } from "../types";
import { clearDate, decideAuth, lackingOf, type AuthWork } from "./decide";
import { gather, type Gathered } from "./gather";
import type { AuthInputs } from "./inputs";
import { authSteps } from "./steps";

interface Run {
  ctx: Context;
  inputs: AuthInputs;
  session: HostSession;
  olds: JsonObject | null;
  claim: string;
}
/** A run does so many things one after the other at most: make and set, publish, copy, clear. */
const ROUNDS = 5;

export async function converge(ctx: Context, inputs: AuthInputs, olds: JsonObject | null): Promise<{ id: string; outs: JsonObject }> {
  ctx.register(inputs.host);
  const session = await ctx.session(inputs.host);
  requireRole(session, "Mailbox", "host");
  const run: Run = { ctx, inputs, session, olds, claim: typeof olds?.claim === "string" ? olds.claim : newClaim() };
  const facts = await gather(session);
  const settled = olds !== null && olds.unfinished !== true && olds.owner === inputs.owner;
  if (settled && !does(decide(run, facts))) return finish(run, facts, String(olds.revision));
  return withLease(session, actorOf(inputs.owner), (leased) => change(run, leased), ctx.signal);
}

const does = ({ kind }: AuthWork): boolean => kind !== "none" && kind !== "upload";

function decide({ inputs, olds }: Run, facts: Gathered): AuthWork {
  return decideAuth(facts, inputs, previousSince(olds, facts), facts.now);
}

/** Since when the previous certificate is known to have been replaced: its successor's date, else when it was first seen so. */
export function previousSince(olds: JsonObject | null, { config, now }: Pick<Gathered, "config" | "now">): Date | null {
  if (config.previous === null) return null;
  const known = olds?.previous === config.previous && typeof olds.previousSince === "string" ? new Date(olds.previousSince) : null;
  const planned = olds?.next === config.current && typeof olds?.nextEffective === "string" ? new Date(olds.nextEffective) : null;
  return known ?? (planned !== null && planned <= now ? planned : now);
}

async function change(run: Run, leased: LeasedShell): Promise<{ id: string; outs: JsonObject }> {
  const { ctx, session, inputs } = run;
  let facts = await gather(leased);
  try {
    await writeClaim(run, leased);
    for (let round = 0; round < ROUNDS; round++) {
      const work = decide(run, facts);
      if (!does(work)) break;
      const steps = authSteps({ leased, work, now: facts.now, warn: ctx.warn });
      await runPlan({ host: session.facts.name, steps, journal: null, signal: ctx.signal });
      facts = await gather(leased);
      // What a guard keeps on a server is not tried again in the same run.
      if (work.kind === "clear") break;
    }
    failPoint(session.facts.name, "auth", "before-reply");
    return finish(run, facts, randomUUID());
  } catch (error) {
    const known = await gather(session).catch(() => facts);
    throw partial(error, idOf(known), { ...outsOf(run, known), revision: randomUUID(), owner: inputs.owner });
  }
}

async function writeClaim({ inputs, claim, olds }: Run, leased: LeasedShell): Promise<void> {
  const before = await readClaims(leased);
  const formerOwner = typeof olds?.owner === "string" ? olds.owner : undefined;
  const entry = { kind: "auth" as const, name: "auth", owner: inputs.owner, claim, made: false, previous: null, formerOwner };
  await saveClaims(leased, before, withClaim(before, entry));
}

function finish(run: Run, facts: Gathered, revision: string): { id: string; outs: JsonObject } {
  tell(run, facts);
  return { id: idOf(facts), outs: plain({ ...outsOf(run, facts), revision, condition: READY }) };
}

/** What a run leaves to Exchange, to a later run, or to a person. */
function tell(run: Run, facts: Gathered): void {
  const { ctx, inputs, session, olds } = run;
  const { config, unread, silent, now } = facts;
  const host = session.facts.name;
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
  const since = previousSince(olds, facts);
  if (config.previous !== null && config.next === null && since !== null && unread.length === 0 && work.kind === "none") {
    const due = isoSeconds(clearDate(since, inputs.effectiveAfter));
    ctx.note(
      `[${host}] the previous Auth certificate ${short(config.previous)} may be cleared from ${due} on; a later \`pulumi up\` does it`,
    );
  }
}
const UPLOAD =
  "another Auth certificate is due, but the organisation is in hybrid mode: install the certificate that shall follow on this server, upload its public part to the tenant (Hybrid Configuration Wizard), and name it in uploadedThumbprint.";

const idOf = ({ config }: Gathered): string => config.organization || "organisation";

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

function outsOf({ inputs, olds, claim, session }: Run, facts: Gathered): JsonObject {
  return plain({ ...(inputs as unknown as JsonObject), ...observed(facts, olds), claim, server: session.facts.fqdn });
}

/**
 * The way back into service: the same route as the way out, with another target. Which steps it has and where it ends is decided here, from
 * what is open; the engine runs it like any other. Callers pass the steps, which lie above.
 */
import { ExchangeError } from "../base/errors";
import type { Shell } from "../exchange/shell";
import type { Actor } from "./actor";
import { ensureDrained } from "./drain";
import { runPlan, type Step } from "./engine";
import { AFTER_EXPORT, EXPORT, IMPORT, type Journal, type JournalState } from "./journal";
import type { LeasedShell } from "./leasedShell";
import { closeRotation } from "./opening";
import type { StepId } from "./order";
import type { Situation } from "./situation";

/**
 * `forward`: with the present default; `rebind`: the same, but AD LDS and the organisation learn it first; `restore`: the old default;
 * `undo`: nothing but what was brought goes, because the default never changed.
 */
export type Way = "forward" | "rebind" | "restore" | "undo";

/**
 * Forward where the default is still the old one, or where everything of the new one is bound; else back to the old one. When
 * that is gone or has expired there is no way back, and the new one is bound instead.
 */
export function wayBack({ state, current, ldaps, old }: Pick<Situation, "state" | "current" | "ldaps" | "old">): Exclude<Way, "undo"> {
  const bound = !state.old.subscribed || (ldaps === current && (!state.exported || state.done.has(IMPORT)));
  if (current === state.old.defaultThumbprint) return bound || !state.exported ? "forward" : "rebind";
  if (!state.old.subscribed || (bound && state.exported)) return "forward";
  return old === "usable" ? "restore" : "rebind";
}

/** What has to be proved where AD LDS and the organisation are to know the default. */
const BINDING: readonly StepId[] = [EXPORT, ...AFTER_EXPORT];

export interface Route {
  /** The default certificate at its end; empty where there was none, in an undo. */
  target: string;
  /** Certificates that the rotation set out to make the default, and that are given up. */
  givenUp: readonly string[];
  ids: ReadonlySet<StepId>;
}

/** @throws RESTORE_IMPOSSIBLE, INVARIANT_VIOLATED where there is no certificate to end with */
export function routeBack(way: Way, state: JournalState, current: string | null, hasOrganization: boolean): Route {
  const target = targetOf(way, state, current);
  const givenUp = state.targets.filter((one) => one !== target);
  const runs = state.old.transport === "Running";
  if (way === "undo") return { target, givenUp, ids: new Set<StepId>(state.resumeOwed ? ["take-out", "start"] : ["take-out"]) };
  // Where an export was made in this window, its import, the mending and the synchronisation have to be proved.
  const binds = hasOrganization && state.old.subscribed && (way !== "forward" || state.exported);
  const drains = way === "restore" || (way === "rebind" && binds);
  const owes = state.resumeOwed || (drains && runs);
  const ids: [StepId, boolean][] = [
    ["drain", drains],
    ["directory-services", true],
    ["restore-default", way === "restore"],
    ...BINDING.map((id): [StepId, boolean] => [id, binds]),
    ["invariants", true],
    ["take-out", givenUp.length > 0],
    ["predecessor", owes],
    ["start", owes || runs],
  ];
  return { target, givenUp, ids: new Set(ids.filter(([, has]) => has).map(([id]) => id)) };
}

function targetOf(way: Way, { old, edge }: JournalState, current: string | null): string {
  // An Edge without any default before is put back without one.
  if (way === "undo") return old.defaultThumbprint ?? "";
  if (way === "restore") {
    if (old.defaultThumbprint !== null) return old.defaultThumbprint;
    throw new ExchangeError("RESTORE_IMPOSSIBLE", `${edge}: the journal names no old default certificate.`, { host: edge });
  }
  if (current !== null) return current;
  throw new ExchangeError("INVARIANT_VIOLATED", `${edge} has no default certificate.`, {
    host: edge,
    hint: "Enable SMTP for a certificate in the Exchange Management Shell of the Edge, then run resume again.",
  });
}

export interface GoingBack {
  way: Way;
  /** The Edge's default certificate. */
  current: string | null;
  leased: LeasedShell;
  organization: Shell | null;
  journal: Journal;
  actor: Actor;
  signal: AbortSignal;
}

/** Goes the way, and closes the rotation. @throws what a step fails with: the journal then stays open */
export async function goBack(going: GoingBack, steps: (route: Route) => Promise<Step[]>): Promise<void> {
  const { way, current, leased, organization, journal, actor, signal } = going;
  const old = journal.state!.old.defaultThumbprint;
  // A new target: what was bound for the other certificate no longer counts as done. The owner stays who it was.
  if (way === "restore" && old !== null && journal.state!.target !== old) {
    const { owner, hold, holders } = journal.state!;
    await journal.append({ type: "target", target: old, owner, hold, holders });
  }
  const route = routeBack(way, journal.state!, current, organization !== null);
  const chosen = (await steps(route)).filter(({ id }) => route.ids.has(id));
  const isDrained = way !== "undo" || journal.state!.resumeOwed;
  await runPlan({
    host: leased.facts.name,
    steps: chosen,
    journal,
    signal,
    closes: true,
    ...(isDrained && { ensureDrained: () => ensureDrained(leased, journal, signal) }),
  });
  const undone = way === "undo" || (route.target === old && route.givenUp.length > 0);
  await closeRotation(leased, organization, journal, actor, undone ? "undone" : "finished", signal);
}

/** How far an open rotation is, in an administrator's words: out of its journal, for whoever asks what state the servers are in. */
import { sawRotation, serversInWords, type OpenRotation } from "../base/edges";
import { edgeIsOut } from "../base/fleet";
import { note } from "../base/progress";
import type { HostFacts } from "../remote/protocol";
import { rowOf, stepsOf } from "./order";

/** The part of a journal that this is made of. */
interface Told {
  open: boolean;
  stack?: string;
  since: string;
  site: string | null;
  resumeOwed: boolean;
  exported: boolean;
  old: { subscribed: boolean };
  done: ReadonlySet<string>;
}

/** The furthest step that was done, among those that leave something to tell; a window without a subscription has fewer. */
export function progressOf({ since, resumeOwed, exported, old, done }: Told): OpenRotation {
  const subscribes = old.subscribed || exported;
  const steps = stepsOf("certificate", "subscription", "end").filter((id) => subscribes || rowOf(id).by !== "subscription");
  const furthest = steps.findLastIndex((id) => done.has(id));
  const told = steps.filter((id) => rowOf(id).leaves !== undefined);
  const reached = told.filter((id) => steps.indexOf(id) <= furthest);
  const last = reached.at(-1);
  const text = last === undefined ? "transport is being drained" : rowOf(last).leaves!;
  return { since, step: Math.max(reached.length, 1), of: told.length, text, isOut: resumeOwed };
}

/** Remembers what an Edge's journal says. Who reads of an outage that this run did not make says so at once. */
export function rememberRotation(facts: HostFacts, state: Told | null, how: "read" | "written"): void {
  if (facts.role !== "Edge") return;
  const open = state?.open ? { ...progressOf(state), stack: state.stack } : null;
  const isNews = sawRotation(facts.name, open, state?.site ?? null);
  const say = (line: string | null | undefined): void => void (line && note(`[${facts.name}] ${line}`));
  if (isNews && how === "read") {
    const lines = serversInWords(new Date()).split("\n");
    say(lines.find((one) => one.startsWith(`${facts.name.toUpperCase()} `)));
  }
  if (open?.isOut) say(edgeIsOut(facts.name, how === "written", performance.now()));
}

/** What a preview in the copy says about a run: whether it would touch anything that the copy does not hold. */
import { ExchangeError } from "../../base/errors";
import { references, STACK_REFERENCE } from "./state";

export interface Step {
  op: string;
  urn: string;
  oldState?: { type?: string; custom?: boolean; inputs?: unknown };
  newState?: { type?: string; custom?: boolean; inputs?: unknown };
}

/** What `pulumi preview --json` prints. */
export interface Preview {
  steps?: Step[];
  diagnostics?: { urn?: string; severity?: string; message?: string }[];
}

const OURS = /^pulumi-nodejs:dynamic\/exchange:/;
/** The load balancer commands of this package's components (commands.ts stands in for their provider). */
const BALANCER = /::(?:[^:]+:[^:]+:[^$:]+\$)*exchange:index:EdgeTransport\$command:remote:Command::/;
/** Nothing happens, or something is looked at. */
const TOUCH_NOTHING: readonly string[] = ["same", "read", "refresh", "discard", "read-discard"];

/** @throws REHEARSAL_TOUCHES_OTHERS, and REHEARSAL_IMPOSSIBLE for references to other stacks */
export function judge({ steps = [] }: Preview): void {
  const linked = steps.filter((step) => typeOf(step) === STACK_REFERENCE);
  if (linked.length > 0)
    throw references(linked.map(({ urn, newState }) => (newState?.inputs as { name?: string } | undefined)?.name ?? nameOf(urn)));
  const others = steps.filter(
    (step) => !TOUCH_NOTHING.includes(step.op) && isReal(step) && !OURS.test(typeOf(step)) && !BALANCER.test(step.urn),
  );
  if (others.length === 0) return;
  const list = [...new Set(others.map((step) => `${nameOf(step.urn)} (${typeOf(step)}, ${step.op})`))];
  throw new ExchangeError(
    "REHEARSAL_TOUCHES_OTHERS",
    `The run would change what the copy does not hold: ${list.join(", ")}. It was not started.`,
  );
}

/** Resources of this package among the steps, unchanged ones included. */
export const isOurs = (step: Step): boolean => OURS.test(typeOf(step));

/** Stacks, components and the providers' own entries are bookkeeping of the engine. */
function isReal(step: Step): boolean {
  const type = typeOf(step);
  const { custom } = step.newState ?? step.oldState ?? {};
  return custom !== false && type !== "pulumi:pulumi:Stack" && !type.startsWith("pulumi:providers:");
}

const typeOf = ({ urn, newState, oldState }: Step): string =>
  newState?.type ?? oldState?.type ?? urn.split("::")[2]?.split("$").at(-1) ?? "";
export const nameOf = (urn: string): string => urn.split("::").slice(3).join("::");

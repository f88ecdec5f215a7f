/** The change plan: what an approval board reads. Built from the preview and from what the lab saw; nothing of it is the clock's own. */
import type { Preview, Step } from "./judge";
import { isOurs, nameOf } from "./judge";
import type { NotRun } from "./commands";
import type { Seen, Window } from "./watch";

/** One resource that changes, in the words of its preview. */
export interface PlannedResource {
  name: string;
  rotation: string;
  steps: string[];
}

export interface ChangePlan {
  /** `project/stack`. */
  stack: string;
  command: string;
  /** When the rehearsal ended, ISO 8601. */
  rehearsed: string;
  /** When the copy was read from the live servers. */
  copiedAt?: string;
  resources: PlannedResource[];
  seen: Seen;
  notRun: readonly NotRun[];
  speed: number;
  /** What speaks against it; empty: as declared. */
  wrong: readonly string[];
  /** A run that was stopped, and what it left. */
  stopped?: { at: string; owed: string; finished: boolean };
}

const NO_RETURN = /point of no return|no way back/i;

/** Resources with steps, in the order in which the engine means to take them; a replacement once. */
export function plannedResources({ steps = [] }: Preview): PlannedResource[] {
  const found = new Map<string, PlannedResource>();
  for (const step of steps) {
    if (!isOurs(step) || ["same", "delete", "delete-replaced", "discard"].includes(step.op)) continue;
    const { rotation, plan } = wordsOf(step);
    if (plan.length > 0 && !found.has(step.urn)) found.set(step.urn, { name: nameOf(step.urn), rotation, steps: plan });
  }
  return [...found.values()];
}

function wordsOf({ newState }: Step): { rotation: string; plan: string[] } {
  const { rotation, plan } = (newState?.inputs ?? {}) as { rotation?: unknown; plan?: unknown };
  return {
    rotation: typeof rotation === "string" ? rotation : "",
    // each resource numbers its own
    plan: Array.isArray(plan) ? plan.filter((one): one is string => typeof one === "string").map((one) => one.replace(/^\d+\. /, "")) : [],
  };
}

/** A step of the whole change, with its number. */
export interface NumberedStep {
  number: number;
  text: string;
  noReturn: boolean;
}

/** The steps of all resources with numbers that go on from one to the next. */
export function numbered(resources: readonly PlannedResource[]): { resource: PlannedResource; steps: NumberedStep[] }[] {
  let number = 0;
  return resources.map((resource) => ({
    resource,
    steps: resource.steps.map((text) => ({ number: ++number, text, noReturn: NO_RETURN.test(text) })),
  }));
}

/** What can be done when something goes wrong, by when it does (docs/recovery.md). */
export function wayBack(edges: readonly string[]): string[] {
  return [
    "A run that fails or is broken off: `pulumi up` again; after Pulumi itself was killed `pulumi up --refresh`. Each step looks first whether it is done.",
    "A failure before an Edge's default certificate changed takes that Edge back into service in the same run.",
    ...edges.map(
      (edge) =>
        `${edge} back into service without Pulumi: \`npx pulumi-exchange resume ${edge} --hosts hosts.json\`. It shows what it will do, and asks.`,
    ),
    "The former certificate again: the former program (or PFX with its key), then `pulumi up`. Past a point of no return only with that key, and with a new subscription of the Edge.",
  ];
}

/** When the last window ends, in seconds. */
export const endOf = (windows: readonly Window[]): number => Math.max(0, ...windows.map(({ startsAt, seconds }) => startsAt + seconds));

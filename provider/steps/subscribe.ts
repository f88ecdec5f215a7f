/** The steps that bind an Edge's default certificate again (exchange.md 15.6). */
import type { Step } from "../rotation/engine";
import { directoryStep } from "./directoryServices";
import { exportStep } from "./export";
import { importSubscriptionStep } from "./importSubscription";
import { mendStep } from "./mend";
import { replicaStep } from "./replica";
import { syncStep } from "./sync";
import type { Carried, Subscribing } from "./tasks";

/** `late`: EdgeSync is waited for once transport runs (lateSync.ts). */
export function subscribeSteps(task: Subscribing, { late = false } = {}): Step[] {
  const carried: Carried = { file: null, made: new Date(0) };
  return [
    directoryStep(task.edge, task.journal),
    exportStep(task, carried),
    importSubscriptionStep(task, carried),
    mendStep(task),
    ...(late ? [] : [syncStep(task), replicaStep(task)]),
  ];
}

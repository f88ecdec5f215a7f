/** From a scenario to a running model. */
import type { LabOrganisation } from "./model/contract";

/** Name of a scenario in lab/scenarios, path of a file, or the scenario itself. */
export type ScenarioInput = string | object;

/** Loads a scenario and builds its organisation; latencies are divided by `speed`. */
export async function openOrganisation(scenario: ScenarioInput, speed: number): Promise<LabOrganisation> {
  const [{ loadScenario }, { Organisation }] = await Promise.all([import("./model/scenario.js"), import("./model/organisation.js")]);
  return new Organisation(loadScenario(scenario), { speed });
}

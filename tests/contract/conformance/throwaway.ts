/** contoso with EDGE09: subscribed, source of no connector, without mail; its default has an exportable key. */
import { readScenario } from "../../../lab/model/scenarioFile";
import type { ScenarioInput } from "../../../lab/model/scenarioSchema";

export function throwaway(): ScenarioInput {
  const scenario = structuredClone(readScenario("contoso")) as ScenarioInput;
  scenario.certificates!.lab = {
    authority: "issuing",
    subject: "CN=edge09.contoso.com",
    domainNames: ["edge09.contoso.com"],
    notBeforeDays: -20,
  };
  scenario.servers.push({
    name: "EDGE09",
    fqdn: "edge09.contoso.com",
    role: "Edge",
    chain: ["root", "issuing"],
    certificates: [{ certificate: "lab", smtp: true, exportable: true }],
    default: "lab",
  });
  scenario.subscriptions!.push({ edge: "EDGE09", createConnectors: false });
  return scenario;
}

/** contoso with EDGE09: subscribed, source of no connector, without mail; its default has an exportable key. */
import { readScenario } from "../../../lab/model/scenarioFile";
import type { ScenarioInput } from "../../../lab/model/scenarioSchema";
import type { Lab } from "../../../lab/start";
import { control } from "../../support/lab";

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

/** What a change would leave behind: of the Edge everything but queues and events, of the organisation everything that is asked of it. */
export async function standing(lab: Lab): Promise<unknown> {
  const { servers, sendConnectors, subscriptions, hybrid } = await control(lab).state();
  const kept = servers.map(
    ({ name, certificates, defaultThumbprint, transportThumbprint, ldapsThumbprint, services, receiveConnectors, files }) => ({
      ...{ name, certificates, defaultThumbprint, transportThumbprint, ldapsThumbprint, services, receiveConnectors },
      files: (files as { path: string }[]).map(({ path }) => path).filter((path) => !path.startsWith("lease/")),
    }),
  );
  const all = { kept, sendConnectors, subscriptions, hybrid };
  return JSON.parse(JSON.stringify(all, (key, value: unknown) => (key.startsWith("WhenChanged") ? undefined : value))) as unknown;
}

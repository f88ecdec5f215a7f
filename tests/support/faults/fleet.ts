/** The organisation of the fault tests with as many Edges as one likes. */
import type { ScenarioInput } from "../../../lab/open";
import { FAULTS_SCENARIO } from "./scenario";

interface Parts {
  servers: { name: string }[];
  subscriptions: object[];
  sendConnectors: { SourceTransportServers: string[] }[];
}
export const edgeName = (number: number): string => `EDGE${String(number).padStart(2, "0")}`;

/** The organisation of the fault tests with more Edges, all of them sources of every connector; and so many more connectors that are an Edge's own. */
export function fleet(edges: readonly string[], own = 0): ScenarioInput {
  const { servers, sendConnectors, ...rest } = FAULTS_SCENARIO as unknown as Parts;
  const [inside, edge] = servers;
  const another = (name: string): { name: string } =>
    JSON.parse(JSON.stringify(edge).replaceAll("EDGE01", name).replaceAll("edge01", name.toLowerCase())) as { name: string };
  return {
    ...rest,
    servers: [inside, ...edges.map(another)],
    subscriptions: edges.map((one) => ({ edge: one })),
    sendConnectors: [
      ...sendConnectors.map((one) => ({ ...one, SourceTransportServers: edges })),
      ...edges.flatMap((edge) => Array.from({ length: own }, (_, index) => ownConnector(edge, index + 1))),
    ],
  } as unknown as ScenarioInput;
}

const ownConnector = (edge: string, number: number): object => ({
  Name: `Partner of ${edge} ${number}`,
  AddressSpaces: [`smtp:partner${number}.${edge.toLowerCase()}.com;5`],
  SourceTransportServers: [edge],
});

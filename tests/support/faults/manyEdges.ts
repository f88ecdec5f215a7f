/**
 * A process that rotates many Edges with real latencies, by a clock that jumps, and tells what was printed: once as it is without a
 * terminal, once as somebody sees it who watches. Started by `tests/contract/resources/quiet.test.ts`.
 */
import type { ScenarioInput } from "../../../lab/open";
import { setWatched } from "../../../provider/base/progress";
import { Engine } from "./engine";
import { program, type Shape } from "./programs";
import { Provider, takeLines } from "./provider";
import { FAULTS_SCENARIO } from "./scenario";
import { beginAnew, installVirtualTime, passedSinceStart } from "./virtualTime";
import { World } from "./world";

export interface Order {
  edges: number;
  certificate: "v2" | "v3";
  watched: boolean;
  /** Seconds of every cmdlet. */
  cmdlet: number;
}
export interface Printed {
  ok: boolean;
  error?: string;
  lines: string[];
  minutes: number;
}

interface Parts {
  servers: { name: string }[];
  subscriptions: object[];
  sendConnectors: { SourceTransportServers: string[] }[];
}
const nameOf = (number: number): string => `EDGE${String(number).padStart(2, "0")}`;

/** The organisation of the fault tests with more Edges, all of them sources of every connector. */
function scenario(edges: readonly string[]): ScenarioInput {
  const { servers, sendConnectors, ...rest } = FAULTS_SCENARIO as unknown as Parts;
  const [inside, edge] = servers;
  const another = (name: string): { name: string } =>
    JSON.parse(JSON.stringify(edge).replaceAll("EDGE01", name).replaceAll("edge01", name.toLowerCase())) as { name: string };
  return {
    ...rest,
    servers: [inside, ...edges.map(another)],
    subscriptions: edges.map((one) => ({ edge: one })),
    sendConnectors: sendConnectors.map((one) => ({ ...one, SourceTransportServers: edges })),
  } as unknown as ScenarioInput;
}

async function rotate({ edges: count, certificate, watched, cmdlet }: Order): Promise<Printed> {
  const edges = Array.from({ length: count }, (_, index) => nameOf(index + 1));
  beginAnew();
  setWatched(watched);
  const world = await World.open({ scenario: scenario(edges), latencies: { cmdlet } });
  const engine = new Engine();
  const up = async (name: string): Promise<Awaited<ReturnType<Engine["up"]>>> => {
    const shape: Shape = { certificate: name, edges, connector: true };
    const provider = new Provider(world);
    const result = await engine.up(provider, program(world, shape));
    await provider.end();
    return result;
  };
  const adopted = await up("v1");
  if (!adopted.ok) throw adopted.error!;
  takeLines();
  setWatched(watched);
  const began = passedSinceStart();
  const { ok, error } = await up(certificate);
  const minutes = (passedSinceStart() - began) / 60_000;
  world.close();
  return { ok, ...(error && { error: error.message }), lines: takeLines(), minutes };
}

installVirtualTime();
process.once("message", (order: Order) => {
  void rotate(order)
    .catch((error: Error): Printed => ({ ok: false, error: error.stack ?? error.message, lines: [], minutes: 0 }))
    .then((printed) => process.send!(printed, () => process.disconnect()));
});

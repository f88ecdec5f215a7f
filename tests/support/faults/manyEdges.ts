/**
 * A process that rotates many Edges with real latencies, by a clock that jumps, and tells what was printed: once as it is without a
 * terminal, once as somebody sees it who watches. Started by `tests/contract/resources/quiet.test.ts`.
 */
import { setWatched } from "../../../provider/base/progress";
import { answerApart } from "../apart";
import { Engine } from "./engine";
import { program, type Shape } from "./programs";
import { Provider, takeLines } from "./provider";
import { edgeName, fleet } from "./fleet";
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

async function rotate({ edges: count, certificate, watched, cmdlet }: Order): Promise<Printed> {
  const edges = Array.from({ length: count }, (_, index) => edgeName(index + 1));
  beginAnew();
  setWatched(watched);
  const world = await World.open({ scenario: fleet(edges), latencies: { cmdlet } });
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
answerApart(rotate, (error): Printed => ({ ok: false, error, lines: [], minutes: 0 }));

/** A process that rotates Edges by a clock that jumps and counts what it asked of them. Started by `tests/contract/resources/cost.test.ts`. */
import type { Handler } from "../../../provider/handlers/types";
import { answerApart } from "../apart";
import { Engine, type Methods } from "./engine";
import { edgeName, fleet } from "./fleet";
import { besideTheWork, Ledger, type Counts } from "./ledger";
import { program, type Shape } from "./programs";
import { Provider } from "./provider";
import { aside, beginAnew, installVirtualTime } from "./virtualTime";
import { World } from "./world";

export interface Costs {
  error?: string;
  /** A further Edge's renewal: all that its four resources ask. */
  edge: Counts;
  /** Turns from the suspension of transport to its start. */
  window: number;
  /** A refresh of everything, an Edge's share. */
  refresh: Counts;
  /** Requests of a renewal, in words. */
  lines: string[];
}
export interface CostOrder {
  edges: number;
  /** Connectors that are an Edge's own, for each. */
  own?: number;
  certificate?: "v2" | "v3";
}

async function measure({ edges: count, own = 0, certificate = "v2" }: CostOrder): Promise<Costs> {
  const edges = Array.from({ length: count }, (_, index) => edgeName(index + 1));
  beginAnew();
  // EdgeSync's refusal is a wait of its own (unit/steps/edgeSync).
  const latencies = { edgeSyncTrustCache: 0, edgeSyncConfiguration: 900 };
  const world = await World.open({ scenario: fleet(edges, own), latencies });
  const engine = new Engine();
  const run = async (name: string, options: { refresh?: boolean } = {}): Promise<Ledger> => {
    const ledger = new Ledger();
    const provider = new Provider(world, ledger.hooks);
    const shape: Shape = { certificate: name, edges, connector: true };
    const result = await engine.up(labelled(provider, ledger), program(world, shape), options);
    await provider.end();
    if (!result.ok) throw result.error!;
    return ledger;
  };
  await run("v1");
  const renewal = await run(certificate);
  const refresh = await run(certificate, { refresh: true });
  world.close();
  const last = edges.at(-1)!;
  const own1 = (label: string): boolean => label.includes(`/${last}-`);
  return {
    edge: renewal.count(own1),
    window: renewal.between("service.suspend", "service.start", own1),
    refresh: refresh.count((label) => label.startsWith("read ") && own1(label)),
    lines: [...renewal.lines(own1), ...refresh.lines(own1)],
  };
}

/** The same methods, telling the ledger whose call it is. */
function labelled(provider: Provider, ledger: Ledger): Methods {
  const told = (handler: Handler): Handler => ({
    ...handler,
    create: (ctx, inputs) => ((ledger.label = `create ${String(inputs.owner)}`), handler.create(ctx, inputs)),
    update: (ctx, id, olds, news) => ((ledger.label = `update ${String(news.owner)}`), handler.update(ctx, id, olds, news)),
    read: (ctx, id, props) => ((ledger.label = `read ${String(props.owner)}`), handler.read(ctx, id, props)),
    delete: (ctx, id, props) => ((ledger.label = `delete ${String(props.owner)}`), handler.delete(ctx, id, props)),
  });
  return { handler: (kind) => told(provider.handler(kind)), context: () => provider.context(), run: (work) => provider.run(work) };
}

installVirtualTime();
aside(besideTheWork);
const none = { requests: 0, turns: 0, changes: 0, repeated: 0, bytes: 0, forced: 0 };
answerApart(measure, (error): Costs => ({ error, edge: none, window: 0, refresh: none, lines: [] }));

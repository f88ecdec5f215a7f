/**
 * A process that takes a large fleet through its life by a clock that jumps: adoption, a run without changes, refresh, renewal. The handlers
 * are the real ones, against the lab's model over wires in memory; Pulumi's engine is played. Started by `bench/fleet.ts` with `--expose-gc`.
 */
import { Engine, type Program } from "../tests/support/faults/engine";
import { Provider } from "../tests/support/faults/provider";
import { beginAnew, installVirtualTime, passedSinceStart } from "../tests/support/faults/virtualTime";
import { World } from "../tests/support/faults/world";
import { connectorsOf, organisation, programOf, useReadyKeys, type FleetSize } from "./organisation";

export interface Life {
  error?: string;
  resources: number;
  certificates: number;
  connectors: number;
  operations: Operation[];
}
export interface Operation {
  name: string;
  /** Simulated, at the lab's real latencies. */
  minutes: number;
  /** Of this process, the lab's model and the played engine among it. */
  cpuSeconds: number;
  requests: number;
  changes: number;
  /** Forced synchronisations. */
  forced: number;
  megabytes: number;
  /** What the provider keeps at the end of the run. */
  heapMB: number;
}

interface Sums {
  requests: number;
  changes: number;
  forced: number;
  bytes: number;
}

async function live(size: FleetSize): Promise<Life> {
  beginAnew();
  useReadyKeys(size);
  const world = await World.open({ scenario: organisation(size) });
  const engine = new Engine();
  const operations: Operation[] = [];
  const run = async (name: string, program: Program, options: { refresh?: boolean } = {}): Promise<void> => {
    const [began, cpu] = [passedSinceStart(), process.cpuUsage()];
    const { sums, heap } = await inProcess(world, async (provider) => {
      const { error } = await engine.up(provider, program, options);
      if (error) throw error;
    });
    const { user, system } = process.cpuUsage(cpu);
    operations.push({
      name,
      minutes: (passedSinceStart() - began) / 60_000,
      cpuSeconds: (user + system) / 1e6,
      requests: sums.requests,
      changes: sums.changes,
      forced: sums.forced,
      megabytes: sums.bytes / 1e6,
      heapMB: heap / 1e6,
    });
    process.send?.({ stage: name });
  };
  await run("adoption", programOf(world, size, "v1"));
  await run("no change", programOf(world, size, "v1"));
  await run("refresh, no change", programOf(world, size, "v1"), { refresh: true });
  await run("renewal", programOf(world, size, "v2"));
  const kinds = Object.values(engine.state.resources).map(({ kind }) => kind);
  world.close();
  return {
    resources: kinds.length,
    certificates: kinds.filter((kind) => kind === "Certificate").length,
    connectors: connectorsOf(size),
    operations,
  };
}

/** One provider process, from its start to its end; how much of the heap was its own then. */
async function inProcess(world: World, work: (provider: Provider) => Promise<void>): Promise<{ sums: Sums; heap: number }> {
  const sums: Sums = { requests: 0, changes: 0, forced: 0, bytes: 0 };
  let provider: Provider | undefined = new Provider(world, {
    onRequest: (sent, line) => {
      sums.requests += 1;
      sums.changes += Number(sent.mutating);
      sums.forced += Number(sent.call === "Start-EdgeSynchronization");
      sums.bytes += Buffer.byteLength(line);
    },
    onReply: (_index, reply) => void (sums.bytes += Buffer.byteLength(reply)),
  });
  await work(provider);
  const withIt = await heapUsed();
  await provider.end();
  provider = undefined;
  world.wires.clear();
  return { sums, heap: withIt - (await heapUsed()) };
}

async function heapUsed(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    (globalThis as { gc?: () => void }).gc?.();
  }
  return process.memoryUsage().heapUsed;
}

installVirtualTime();
process.once("message", (size: FleetSize) => {
  const nothing = { resources: 0, certificates: 0, connectors: 0, operations: [] };
  void live(size)
    .catch((error: Error): Life => ({ ...nothing, error: error.stack ?? error.message }))
    .then((life) => process.send!({ life }, () => process.disconnect()));
});

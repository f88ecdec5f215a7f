/**
 * Where every case begins: v1 adopted by a first run. Adopting changes nothing but files in the working folders and the fence
 * (both is checked), so it is done once for each shape, and laid out again in the worlds that follow.
 */
import assert from "node:assert/strict";
import { essence } from "./essence";
import { Engine, type State } from "./engine";
import { program, type Shape } from "./programs";
import { Provider, type Hooks } from "./provider";
import { passedSinceStart, passUntil } from "./virtualTime";
import type { World } from "./world";

interface Kept {
  state: State;
  /** Virtual milliseconds that it took. */
  took: number;
  hosts: { name: string; fence: number; files: [path: string, bytes: Buffer][] }[];
}
const kept = new Map<string, Kept>();

/** The engine of a stack that has adopted v1 in this world. A planted defect adopts by itself. */
export async function adopted(world: World, shape: Shape, plant?: Hooks["plant"]): Promise<Engine> {
  if (plant) return adopt(world, shape, plant);
  const key = JSON.stringify({ ...shape, certificate: "v1" });
  const known = kept.get(key);
  if (known) return layOut(world, known);
  const before = essence(world.state());
  const engine = await adopt(world, shape);
  assert.equal(essence(world.state()), before, "adopting changed something");
  assert.ok(!world.entries.some((one) => one.mutating), "adopting called something that changes");
  kept.set(key, keep(world, engine));
  return engine;
}

async function adopt(world: World, shape: Shape, plant?: Hooks["plant"]): Promise<Engine> {
  const engine = new Engine();
  const provider = new Provider(world, { plant });
  const first = await engine.up(provider, program(world, { ...shape, certificate: "v1" }));
  await provider.end();
  if (!first.ok) throw first.error!;
  return engine;
}

function keep(world: World, engine: Engine): Kept {
  const hosts = [...world.hosts].map(([name, { fence }]) => ({ name, fence, files: [...world.organisation.files(name)] }));
  return { state: structuredClone(engine.state), took: passedSinceStart(), hosts };
}

function layOut(world: World, { state, took, hosts }: Kept): Engine {
  const engine = new Engine();
  engine.state = structuredClone(state);
  for (const { name, fence, files } of hosts) {
    world.host(name).raiseFence(fence);
    const folder = world.organisation.files(name);
    for (const [path, bytes] of files) folder.set(path, bytes);
  }
  passUntil(took);
  world.organisation.now(); // what fell due meanwhile
  return engine;
}

/** A process in virtual time that lays out kept breaks and lets this checkout's provider finish them: one line of JSON for each. */
import { checkEnd, checkQuiet } from "../faults/checker";
import { Engine } from "../faults/engine";
import { expectation } from "../faults/judge";
import { program } from "../faults/programs";
import { Provider, takeLines } from "../faults/provider";
import { installVirtualTime } from "../faults/virtualTime";
import { aroundOf, layOut, readKept, type Break, type Kept, type Rotation } from "./kept";

/** A broken run that this version went on from. */
export interface Finished {
  point: string;
  action: Break["action"];
  /** Runs that it took; null: not finished after two. */
  runs: number | null;
  wrong: string[];
}

async function finish(kept: Kept, rotation: Rotation, broken: Break): Promise<Finished> {
  const { shape, breaks } = rotation;
  const untouched = await layOut(kept, rotation, { ...breaks[0], deeds: 0 });
  const before = untouched.state();
  untouched.close();
  const world = await layOut(kept, rotation, broken);
  const engine = new Engine();
  engine.state = structuredClone(broken.state);
  const wrong: string[] = [];
  const up = async (refresh: boolean): Promise<boolean> => {
    const provider = new Provider(world);
    const result = await engine.up(provider, program(aroundOf(kept, world), shape), { refresh });
    await provider.end();
    if (!result.ok) wrong.push(result.error!.message);
    return result.ok;
  };
  let runs: number | null = 0;
  for (let ok = false; !ok && runs < 2; runs++) ok = await up(broken.action === "kill" && runs === 0);
  if (wrong.length === 2) runs = null;
  const end = world.entries.length;
  const texts = [...takeLines(), ...wrong];
  const found = checkEnd(before, world.state(), world.entries, { ...expectation(world, shape), texts });
  wrong.push(...found.map(({ invariant, text }) => `${invariant}: ${text}`));
  if (runs !== null && (await up(false))) wrong.push(...checkQuiet(world.entries.slice(end)).map(({ text }) => `I8: ${text}`));
  world.close();
  return { point: broken.point, action: broken.action, runs, wrong };
}

async function main(commit: string): Promise<void> {
  const kept = readKept(commit);
  for (const rotation of kept.rotations)
    for (const broken of rotation.breaks) process.stdout.write(`${JSON.stringify(await finish(kept, rotation, broken))}\n`);
}

installVirtualTime();
void main(process.argv[2]);

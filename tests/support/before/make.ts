/**
 * Makes a fixture with the provider of this checkout: `node dist/tests/support/before/make.js <commit>`. It runs each rotation
 * once and keeps what a kill would leave at each place, and once more for each error. See tests/README.md.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { issue } from "../../../lab/model/issuance";
import { readScenario } from "../../../lab/model/scenarioFile";
import type { ScenarioInput } from "../../../lab/open";
import { record } from "../../../lab/replay";
import { Engine } from "../faults/engine";
import { program, type Shape } from "../faults/programs";
import { Provider } from "../faults/provider";
import { FAULTS_SCENARIO } from "../faults/scenario";
import { beginAnew, installVirtualTime } from "../faults/virtualTime";
import { World } from "../faults/world";
import { aroundOf, fixturePath, keptScenario, type Break, type Kept, type KeptHost, type Material, type Rotation } from "./kept";

const EDGES = ["EDGE01", "EDGE02"];
const SHAPES: Shape[] = [
  { certificate: "v2", edges: EDGES, connector: true },
  { certificate: "v3", edges: EDGES, connector: true, method: "recreate" },
];
/** Long lives: programs on a real engine meet them by the machine's clock. */
const LIVES = { v1: [-355, 7000], v2: [-5, 7300], v3: [-4, 7300] } as const;
const SAVED = /\.after-cmdlet$|\.before-reply$/;

async function makeMaterial(): Promise<Material> {
  const { authorities, certificates, ...rest } = FAULTS_SCENARIO as unknown as { [name: string]: { [name: string]: object } };
  const lives = Object.entries(LIVES).map(([name, [notBeforeDays, notAfterDays]]) => [
    name,
    { ...certificates[name], notBeforeDays, notAfterDays },
  ]);
  const long = Object.entries(authorities).map(([name, spec]) => [name, { ...spec, notAfterDays: 9000 }]);
  const input = { ...rest, authorities: Object.fromEntries(long), certificates: Object.fromEntries(lives) } as unknown as ScenarioInput;
  const issuance = await issue(readScenario(input), new Date());
  const parents = new Map(Object.entries(authorities).map(([name, spec]) => [name, "parent" in spec ? String(spec.parent) : undefined]));
  return {
    authorities: Object.fromEntries(
      [...issuance.authorities].map(([name, { certificate, privateKey }]) => {
        const parent = parents.get(name);
        const keyPem = privateKey.export({ format: "pem", type: "pkcs8" }) as string;
        return [name, { pem: certificate.pem, keyPem, ...(parent === undefined ? {} : { parent }) }];
      }),
    ),
    certificates: Object.fromEntries(issuance.exposed.map((one) => [one.name, { ...one, pfx: one.pfx.toString("base64") }])),
  };
}

const hostsOf = (world: World): KeptHost[] =>
  [...world.hosts].map(([name, { fence }]) => ({
    name,
    fence,
    files: Object.fromEntries([...world.organisation.files(name)].map(([path, bytes]) => [path, bytes.toString("utf8")])),
  }));

/** One run of a rotation: whole, noting what a kill would leave; or ended by an error at one point. */
async function rotate(kept: Kept, shape: Shape, error?: string): Promise<Rotation> {
  beginAnew();
  const world = await World.open({ scenario: keptScenario(kept.material) });
  const around = aroundOf(kept, world);
  const begin = new Date().toISOString();
  const boots = Object.fromEntries([...world.hosts.keys()].map((name) => [name, world.organisation.facts(name).boot]));
  const deeds = record(world.organisation);
  const breaks: Break[] = [];
  const engine = new Engine();
  const save = (point: string, action: Break["action"]): void =>
    void breaks.push({
      point,
      action,
      at: new Date().toISOString(),
      state: structuredClone(engine.state),
      hosts: hostsOf(world),
      deeds: deeds.length,
    });
  const first = new Provider(world);
  const adopted = await engine.up(first, program(around, { ...shape, certificate: "v1" }));
  await first.end();
  if (!adopted.ok) throw adopted.error!;
  if (!error) save("adopted", "error");
  let met = false;
  const provider = new Provider(world, {
    onPoint: ({ host, step, position }) => {
      const point = `${host}/${step}.${position}`;
      if (!error && SAVED.test(point)) save(point, "kill");
      if (point !== error || met) return undefined;
      met = true;
      return "error";
    },
  });
  const result = await engine.up(provider, program(around, shape));
  await provider.end();
  if (error) save(error, "error");
  if (result.ok === (error !== undefined)) throw result.error ?? new Error(`${error} broke nothing off`);
  world.close();
  return { shape, begin, boots, deeds: [...deeds], breaks };
}

async function main(commit: string): Promise<void> {
  const kept: Kept = { commit, material: await makeMaterial(), rotations: [] };
  for (const [index, shape] of SHAPES.entries()) {
    const whole = await rotate(kept, shape);
    kept.rotations.push(whole);
    if (index > 0) continue;
    for (const { point } of whole.breaks.slice(1)) kept.rotations.push(await rotate(kept, shape, point));
  }
  const text = Buffer.from(JSON.stringify(kept));
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT } = constants;
  const params = {
    [BROTLI_PARAM_QUALITY]: 9,
    [BROTLI_PARAM_LGWIN]: 24,
    [BROTLI_PARAM_SIZE_HINT]: text.length,
  };
  const packed = brotliCompressSync(text, { params });
  mkdirSync(dirname(fixturePath(commit)), { recursive: true });
  writeFileSync(fixturePath(commit), packed);
  for (const { shape, breaks } of kept.rotations)
    process.stdout.write(`${JSON.stringify(shape)}: ${breaks.map(({ point, action }) => `${point}=${action}`).join(", ")}\n`);
  process.stdout.write(`${kept.rotations.flatMap(({ breaks }) => breaks).length} breaks, ${text.length} bytes, ${packed.length} packed\n`);
}

installVirtualTime();
void main(process.argv[2]);

/** Rotations that an earlier version of this package broke off, as they are kept in fixtures/, and how they are laid out again. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import type { NewEntry } from "../../../lab/doors/history";
import type { IssuedCertificate } from "../../../lab/issued";
import type { Organisation } from "../../../lab/model/organisation";
import type { ScenarioInput } from "../../../lab/open";
import { replay, type Deed } from "../../../lab/replay";
import { checkoutRoot } from "../../unit/tools/fromRoot";
import type { State } from "../faults/engine";
import type { Shape } from "../faults/programs";
import { FAULTS_SCENARIO } from "../faults/scenario";
import { setTime } from "../faults/virtualTime";
import { World } from "../faults/world";

/** Certificates and keys that stay the same; they are for tests alone. */
export interface Material {
  authorities: { [name: string]: { pem: string; keyPem: string; parent?: string } };
  certificates: { [name: string]: IssuedCertificate };
}
/** A host's working folder and the highest fence that it has seen. */
export interface KeptHost {
  name: string;
  fence: number;
  files: { [path: string]: string };
}
/** What a run left when it was broken off there. */
export interface Break {
  /** `EDGE01/enable.after-cmdlet` */
  point: string;
  action: "kill" | "error";
  at: string;
  state: State;
  hosts: KeptHost[];
  /** How many of the rotation's deeds were done. */
  deeds: number;
}
export interface Rotation {
  shape: Shape;
  begin: string;
  /** Host → its last start. */
  boots: { [host: string]: string };
  deeds: Deed[];
  /** The first: v1 adopted, no rotation begun. */
  breaks: Break[];
}
export interface Kept {
  /** The commit whose provider made it. */
  commit: string;
  material: Material;
  rotations: Rotation[];
}

export const fixturePath = (commit: string): string => join(checkoutRoot, "tests", "support", "before", "fixtures", `${commit}.json.br`);

export function readKept(commit: string): Kept {
  return JSON.parse(brotliDecompressSync(readFileSync(fixturePath(commit))).toString("utf8")) as Kept;
}

/** The organisation of the faults, with certificates that stay the same. */
export function keptScenario({ authorities, certificates }: Material): ScenarioInput {
  const given = Object.entries(certificates).map(([name, { pem, keyPem, chainPem }]) => [name, { pem, keyPem, chainPem }]);
  const latencies = { edgeSyncTrustCache: 20, edgeSyncConfiguration: 900 };
  return { ...(FAULTS_SCENARIO as object), authorities, certificates: Object.fromEntries(given), latencies } as unknown as ScenarioInput;
}

/** A world in which that run was broken off just now. */
export async function layOut({ material }: Kept, { begin, boots, deeds }: Rotation, broken: Break): Promise<World> {
  setTime(Date.parse(begin));
  const world = await World.open({ scenario: keptScenario(material) });
  const organisation = world.organisation as Organisation;
  for (const [host, boot] of Object.entries(boots)) organisation.lab.world.server(host).boot = new Date(boot);
  const done = deeds.slice(0, broken.deeds);
  await replay(organisation, done, ({ at }) => passTo(at));
  for (const deed of done) Object.assign(world.history.begin(entryOf(deed)), { executed: true, outcome: "ok" });
  for (const { name, fence, files } of broken.hosts) {
    world.host(name).raiseFence(fence);
    const folder = organisation.files(name);
    folder.clear();
    for (const [path, text] of Object.entries(files)) folder.set(path, Buffer.from(text));
  }
  passTo(broken.at);
  organisation.now();
  return world;
}

const VERBS = { suspend: "Suspend", resume: "Resume", stop: "Stop", start: "Start", restart: "Restart" };

/** A deed as the history of a host shows it: what came before counts for the checker, too. */
function entryOf(deed: Deed): NewEntry {
  const said = { host: deed.host, session: "before", pid: 0, fence: 1, mutating: true, utc: deed.at };
  if (deed.do === "invoke") return { ...said, cmdlet: deed.cmdlet, parameters: withoutBulk(deed.parameters) };
  if (deed.do === "remove") return { ...said, cmdlet: "certificate.remove", parameters: { thumbprint: deed.thumbprint, keep: deed.keep } };
  if (deed.do === "chain") return { ...said, cmdlet: "chain.import", parameters: {} };
  return { ...said, cmdlet: `${VERBS[deed.do]}-Service`, parameters: { Name: deed.service } };
}

/** Bytes and secrets are not in a history. */
function withoutBulk(parameters: { [name: string]: unknown }): { [name: string]: unknown } {
  const isBulk = (value: unknown): boolean => /^\{"\$(?:bytes|file|secure)"/.test(JSON.stringify(value));
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, isBulk(value) ? "***" : value]));
}

/** The clocks never go back. */
function passTo(moment: string): void {
  setTime(Math.max(Date.now(), Date.parse(moment)));
}

/** What programs of the fixtures are given. */
export const aroundOf = (
  { material }: Kept,
  world: World,
): { connection: World["connection"]; certificate: (name: string) => IssuedCertificate } => ({
  connection: (name) => world.connection(name),
  certificate: (name) => material.certificates[name],
});

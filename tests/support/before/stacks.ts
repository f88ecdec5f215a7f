/** Stacks of the real engine that an earlier version left, as they are kept in fixtures/, and how they are laid out again. */
import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import type { Organisation } from "../../../lab/model/organisation";
import { replay, type Deed } from "../../../lab/replay";
import { fleet, Story } from "../engine";
import { fixturePath, keptScenario, readKept, type KeptHost, type Material } from "./kept";

/** A stack as `pulumi stack export --show-secrets` prints it, and the hosts that it belongs to. */
export interface KeptStack {
  /** Fail point that broke the rotation off; without one v1 is deployed and nothing is under way. */
  failPoint?: string;
  /** Ports, host keys and passwords of the lab are `@@port EDGE01@@` and so on. */
  deployment: string;
  boots: { [host: string]: string };
  deeds: Deed[];
  hosts: KeptHost[];
}

const stacksPath = (commit: string): string => fixturePath(`${commit}-stacks`);

export function readStacks(commit: string): { material: Material; stacks: KeptStack[] } {
  const { stacks } = JSON.parse(brotliDecompressSync(readFileSync(stacksPath(commit))).toString("utf8")) as { stacks: KeptStack[] };
  return { material: readKept(commit).material, stacks };
}

export const startStory = (material: Material): Promise<Story> => Story.start({ scenario: keptScenario(material) });

/** The quickstart's program, with the very containers that the stacks know. */
export function fleetOf(story: Story, { certificates }: Material, name: string): PulumiFn {
  const { pfx, password } = certificates[name];
  return fleet(story.lab, { certificate: name, settings: { source: { pfx, password } } });
}

/** Ports, host keys and passwords of a lab's hosts, by their placeholders. */
export function placeholders(story: Story): [placeholder: string, value: string][] {
  return story.lab.ready.hosts.flatMap(({ name, ssh }): [string, string][] => [
    [`@@port ${name}@@`, String(ssh.port)],
    [`@@key ${name}@@`, ssh.hostKey],
    [`@@password ${name}@@`, ssh.password],
  ]);
}

/**
 * The same stack, as it is when the addresses of the two Edges had been swapped: everything works, but each resource of one Edge stands on
 * the other, by its address, its id, its outputs and its claim.
 */
export function withSwappedEdges(kept: KeptStack): KeptStack {
  const { deployment, hosts } = kept;
  const names = ["@@port", "@@key", "@@password"].map((one): Pair => [`${one} EDGE01@@`, `${one} EDGE02@@`]);
  const stands = [`"id":"edge01.contoso.com`, `"server":"edge01.contoso.com`, `"edgeName":"EDGE01`, `"id":"EDGE01`].map((one): Pair => [
    one,
    one.replace("01", "02"),
  ]);
  const claims = ["certificate", "subscription", "transport"].map((part): Pair => [
    claimOf(deployment, `edges-edge01-${part}`),
    claimOf(deployment, `edges-edge02-${part}`),
  ]);
  const books = hosts.map((host) => {
    const files = Object.entries(host.files).map(([path, text]) => [path, swap(text, [["edges-edge01-", "edges-edge02-"], ...claims])]);
    return { ...host, files: Object.fromEntries(files) as KeptHost["files"] };
  });
  return { ...kept, deployment: swap(deployment, [...names, ...stands]), hosts: books };
}

type Pair = readonly [string, string];

function swap(text: string, pairs: readonly Pair[]): string {
  const hold = (index: number): string => `@@hold ${index}@@`;
  return pairs.reduce((all, [a, b], index) => all.replaceAll(a, hold(index)).replaceAll(b, a).replaceAll(hold(index), b), text);
}

function claimOf(deployment: string, resource: string): string {
  const from = deployment.indexOf(`::${resource}","custom":true`);
  const [, claim] = /"claim":"([0-9a-f-]{36})"/.exec(deployment.slice(from)) ?? [];
  if (from < 0 || claim === undefined) throw new Error(`no claim of ${resource} in the kept stack`);
  return claim;
}

/** The story in the state in which the earlier version left it. */
export async function takeUp(story: Story, { deployment, boots, deeds, hosts }: KeptStack): Promise<void> {
  const { organisation } = story.lab;
  const { world } = (organisation as Organisation).lab;
  for (const [host, boot] of Object.entries(boots)) world.server(host).boot = new Date(boot);
  let last: number | undefined;
  await replay(organisation, deeds, ({ at }) => {
    const moment = Date.parse(at);
    if (last !== undefined) organisation.advanceClock((moment - last) / 1000);
    last = moment;
  });
  for (const { name, fence, files } of hosts) {
    story.lab.hosts.get(name)!.host.raiseFence(fence);
    const folder = organisation.files(name);
    folder.clear();
    for (const [path, text] of Object.entries(files)) folder.set(path, Buffer.from(text));
  }
  // Leases of the killed run have ended long ago, by the clock of any host.
  organisation.advanceClock(60);
  const text = placeholders(story).reduce((all, [placeholder, value]) => all.replaceAll(placeholder, value), deployment);
  await story.stack.stack.importStack(JSON.parse(text) as Parameters<typeof story.stack.stack.importStack>[0]);
}

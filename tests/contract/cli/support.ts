/** The compiled command line as a child process, against a lab. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Lab } from "../../../lab/start";
import type { JsonObject } from "../../../provider/base/json";
import { control } from "../../support/lab";
import type { Creation } from "./interrupted";

export const MAIN = join(__dirname, "..", "..", "..", "provider", "cli", "main.js");
const INTERRUPTED = join(__dirname, "interrupted.js");
export const SITE = "Default-First-Site-Name";

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

/** Collects what a child says until it ends. */
export async function ended(child: ChildProcess): Promise<Ended> {
  let out = "";
  let err = "";
  child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { code, signal, out, err };
}

export function startCli(args: string[], env: NodeJS.ProcessEnv = {}, cwd?: string): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env }, cwd });
}
export function cli(args: string[], env: NodeJS.ProcessEnv = {}, cwd?: string): Promise<Ended> {
  return ended(startCli(args, env, cwd));
}

/** How a program would connect to a host of the lab. */
export function connection(lab: Lab, name: string): JsonObject {
  const { ssh } = lab.ready.hosts.find((host) => host.name === name)!;
  return { ...ssh };
}

const folders: string[] = [];

export async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "pulumi-exchange-cli-"));
  folders.push(made);
  return made;
}
export async function removeFolders(): Promise<void> {
  for (const made of folders.splice(0)) await rm(made, { recursive: true, force: true });
}

/** A hosts file; by default all hosts of the lab, with `changes` put over single ones. */
export async function hostsFile(lab: Lab, changes: { [name: string]: object | null } = {}): Promise<string> {
  const all = lab.ready.hosts.map(({ name }) => [name, { ...connection(lab, name), ...changes[name] }] as const);
  const file = join(await folder(), "hosts.json");
  await writeFile(file, JSON.stringify(Object.fromEntries(all.filter(([name]) => changes[name] !== null))));
  return file;
}

/** What a program declares for one Edge, as far as `kinds` go. */
export async function declaration(
  lab: Lab,
  edge: string,
  name: string,
  kinds: ("Certificate" | "EdgeSubscription" | "TransportService")[],
  subscription: JsonObject = {},
): Promise<Creation[]> {
  const { pfx, password } = (await control(lab).certificates()).find((one) => one.name === name)!;
  const organization = connection(lab, "MBX01");
  const host = connection(lab, edge);
  const owner = `shop/prod/${edge.toLowerCase()}`;
  const all: Creation[] = [
    {
      kind: "Certificate",
      inputs: { host, organization, source: { pfx, password }, services: ["SMTP"], defaultSmtp: "replace", drain: "hold", owner },
    },
    {
      kind: "EdgeSubscription",
      inputs: {
        edge: host,
        organization,
        site: SITE,
        certificateThumbprint: await thumbprintOf(lab, name),
        owner: `${owner}-subscription`,
        ...subscription,
      },
    },
    {
      kind: "TransportService",
      inputs: { host, organization, expectThumbprint: await thumbprintOf(lab, name), owner: `${owner}-service` },
    },
  ];
  return all.filter((one) => kinds.some((kind) => kind === one.kind));
}

export async function thumbprintOf(lab: Lab, name: string): Promise<string> {
  const { X509Certificate } = await import("node:crypto");
  const { pem } = (await control(lab).certificates()).find((one) => one.name === name)!;
  return new X509Certificate(pem).fingerprint.replaceAll(":", "");
}

/** Runs creations in a process of their own; with a fail point that kills, the leases are left to expire on the lab's clock. */
export async function runProvider(lab: Lab, creations: Creation[], failpoint?: string): Promise<Ended> {
  const env = { ...process.env, ...(failpoint && { PULUMI_EXCHANGE_FAILPOINT: failpoint }) };
  const child = spawn(process.execPath, [INTERRUPTED], { stdio: ["pipe", "pipe", "pipe"], env });
  child.stdin.end(JSON.stringify(creations));
  const result = await ended(child);
  if (failpoint?.endsWith("=kill")) {
    assert.equal(result.signal, "SIGKILL", `the fail point ${failpoint} was not reached: ${result.out} ${result.err}`);
    await control(lab).clock(60);
  }
  return result;
}

interface Server {
  name: string;
  defaultThumbprint: string;
  transportThumbprint: string | null;
  ldapsThumbprint: string | null;
  services: { [name: string]: string };
  certificates: { thumbprint: string }[];
  files: { path: string; text: string }[];
}

export async function server(lab: Lab, name: string): Promise<Server> {
  const { servers } = await control(lab).state();
  return servers.find((one) => one.name === name) as unknown as Server;
}

/** The entries of an Edge's journal. */
export async function journal(lab: Lab, edge: string): Promise<{ type: string; step?: string; reason?: string }[]> {
  const { files } = await server(lab, edge);
  const text = files.find((file) => file.path.endsWith("journal.jsonl"))?.text ?? "";
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { type: string });
}

/** Calls that changed Exchange or a service since the start of the lab. */
export async function mutations(lab: Lab): Promise<number> {
  return (await control(lab).history()).filter((entry) => entry.mutating).length;
}

/** What must hold after every way back: nothing lost, both doors agree, no record left that would block anyone. */
export async function assertInService(lab: Lab, edge: string, thumbprint: string): Promise<void> {
  const now = await server(lab, edge);
  assert.equal(now.services.MSExchangeTransport, "Running");
  assert.equal(now.defaultThumbprint, thumbprint, "default");
  assert.equal(now.ldapsThumbprint, thumbprint, "LDAPS");
  assert.equal(now.transportThumbprint, thumbprint, "STARTTLS");
  assert.equal((await journal(lab, edge)).at(-1)?.type, "close");
  const left = (await server(lab, "MBX01")).files.filter(({ path }) => /windows|snapshots/.test(path));
  assert.deepEqual(left, [], "records on the organisation's host");
}

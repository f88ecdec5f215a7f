/** One case: v1 adopted, a rotation with faults, clean runs, and the second opinion on all of it. */
import { X509Certificate } from "node:crypto";
import type { FaultSpec } from "../../../lab/doors/faults";
import type { JsonObject } from "../../../provider/base/json";
import { checkAlways, checkEnd, checkQuiet, essence, type Expectation, type Violation } from "./checker";
import { Engine, type RunResult } from "./engine";
import { CONNECTOR, PARTNER, program, type Shape } from "./programs";
import { Killed, Provider, takeLines, type Hooks } from "./provider";
import { beginAnew } from "./virtualTime";
import { CANARIES, World, type LabState } from "./world";

export interface Attempt {
  hooks?: Hooks;
  /** Posted to the lab just before the run. */
  faults?: (Partial<FaultSpec> & Pick<FaultSpec, "at" | "kind">)[];
  /** Something else that happens before the run. */
  before?: (world: World, engine: Engine) => void | Promise<void>;
}
export interface Case {
  shape: Shape;
  /** Runs that meet faults; clean ones follow. */
  attempts: Attempt[];
  /** Program of the clean runs; default: the rotation's own. */
  goal?: Shape;
  toggles?: { [name: string]: unknown };
  /** Runs that each provider of the case is built with. */
  plant?: Hooks["plant"];
  /** What an operator does between the faulted and the clean runs, and how the expectation follows. */
  operator?: (world: World) => Promise<void>;
  /** Extra expectation, e.g. what the operator changed. */
  expect?: Partial<Expectation>;
  /** Skip the last quiet run. */
  noQuiet?: boolean;
}
export interface Outcome {
  violations: Violation[];
  /** Clean runs until the goal was reached; 0 = the faulted run itself reached it, Infinity = never. */
  cleanRuns: number;
  faulted: RunResult[];
  errors: string[];
  /** Number of requests and fail points of the first faulted run. */
  trace: Provider;
  after: LabState;
  world: World;
}
export const CLEAN_RUNS = 2;
/** EdgeSync's refusal is shorter than in life: it costs a look each, and two looks show as much as seventeen. */
const LATENCIES = { edgeSyncTrustCache: 20 };
const ends = new Map<string, Promise<string>>();

export async function openWorld(options: Pick<Case, "toggles"> = {}): Promise<World> {
  beginAnew();
  return World.open({ latencies: LATENCIES, toggles: options.toggles });
}

/** v1 adopted by a first run. */
export async function adopted(world: World, shape: Shape, plant?: Hooks["plant"]): Promise<Engine> {
  const engine = new Engine();
  const provider = new Provider(world, { plant });
  const first = await engine.up(provider, program(world, { ...shape, certificate: "v1" }));
  await provider.end();
  if (!first.ok) throw first.error!;
  return engine;
}

export async function runCase(spec: Case): Promise<Outcome> {
  const reference = await twin(spec);
  const world = await openWorld(spec);
  try {
    return await play(world, spec, reference);
  } finally {
    await world.close();
  }
}

async function play(world: World, spec: Case, reference: string | null): Promise<Outcome> {
  takeLines();
  const goal = spec.goal ?? spec.shape;
  const engine = await adopted(world, spec.shape, spec.plant);
  const before = world.state();
  const mark = world.entries.length;
  sendMail(world);
  const expected = expectation(world, goal, before, spec.expect);
  const violations: Violation[] = [];
  const faulted: RunResult[] = [];
  const errors: string[] = [];
  let killed = false;
  let trace: Provider | undefined;
  for (const attempt of spec.attempts) {
    for (const fault of attempt.faults ?? []) world.fault(fault);
    await attempt.before?.(world, engine);
    const provider = new Provider(world, { plant: spec.plant, ...attempt.hooks });
    trace ??= provider;
    const result = await engine.up(provider, program(world, spec.shape), { refresh: killed });
    killed = result.error instanceof Killed || provider.dead;
    if (!killed) await provider.end();
    world.faults.clear();
    faulted.push(result);
    if (result.error) errors.push(result.error.message);
    violations.push(...stated(result, killed), ...checkAlways(before, world.state(), world.entries.slice(mark), expected));
    sendMail(world);
  }
  await spec.operator?.(world);
  let cleanRuns = faulted.at(-1)?.ok && !spec.goal ? 0 : Infinity;
  for (let run = 1; run <= CLEAN_RUNS && cleanRuns === Infinity; run++) {
    const provider = new Provider(world, { plant: spec.plant });
    const result = await engine.up(provider, program(world, goal), { refresh: killed });
    killed = false;
    await provider.end();
    if (result.ok) cleanRuns = run;
    else errors.push(`clean run ${run}: ${result.error!.message}`);
  }
  world.organisation.advanceClock(3600);
  const after = world.state();
  const texts = [...takeLines(), ...errors, JSON.stringify(outputsOf(engine))];
  const all = { ...expected, texts };
  if (cleanRuns === Infinity) violations.push(...checkAlways(before, after, world.entries.slice(mark), all));
  else violations.push(...checkEnd(before, after, world.entries.slice(mark), all), ...compare(reference, after));
  violations.push(...checkDeliveries(world, after));
  if (cleanRuns !== Infinity && !spec.noQuiet) violations.push(...(await quiet(world, engine, goal, spec.plant)));
  return { violations, cleanRuns, faulted, errors, trace: trace!, after, world };
}

function expectation(world: World, goal: Shape, before: LabState, more: Partial<Expectation> = {}): Expectation {
  const thumbprint = thumbprintOf(world, goal.certificate);
  const edges = Object.fromEntries((goal.edges ?? ["EDGE01"]).map((edge) => [edge, thumbprint]));
  const canaries = [CANARIES.login, world.certificate(goal.certificate).password, world.certificate(goal.certificate).pfx.slice(400, 480)];
  const name = tlsNameOf(world, goal.certificate);
  const flips: Expectation["connectors"] = goal.connector ? { [CONNECTOR]: { TlsCertificateName: name }, [PARTNER]: { TlsCertificateName: name } } : {};
  void before;
  return { edges, canaries, connectors: flips, ...more };
}

export function thumbprintOf(world: World, certificate: string): string {
  return facts(world, certificate).thumbprint;
}
function tlsNameOf(world: World, certificate: string): string {
  return facts(world, certificate).name;
}
function facts(world: World, certificate: string): { thumbprint: string; name: string } {
  const parsed = new X509Certificate(world.certificate(certificate).pem);
  const turned = (dn: string): string => dn.split("\n").reverse().join(", ");
  return { thumbprint: parsed.fingerprint.replaceAll(":", ""), name: `<I>${turned(parsed.issuer)}<S>${turned(parsed.subject)}` };
}

/** An outcome in one line. */
export function describeOutcome({ violations, cleanRuns, errors }: Outcome): string {
  const runs = cleanRuns === Infinity ? "did not converge" : `${cleanRuns} clean runs`;
  const short = (line: string): string => line.replace(/ Hint: .*/s, "").slice(0, 300);
  return [runs, ...violations.map((one) => `${one.invariant}: ${one.text}`), ...errors.map((one) => `(${short(one)})`)].join("\n      ");
}

/** Mail comes in at the open doors, and goes out from inside; the sender retries, as a mail server does. */
let mails = 0;
function sendMail(world: World): void {
  for (const edge of ["EDGE01", "EDGE02"]) deliver(world, edge, "someone@contoso.com");
  for (const to of ["a@fabrikam.com", "b@litware.com", "c@contoso.mail.onmicrosoft.com"]) deliver(world, "MBX01", to);
}
function deliver(world: World, server: string, to: string): void {
  const mail = { id: `mail-${++mails}`, from: "sender@example.net", to: [to], data: Buffer.from("x") };
  const others = server === "MBX01" ? ["MBX01"] : [server, server === "EDGE01" ? "EDGE02" : "EDGE01"];
  // The other MX takes it while this one is closed; the promise tells at once, because the model does.
  const attempt = (index: number): void =>
    void world.organisation.acceptMail(others[index]!, mail).catch(() => (index + 1 < others.length ? attempt(index + 1) : undefined));
  attempt(0);
}
function checkDeliveries(world: World, after: LabState): Violation[] {
  const { sent, delivered, queued } = after.mail;
  return sent === delivered ? [] : [{ invariant: "mail", text: `${sent} mails, ${delivered} delivered, ${queued} still queued` }];
}

/** A failed run says why, with a code and a hint (I9). */
function stated(result: RunResult, killed: boolean): Violation[] {
  if (result.ok || killed || /\[[A-Z_]+\] .*Hint: /s.test(result.error!.message)) return [];
  return [{ invariant: "I9", text: `the run ended without a stated condition: ${result.error!.message}` }];
}

/** The end of a run without faults, where the end should be just that. */
async function twin(spec: Case): Promise<string | null> {
  if (spec.operator || spec.goal || spec.toggles) return null;
  const key = JSON.stringify(spec.shape);
  let reference = ends.get(key);
  if (!reference) ends.set(key, (reference = faultless(spec.shape)));
  return reference;
}
function compare(reference: string | null, after: LabState): Violation[] {
  if (reference === null) return [];
  const [wanted, got] = [reference.split("\n"), essence(after).split("\n")];
  const index = wanted.findIndex((line, at) => line !== got[at]);
  const where = got.slice(0, Math.max(index, 0)).findLast((line) => /^ {3}"/.test(line)) ?? "";
  return index < 0 ? [] : [{ invariant: "end", text: `differs from a faultless run: ${where} ${got[index]} instead of ${wanted[index]}` }];
}

async function faultless(goal: Shape): Promise<string> {
  const world = await openWorld();
  const engine = await adopted(world, goal);
  const provider = new Provider(world);
  const result = await engine.up(provider, program(world, goal));
  await provider.end();
  world.organisation.advanceClock(3600);
  const end = essence(world.state());
  await world.close();
  if (!result.ok) throw result.error!;
  return end;
}

async function quiet(world: World, engine: Engine, goal: Shape, plant?: Hooks["plant"]): Promise<Violation[]> {
  const mark = world.entries.length;
  const provider = new Provider(world, { plant });
  const result = await engine.up(provider, program(world, goal));
  await provider.end();
  if (!result.ok) return [{ invariant: "I8", text: `a run after the end failed: ${result.error!.message}` }];
  return checkQuiet(world.entries.slice(mark));
}

function outputsOf(engine: Engine): JsonObject[] {
  // Inputs hold what the program gave (encrypted by Pulumi); outputs must hold no key material.
  return Object.values(engine.state.resources).map(({ outs }) => {
    const { host: _host, organization: _organization, edge: _edge, sources: _sources, ...rest } = outs;
    return rest;
  });
}

/** One case: v1 adopted, a rotation with faults, clean runs, and the second opinion on all of it. */
import { X509Certificate } from "node:crypto";
import type { FaultSpec } from "../../../lab/doors/faults";
import type { JsonObject } from "../../../provider/base/json";
import { forgetSecrets } from "../../../provider/base/redact";
import { adopted } from "./adoption";
import { checkAlways, checkEnd, checkQuiet, essence, type Expectation, type Violation } from "./checker";
import { Engine, type RunResult } from "./engine";
import { CONNECTOR, PARTNER, program, type Shape } from "./programs";
import { bugNamed } from "./bugs";
import { OPERATOR_EDITS, type OperatorEdit } from "./operatorEdits";
import { Provider, takeLines, type Hooks, type Point } from "./provider";
import type { Sent, Verdict } from "./wire";
import { beginAnew } from "./virtualTime";
import { CANARIES, World, type LabState } from "./world";

/** One fault, as data: it can be printed, sent to a worker and shrunk. Indexes count within one run. */
export type Fault =
  | { at: "point"; index: number; action: "kill" | "error" }
  | { at: "named"; point: string; action: "kill" | "error" }
  | { at: "call"; call: string; nth: number; verdict: Exclude<Verdict, "pass"> }
  | { at: "rival"; index: number; edges?: string[]; same?: boolean }
  | { at: "request"; index: number; verdict: Exclude<Verdict, "pass"> }
  | { at: "lab"; fault: Partial<FaultSpec> & Pick<FaultSpec, "at" | "kind"> }
  | { at: "reboot"; index: number; host: string }
  | { at: "operator"; index: number; edit: OperatorEdit }
  | { at: "clock"; index: number; seconds: number; host?: string };
type Rival = Extract<Fault, { at: "rival" }>;
export interface Case {
  shape: Shape;
  /** The faults of each run that meets some; clean runs follow. */
  attempts: Fault[][];
  /** Program of the clean runs; default: the rotation's own. */
  goal?: Shape;
  toggles?: { [name: string]: string | number | boolean };
  /** Name of a seeded bug, planted into every provider of the case. */
  plant?: string;
  /** Longest real wait for a reply of a host, in ms. */
  callMs?: number;
  /** Skip the run after the end that must change nothing. */
  noQuiet?: boolean;
}
export interface Outcome {
  violations: Violation[];
  /** Clean runs until the goal was reached; 0 = the faulted run itself reached it; null = never. */
  cleanRuns: number | null;
  errors: string[];
  /** Fail points and requests of the first faulted run. */
  points: Point[];
  requests: Sent[];
  mails: number;
}
export const CLEAN_RUNS = 2;
/** How the loser of a race says so; a cmdlet that needs AD LDS fails while the winner restarts it. */
const LOSES = [
  "LEASE_HELD",
  "ROTATION_OPEN",
  "EDGE_WINDOW_BUSY",
  "OBJECT_CLAIMED",
  "FENCED",
  "LEASE_LOST",
  "SUBSCRIPTION_NOT_DEFAULT",
  "CMDLET_FAILED",
];
/** EdgeSync's refusal is shorter than in life, and its own runs are rarer: they cost time, and show nothing more. */
const LATENCIES = { edgeSyncTrustCache: 20, edgeSyncConfiguration: 900 };
const ends = new Map<string, Promise<string>>();

export async function openWorld(options: Pick<Case, "toggles"> = {}): Promise<World> {
  beginAnew();
  return World.open({ latencies: LATENCIES, toggles: options.toggles });
}

export async function runCase(spec: Case): Promise<Outcome> {
  const reference = await twin(spec);
  const world = await openWorld(spec);
  try {
    return await new Play(world, spec).run(reference);
  } finally {
    world.close();
  }
}

/** One case under way. */
class Play {
  private readonly plant: Hooks["plant"];
  private readonly goal: Shape;
  private readonly violations: Violation[] = [];
  private readonly errors: string[] = [];
  private engine!: Engine;
  private before!: LabState;
  private mark = 0;
  private expected!: Expectation;
  private killed = false;
  private first?: Provider;
  private ok = false;
  private readonly rivals: Promise<void>[] = [];

  constructor(
    private readonly world: World,
    private readonly spec: Case,
  ) {
    this.plant = spec.plant === undefined ? undefined : bugNamed(spec.plant).plant;
    this.goal = spec.goal ?? spec.shape;
  }

  async run(reference: string | null): Promise<Outcome> {
    const { world, spec } = this;
    takeLines();
    forgetSecrets();
    this.engine = await adopted(world, spec.shape, this.plant);
    this.before = world.state();
    this.mark = world.entries.length;
    this.expected = expectation(world, this.goal);
    sendMail(world);
    for (const faults of spec.attempts) await this.attempt(faults);
    const cleanRuns = await this.cleanRuns();
    world.organisation.advanceClock(3600);
    const after = world.state();
    for (const one of world.edits) {
      for (const [name, changed] of Object.entries(OPERATOR_EDITS[one].changes))
        this.expected.connectors![name] = { ...this.expected.connectors![name], ...changed };
    }
    const all = { ...this.expected, texts: [...takeLines(), ...this.errors, JSON.stringify(outputsOf(this.engine))] };
    const history = world.entries.slice(this.mark);
    if (cleanRuns === null) this.violations.push(...checkAlways(this.before, after, history, all));
    else this.violations.push(...checkEnd(this.before, after, history, all), ...compare(reference, after));
    this.violations.push(...checkDeliveries(after));
    if (cleanRuns !== null && !spec.noQuiet) this.violations.push(...(await this.quiet()));
    const { points, requests } = this.first!;
    return { violations: this.violations, cleanRuns, errors: this.errors, points, requests, mails: after.mail.sent };
  }

  private async attempt(faults: Fault[]): Promise<void> {
    const { world, spec } = this;
    for (const one of faults) if (one.at === "lab") world.fault(one.fault);
    const provider = new Provider(world, {
      plant: this.plant,
      callMs: spec.callMs,
      ...hooksOf(world, faults, (fault) => this.startRival(fault)),
    });
    this.first ??= provider;
    const result = await this.engine.up(provider, program(world, spec.shape), { refresh: this.killed });
    this.killed = provider.dead;
    if (!this.killed) await provider.end();
    world.faults.clear();
    this.ok = result.ok;
    await Promise.all([...this.rivals, ...world.reboots]);
    if (result.error) this.errors.push(result.error.message);
    this.violations.push(
      ...stated(result, this.killed),
      ...checkAlways(this.before, world.state(), world.entries.slice(this.mark), this.expected),
    );
    if (!result.ok && !this.killed) this.violations.push(...undone(result.error!, this.before, world.state()));
    sendMail(world);
  }

  /** Another stack with the same wish: it finds the goal reached, or somebody at work and stops before its first change. */
  private startRival({ edges = this.spec.shape.edges, same = false }: Rival): void {
    const engine = same ? new Engine() : new Engine("rival/main");
    if (same) engine.state = structuredClone(this.engine.state);
    const provider = new Provider(this.world, { plant: this.plant });
    const compete = async (): Promise<void> => {
      const result = await engine.up(provider, program(this.world, { ...this.spec.shape, edges }));
      await provider.end();
      const changed = provider.requests.filter(({ mutating }) => mutating).map(({ host, call }) => `${host} ${call}`);
      const first = this.first!.requests.filter(({ mutating }) => mutating).length;
      const code = /\[([A-Z_]+)\]/.exec(result.error?.message ?? "")?.[1] ?? (result.ok ? "ok" : "none");
      this.errors.push(`rival: ${code}`);
      if (changed.length > 0 && first > 0 && this.ok)
        this.violations.push({ invariant: "I7", text: `the rival changed things too: ${changed.join(", ")}` });
      if (!result.ok && !LOSES.includes(code))
        this.violations.push({ invariant: "I9", text: `the rival ended with ${result.error!.message}` });
    };
    this.rivals.push(compete());
  }

  private async cleanRuns(): Promise<number | null> {
    if (this.ok && !this.spec.goal) return 0;
    for (let run = 1; run <= CLEAN_RUNS; run++) {
      const provider = new Provider(this.world, { plant: this.plant, callMs: this.spec.callMs });
      const result = await this.engine.up(provider, program(this.world, this.goal), { refresh: this.killed });
      this.killed = false;
      await provider.end();
      if (result.ok) return run;
      this.errors.push(`clean run ${run}: ${result.error!.message}`);
    }
    return null;
  }

  private async quiet(): Promise<Violation[]> {
    const mark = this.world.entries.length;
    const provider = new Provider(this.world, { plant: this.plant });
    const result = await this.engine.up(provider, program(this.world, this.goal));
    await provider.end();
    if (!result.ok) return [{ invariant: "I8", text: `a run after the end failed: ${result.error!.message}` }];
    return checkQuiet(this.world.entries.slice(mark));
  }
}

function edit(world: World, name: OperatorEdit): void {
  world.edits.add(name);
  OPERATOR_EDITS[name].run(world);
}

/** Faults as hooks of one provider process. */
function hooksOf(world: World, faults: Fault[], rival: (fault: Rival) => void): Hooks {
  let points = 0;
  let requests = 0;
  const used = new Set<Fault>();
  const calls = new Map<string, number>();
  return {
    onPoint: ({ host, step, position }) => {
      const index = points++;
      for (const one of faults) {
        if (one.at === "point" && one.index === index) return one.action;
        if (one.at === "named" && !used.has(one) && [`${step}.${position}`, `${host}/${step}.${position}`].includes(one.point)) {
          used.add(one);
          return one.action;
        }
      }
      return undefined;
    },
    onRequest: ({ call }) => {
      const index = requests++;
      calls.set(call, (calls.get(call) ?? 0) + 1);
      let verdict: Verdict = "pass";
      for (const one of faults) {
        if (one.at === "call" && one.call === call && one.nth === calls.get(call)) verdict = one.verdict;
        if (!("index" in one) || one.index !== index) continue;
        if (one.at === "request") verdict = one.verdict;
        else if (one.at === "clock") world.organisation.advanceClock(one.seconds, one.host);
        else if (one.at === "operator") edit(world, one.edit);
        else if (one.at === "rival") rival(one);
        else if (one.at === "reboot") void world.reboot(one.host);
      }
      return verdict;
    },
  };
}

function expectation(world: World, goal: Shape): Expectation {
  const thumbprint = thumbprintOf(world, goal.certificate);
  const edges = Object.fromEntries((goal.edges ?? ["EDGE01"]).map((edge) => [edge, thumbprint]));
  const canaries = [CANARIES.login, world.certificate(goal.certificate).password, world.certificate(goal.certificate).pfx.slice(400, 480)];
  const name = tlsNameOf(world, goal.certificate);
  const connectors: NonNullable<Expectation["connectors"]> = goal.connector
    ? { [CONNECTOR]: { TlsCertificateName: name }, [PARTNER]: { TlsCertificateName: name } }
    : {};
  return { edges, canaries, connectors, runs: world.runs };
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
  const runs = cleanRuns === null ? "did not converge" : `${cleanRuns} clean runs`;
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
    void world.organisation.acceptMail(others[index], mail).catch(() => (index + 1 < others.length ? attempt(index + 1) : undefined));
  attempt(0);
}
function checkDeliveries(after: LabState): Violation[] {
  const { sent, delivered, queued } = after.mail;
  return sent === delivered ? [] : [{ invariant: "mail", text: `${sent} mails, ${delivered} delivered, ${queued} still queued` }];
}

/** A failed run says why, with a code and a hint (I9). */
function stated(result: RunResult, killed: boolean): Violation[] {
  if (result.ok || killed || /\[[A-Z_]+\] .*Hint: /s.test(result.error!.message)) return [];
  return [{ invariant: "I9", text: `the run ended without a stated condition: ${result.error!.message}` }];
}

/** A failure before the default changed takes the Edge back into service at once (I4). */
function undone(error: Error, before: LabState, now: LabState): Violation[] {
  if (!/^\[(FAILPOINT|CMDLET_FAILED)\]/.test(error.message)) return [];
  return now.servers.flatMap((server) => {
    const old = before.servers.find((one) => one.name === server.name)!;
    const bound = now.subscriptions.find((one) => one.Name === server.name)?.certificateThumbprint;
    if (server.role !== "Edge" || server.defaultThumbprint !== old.defaultThumbprint || bound !== old.defaultThumbprint) return [];
    if (server.ldapsThumbprint !== old.ldapsThumbprint || server.services.MSExchangeTransport === old.services.MSExchangeTransport)
      return [];
    return [{ invariant: "I4", text: `${server.name} is out of service although its old default is in place` }];
  });
}

/** The end of a run without faults, where the end should be just that. */
async function twin(spec: Case): Promise<string | null> {
  if (spec.goal || spec.toggles || spec.attempts.flat().some((one) => one.at === "operator" || one.at === "rival")) return null;
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
  world.close();
  if (!result.ok) throw result.error!;
  return end;
}

function outputsOf(engine: Engine): JsonObject[] {
  // Inputs hold what the program gave (encrypted by Pulumi); outputs must hold no key material.
  return Object.values(engine.state.resources).map(({ outs }) => {
    const { host: _host, organization: _organization, edge: _edge, sources: _sources, peers: _peers, ...rest } = outs;
    return rest;
  });
}

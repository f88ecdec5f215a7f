/**
 * A provider process inside this one: its modules loaded afresh, so that a second process, and one after a kill, knows nothing
 * of the first. Killed means what SIGKILL means: no line of it runs on that anybody outside could notice.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { createContext, handlers } from "../../../provider/handlers";
import type { Handler } from "../../../provider/handlers/types";
import { isMutation, type Operation } from "../../../provider/remote/protocol";
import type { Organisation } from "../../../lab/model/organisation";
import type { HostConnection } from "../../../provider/remote/hosts";
import { forgetFleets } from "../../../provider/base/fleet";
import { setWriter } from "../../../provider/base/progress";
import { loadInto, ROOT, Timers, type Modules } from "./modules";
import { MemoryConnection, type Process, type Sent, type Verdict } from "./wire";
import type { World } from "./world";

export type Point = { host: string; step: string; position: string };
export interface Hooks {
  /** At a fail point: nothing, `kill`, or `error`. */
  onPoint?: (point: Point) => "kill" | "error" | void;
  onRequest?: (request: Sent, line: string) => Verdict | void;
  /** The reply to the request of this index was written, and is not read yet. */
  onReply?: (index: number, text: string) => void;
  /** Changes the freshly loaded modules: how a defect is planted. */
  plant?: (load: <T>(module: string) => T) => void;
}

/** What a door presents: null = no STARTTLS, undefined = closed. */
type Look = { thumbprint: string } | null | undefined;

/** Thrown out of a run whose process was killed. */
export class Killed extends Error {}

const lines: string[] = [];
// Lines of a killed provider that still come are nobody's.
setWriter(() => undefined);
let processes = 0;
/** What providers of this process have printed since the last call. */
export function takeLines(): string[] {
  return lines.splice(0);
}

export class Provider implements Process {
  dead = false;
  readonly wires = new Set<MemoryConnection>();
  readonly points: Point[] = [];
  readonly requests: Sent[] = [];
  readonly killed: Promise<never>;
  private readonly number = ++processes;
  private readonly modules: Modules = new Map();
  private readonly timers = new Timers();
  private kill!: (reason: Error) => void;

  constructor(
    private readonly world: World,
    private readonly hooks: Hooks = {},
  ) {
    this.killed = new Promise<never>((_, reject) => (this.kill = reject));
    this.killed.catch(() => undefined);
    // base is shared between processes; what was done is another run's.
    forgetFleets();
    this.loadAfresh();
    this.patch();
    hooks.plant?.((module) => this.load(module));
  }

  /** A module of this process, by its path below provider/. */
  load<T>(module: string): T {
    const found = this.modules.get(join(ROOT, `${module}.js`));
    if (!found) throw new Error(`The provider has not loaded ${module}.`);
    return found.exports as T;
  }
  handler(kind: string): Handler {
    return this.load<{ handlers: typeof handlers }>("handlers/index").handlers[kind as keyof typeof handlers];
  }
  context(): ReturnType<typeof createContext> {
    return this.load<{ createContext: typeof createContext }>("handlers/index").createContext();
  }

  /** Ends as a provider process ends that was asked to: leases are given back. */
  async end(): Promise<void> {
    if (this.dead) return;
    // Killed meanwhile, it hears no reply any more.
    await Promise.race([this.giveBack(), this.killed.catch(() => undefined)]);
    this.dead = true;
    this.timers.stop();
  }
  private async giveBack(): Promise<void> {
    await this.load<{ releaseLeases(): Promise<void> }>("rotation/leasedShell").releaseLeases();
    await this.load<{ closeAll(): Promise<void> }>("remote/sessions").closeAll();
  }

  /** SIGKILL. What runs on a host goes on there. */
  die(): void {
    if (this.dead) return;
    this.dead = true;
    this.timers.stop();
    for (const wire of this.wires) wire.drop("killed");
    this.kill(new Killed("the provider process was killed"));
  }

  onRequest(request: Sent, line: string): { index: number; verdict: Verdict } {
    const index = this.requests.push(request) - 1;
    return { index, verdict: this.hooks.onRequest?.(request, line) ?? "pass" };
  }

  onReply(index: number, text: string): void {
    this.hooks.onReply?.(index, text);
  }

  serves(session: string): void {
    this.world.runs[session] = this.number;
  }

  private loadAfresh(): void {
    loadInto(this.modules, this.timers, join(ROOT, "handlers", "index.js"));
  }

  private patch(): void {
    const ssh = this.load<{ connectSsh: unknown }>("remote/ssh");
    ssh.connectSsh = (host: HostConnection) => {
      if (this.dead) return new Promise(() => undefined);
      const name = String(host.name);
      return Promise.resolve(new MemoryConnection(host, this.world.host(name), this, describe, this.world.wires));
    };
    this.patchDoors();
    // Its bytes are the agent's own business; here they would only be copied and hashed.
    this.load<{ agentScript: () => string }>("remote/agentScript").agentScript = () => "# the agent";
    this.load<{ RUN_ID: string }>("rotation/actor").RUN_ID = randomUUID();
    const failpoints = this.load<{ failPoint: unknown }>("rotation/failpoints");
    const { ExchangeError } = this.errors();
    failpoints.failPoint = (host: string, step: string, position: string): void => {
      const point = { host, step, position };
      this.points.push(point);
      const action = this.hooks.onPoint?.(point);
      if (action === "error") throw new ExchangeError("FAILPOINT", `${host}: stopped at ${step}, ${position}.`, { host });
      if (action !== "kill") return;
      this.die();
      throw new Killed("killed");
    };
  }

  /** What the doors present is asked of the model: a handshake each time would be most of a run's real time. */
  private patchDoors(): void {
    const { ExchangeError } = this.errors();
    const look =
      (ask: (host: string) => Look) =>
      async (_open: unknown, { name }: { name: string }) => {
        if (this.dead) return new Promise(() => undefined);
        const found = await Promise.resolve(ask(name.split(".")[0]));
        if (found === undefined) throw new ExchangeError("PROBE_FAILED", `${name}: nothing answers.`, { host: name, retryable: true });
        return found === null ? { offered: false } : { offered: true, thumbprint: found.thumbprint };
      };
    const organisation = this.world.organisation as Organisation;
    const { world, transport } = organisation.lab;
    const server = (name: string): ReturnType<typeof world.server> => {
      organisation.now(name); // what is due by now happens first
      return world.server(name.toUpperCase());
    };
    const smtp = (name: string): Look => {
      const found = server(name);
      return transport.accepts(found) ? (transport.inbound(found, true)?.certificate ?? null) : undefined;
    };
    const ldaps = (name: string): Look => {
      const found = server(name);
      return found.runs("ADAM_MSExchange") ? found.lds?.presented?.certificate : undefined;
    };
    this.load<{ probeStarttls: unknown }>("probes/starttls").probeStarttls = look(smtp);
    this.load<{ probeLdaps: unknown }>("probes/ldaps").probeLdaps = look(ldaps);
  }

  private errors(): typeof import("../../../provider/base/errors") {
    return require(join(ROOT, "base/errors")) as typeof import("../../../provider/base/errors");
  }

  /** Runs `work` as this process; a kill ends the wait for it. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const writer = setWriter((line) => void lines.push(line));
    try {
      return await Promise.race([work(), this.killed]);
    } finally {
      setWriter(writer);
    }
  }
}

function describe(host: string, line: string): { id: number; sent: Sent } | null {
  if (!line.startsWith("{")) return null;
  const { id, op, params } = JSON.parse(line) as { id: number; op: Operation; params: { cmdlet?: string } };
  const call = op === "invoke" ? String(params.cmdlet) : op;
  const writes = op.startsWith("file.") && op !== "file.read" && op !== "file.list";
  return { id, sent: { host, call, mutating: isMutation(op, params.cmdlet ?? ""), writes } };
}

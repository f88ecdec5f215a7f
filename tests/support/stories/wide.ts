/** A fleet of which two Edges may be out of service at once, against a lab over SSH, and what makes its runs meet each time. */
import assert from "node:assert/strict";
import { setCopy } from "../../../provider/base/progress";
import { leavings } from "../faults/checkHistory";
import { Engine } from "../faults/engine";
import { fleet } from "../faults/fleet";
import { program, SITE, type Shape } from "../faults/programs";
import { until } from "../lab";
import { Rig, type Observed, type Program } from "./rig";

const TRANSPORT = "MSExchangeTransport";
const PATIENCE_MS = 60_000;
const RECORD = `windows/${SITE.toUpperCase()}.json`;

/** Waited for between an Edge's certificate, with which it left service, and its subscription. */
export type Meanwhile = (edge: string) => Promise<void>;

/** The most Edges that were out of service at the same time, in the order of the lab's own record of calls. */
export const mostOut = ({ calls }: Pick<Observed, "calls">): number => Math.max(0, ...leavings(calls).map(({ out }) => out.length));

interface Window {
  edge: string;
  failed?: string;
}

export class WideFleet {
  private static stacks = 0;

  private constructor(
    readonly rig: Rig,
    /** What a program makes known of its servers stays with its process, and all these tests have one: a stack each. */
    readonly stack = new Engine(`shop/${++WideFleet.stacks}`),
  ) {}

  /** @param own so many more connectors that have one Edge alone as their source, of each */
  static async open(edges: string[], own = 0): Promise<WideFleet> {
    return new WideFleet(await Rig.start({ scenario: fleet(edges, own) }));
  }
  /** Another stack in the same organisation. */
  beside(name: string): WideFleet {
    return new WideFleet(this.rig, new Engine(`${name}-${++WideFleet.stacks}`));
  }
  async close(): Promise<void> {
    delete process.env.PULUMI_EXCHANGE_FAILPOINT;
    await this.rig.close();
  }

  /** As `EdgeFleet` has it with `maxUnavailable: 2`. */
  program(certificate: string, shape: Partial<Shape>, meanwhile?: Meanwhile): Program {
    const { rig } = this;
    const around = { connection: (name: string) => rig.host(name), certificate: (name: string) => rig.issued(name), meanwhile };
    return program(around, { certificate, wide: 2, ...shape });
  }
  apply(one: Program, options: { refresh?: boolean } = {}): Promise<Observed> {
    return this.rig.apply(one, { ...options, stack: this.stack });
  }
  /** @param point fail point at which a run ends with an error */
  async fails(one: Program, point?: string): Promise<Observed & { text: string }> {
    if (point !== undefined) process.env.PULUMI_EXCHANGE_FAILPOINT = `${point}=error`;
    const run = await this.rig.up(one, { stack: this.stack });
    delete process.env.PULUMI_EXCHANGE_FAILPOINT;
    assert.equal(run.ok, false, "the run should have failed");
    return { ...run, text: run.error?.message ?? "" };
  }
  async settled(one: Program): Promise<void> {
    const again = await this.apply(one);
    assert.deepEqual([again.operations, again.mutating], [[], []]);
  }

  /** A run that has one Edge out of service at a time, and another one that waits. */
  async oneAtATime(one: Program): Promise<Observed> {
    try {
      const run = await this.apply(one);
      assert.equal(mostOut(run), 1, run.mutating.join("\n"));
      return run;
    } finally {
      setCopy();
    }
  }
  /** Whichever Edge comes first waits until another one says that it waits. */
  untilOneWaits(): Meanwhile {
    const lines: string[] = [];
    setCopy((line) => void lines.push(line));
    const waits = (): boolean => lines.some((one) => one.includes("] wait for its turn"));
    return async () => {
      await until("the other Edge waits", () => Promise.resolve(waits()), PATIENCE_MS);
    };
  }

  subscribed(): string[] {
    return this.rig
      .subscriptions()
      .map(({ Name }) => Name)
      .sort();
  }
  status(edge: string): string {
    return this.rig.server(edge).services[TRANSPORT];
  }
  serving(edges: string[], certificate: string): void {
    const name = this.rig.thumbprint(certificate);
    for (const edge of edges) {
      const { defaultThumbprint, transportThumbprint, ldapsThumbprint } = this.rig.server(edge);
      assert.deepEqual(
        [defaultThumbprint, transportThumbprint, ldapsThumbprint, this.status(edge)],
        [name, name, name, "Running"],
        `${edge} has ${certificate}`,
      );
    }
  }
  /** The record of the site's windows. */
  record(): (Window & { windows?: Window[] }) | null {
    const text = this.rig.lab.organisation.files("MBX01").get(RECORD);
    return text === undefined ? null : (JSON.parse(String(text)) as never);
  }
  /** As a run leaves it that is killed between a window and its journal; `flip`: in the restarts after that connector's change. */
  leaveWindow(edge: string, flip?: string): void {
    const { stack } = this.stack;
    const window = { edge, site: SITE, stack, owner: `${stack}/${edge}`, since: new Date().toISOString(), flip };
    this.rig.lab.organisation.files("MBX01").set(RECORD, Buffer.from(JSON.stringify(window)));
  }
  /** Edges with an open window. */
  open(): string[] {
    const record = this.record();
    return record === null ? [] : (record.windows ?? [record]).map(({ edge }) => edge).sort();
  }

  /** The first one goes on when both are out of service. */
  bothOut(first: string, other: string): Meanwhile {
    return async (edge) => {
      if (edge === first) await until(`${other} is out as well`, () => Promise.resolve(this.status(other) === "Stopped"), PATIENCE_MS);
    };
  }
  /** The first one goes on to its failure when both are out; the other one stays as it is then, since after a failure nothing more is begun. */
  failing(first: string, other: string): Meanwhile {
    const isMarked = (): boolean => this.record()?.windows?.some((one) => one.edge === first && one.failed !== undefined) === true;
    return async (edge) => {
      await this.bothOut(first, other)(edge);
      if (edge !== other) return;
      await until(`${first} has failed`, () => Promise.resolve(isMarked()), PATIENCE_MS);
      throw new Error(`nothing is begun after ${first}`);
    };
  }
}

/** The faults' programs on the real engine: a lab, a stack, mail that flows, and kills of the engine or of its provider process. */
import { SendConnectorTls, Certificate, EdgeSubscription, ReceiveConnectorTls, TransportService } from "pulumi-exchange";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { issuedCertificates } from "../../../lab/issued";
import { MailStream } from "../../../lab/mailstream";
import type { FaultSpec } from "../../../lab/doors/faults";
import type { JsonObject } from "../../../provider/base/json";
import { isAlive, killEngine, Story, type RunResult } from "../engine";
import { control, until } from "../lab";
import { checkEnd } from "./checker";
import { checkDeliveries } from "./mail";
import { program, type Shape, type Surroundings } from "./programs";
import { FAULTS_SCENARIO } from "./scenario";
import type { Violation } from "./violations";
import type { LabState } from "./world";

const CLASSES = { Certificate, EdgeSubscription, ReceiveConnectorTls, TransportService, SendConnectorTls } as unknown as {
  [kind: string]: new (name: string, args: object) => object;
};
const EDGES = ["EDGE01"];
export type KillPlace =
  /** The provider process ends at a fail point. */
  | { kills: "provider"; point: string }
  /** The engine ends while this call hangs; its provider process is left alone, and ends by itself. */
  | { kills: "engine"; host: string; cmdlet: string; nth?: number };
export interface Ending {
  violations: Violation[];
  cleanRuns: number | null;
  output: string;
}

export class EngineStory {
  private constructor(
    readonly story: Story,
    private readonly method: Shape["method"],
  ) {}

  /** v1 adopted on one Edge. */
  static async start(method: Shape["method"]): Promise<EngineStory> {
    const story = await Story.start({ scenario: FAULTS_SCENARIO, latencies: { edgeSyncTrustCache: 60 } });
    const made = new EngineStory(story, method);
    const up = await story.up(made.program("v1"));
    if (!up.ok) throw new Error(up.output);
    return made;
  }

  program(certificate: string): PulumiFn {
    const { lab } = this.story;
    const hosts = Object.fromEntries(lab.ready.hosts.map(({ name, ssh }) => [name, { ...ssh, name }]));
    const around: Surroundings = {
      connection: (name) => hosts[name],
      certificate: (name) => issuedCertificates(lab.organisation).find((one) => one.name === name)!,
    };
    const declare = (kind: string, name: string, args: object): Promise<JsonObject> =>
      Promise.resolve(new CLASSES[kind](name, args) as JsonObject);
    return () => program(around, { certificate, edges: EDGES, method: this.method })(declare).then(() => ({}));
  }

  /** A rotation that is killed there; then `up --refresh` until it is done, at most twice; judged by the checker. */
  async killed(place: KillPlace, certificate: string): Promise<Ending> {
    const { story } = this;
    const before = await this.look();
    const mark = story.lab.history.entries.length;
    const mail = this.mail();
    mail.start();
    const broken = await this.broken(place, certificate);
    if (broken.ok) throw new Error(`nothing was killed: ${broken.output}`);
    await story.control.clearFaults();
    await story.afterLease();
    await story.stack.cancel();
    let cleanRuns = 0;
    let clean: RunResult | undefined;
    while (!clean?.ok && cleanRuns < 2) {
      clean = await story.up(this.program(certificate), { refresh: true });
      cleanRuns += 1;
    }
    await mail.stop();
    await story.control.clock(1200);
    const violations = checkEnd(before, await this.look(), story.lab.history.entries.slice(mark), {
      edges: { EDGE01: story.thumbprint(certificate) },
      replaced: [story.thumbprint(certificate === "v1" ? "v2" : "v1")],
      canaries: story.lab.ready.hosts.map(({ ssh }) => ssh.password),
      texts: [broken.output, clean!.output, story.stack.stateFile()],
    });
    violations.push(...(await this.lost(mail)));
    return { violations, cleanRuns: clean!.ok ? cleanRuns : null, output: `${broken.output}\n${clean!.output}` };
  }

  private async broken(place: KillPlace, certificate: string): Promise<RunResult> {
    const { story } = this;
    if (place.kills === "provider") return story.up(this.program(certificate), { failPoint: `${place.point}=kill` });
    const { host, cmdlet, nth = 1 } = place;
    const fault: Partial<FaultSpec> = { host, cmdlet, nth };
    await story.control.fault({ ...fault, at: "after", kind: "hang" });
    const seen = story.lab.history.entries.length;
    const run = story.up(this.program(certificate));
    const hangs = (): boolean =>
      story.lab.history.entries.slice(seen).filter((one) => one.host === host && one.cmdlet === cmdlet && one.executed).length >= nth;
    await until(`${cmdlet} on ${host} hangs`, hangs, 120_000);
    const { killed, orphans } = killEngine(story.stack.workDir);
    const result = await run;
    if (killed !== 1) throw new Error(`${killed} engines were killed`);
    await until("the end of the orphaned provider process", () => !orphans.some(isAlive), 60_000);
    return result;
  }

  private mail(): MailStream {
    const hosts = this.story.lab.ready.hosts.filter(({ role }) => role === "Edge").map(({ smtp }) => smtp);
    return new MailStream({ hosts, to: "someone@contoso.com", intervalMs: 200, retryMs: 50 });
  }

  private async lost(mail: MailStream): Promise<Violation[]> {
    const arrived = (await control(this.story.lab).deliveries()).map(({ id }) => id);
    const ours = new Set(mail.ids);
    const few = mail.ids.length > 5 ? [] : [{ invariant: "mail", text: `only ${mail.ids.length} mails were sent` }];
    return [
      ...few,
      ...checkDeliveries(
        mail.ids,
        arrived.filter((id) => ours.has(id)),
      ),
    ];
  }

  async look(): Promise<LabState> {
    return (await control(this.story.lab).state()) as unknown as LabState;
  }
}

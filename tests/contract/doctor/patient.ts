/** A lab organisation to make ill, and the doctor who looks at it. The clock is moved by hand, calls take no time. */
import assert from "node:assert/strict";
import type { CmdletValue } from "../../../lab/model/contract";
import type { ScenarioInput } from "../../../lab/open";
import type { Lab } from "../../../lab/start";
import { examine, type Diagnosis } from "../../../provider/cli/doctor/report";
import { parseHosts } from "../../../provider/cli/hostsFile";
import type { Finding } from "../../../provider/exchange/symptoms";
import { readCertificate } from "../../../provider/pki";
import { closeAll } from "../../../provider/remote/sessions";
import { control, startTestLab } from "../../support/lab";

const INSTANT = { edgeSyncRun: 0, export: 0, serviceStop: 0, serviceStart: 0, adLdsStart: 0 };

interface ServerState {
  name: string;
  events: { source: string; id: number; level: string; text: string }[];
  monitors: { Name: string; AlertValue: string }[];
}

export class Patient {
  private mails = 0;
  private constructor(readonly lab: Lab) {}

  static async admit(scenario: ScenarioInput = "contoso", toggles: { [name: string]: unknown } = {}): Promise<Patient> {
    return new Patient(await startTestLab({ scenario, toggles, speed: 1, latencies: INSTANT }));
  }

  /** What an operator types. */
  run(host: string, cmdlet: string, parameters: object = {}): Promise<{ objects: { [property: string]: unknown }[] }> {
    return control(this.lab).operator(host, cmdlet, parameters);
  }

  async import(host: string, name: string): Promise<string> {
    const issued = (await control(this.lab).certificates()).find((one) => one.name === name);
    assert.ok(issued, name);
    await this.run(host, "Import-ExchangeCertificate", { FileData: { $bytes: issued.pfx }, Password: { $secure: issued.password } });
    return readCertificate(issued.pem).thumbprint;
  }

  /** Puts the issuers of a certificate into the stores of a server. */
  async trust(host: string, name: string): Promise<void> {
    const issued = (await control(this.lab).certificates()).find((one) => one.name === name);
    assert.ok(issued, name);
    this.lab.organisation.chain.import(
      host,
      issued.chainPem.map((pem) => readCertificate(pem).der),
    );
  }

  /** Makes a certificate the default. */
  async enable(host: string, thumbprint: string): Promise<void> {
    await this.run(host, "Enable-ExchangeCertificate", { Thumbprint: thumbprint, Services: ["SMTP"], Force: true });
  }

  async export(edge: string): Promise<Buffer> {
    await this.run(edge, "New-EdgeSubscription", { FileName: "C:\\temp\\edge.xml", Force: true });
    const file = this.lab.organisation.files(edge).get("edge.xml");
    assert.ok(file);
    return file;
  }

  async subscribe(hub: string, file: Buffer): Promise<void> {
    await this.run(hub, "New-EdgeSubscription", {
      FileData: { $bytes: file.toString("base64") },
      Site: "Default-First-Site-Name",
      CreateInternetSendConnector: false,
      CreateInboundSendConnector: false,
    });
  }

  /** Export, restart of AD LDS, import; then EdgeSync's cache is over. */
  async resubscribe(edge: string, hub: string): Promise<void> {
    const file = await this.export(edge);
    await this.run(edge, "Restart-Service", { Name: "ADAM_MSExchange" });
    await this.subscribe(hub, file);
    await this.advance(301);
    await this.sync(hub, edge);
  }

  async sync(hub: string, edge: string): Promise<string> {
    const { objects } = await this.run(hub, "Start-EdgeSynchronization", { TargetServer: edge, ForceFullSync: true });
    return String(objects[0]?.Result);
  }

  async mail(host: string, to: string): Promise<void> {
    const id = `mail-${++this.mails}`;
    await this.lab.organisation.acceptMail(host, { id, from: "a@sender.example", to: [to], data: Buffer.from("Subject: test\r\n\r\n") });
  }

  async advance(seconds: number): Promise<void> {
    await control(this.lab).clock(seconds);
  }

  async toggle(values: { [name: string]: CmdletValue }): Promise<void> {
    await control(this.lab).toggles(values);
  }

  async server(host: string): Promise<ServerState> {
    const { servers } = await control(this.lab).state();
    return servers.find(({ name }) => name === host) as unknown as ServerState;
  }

  /** Asserts that a server logged an event. */
  async logged(host: string, id: number): Promise<void> {
    const { events } = await this.server(host);
    assert.ok(
      events.some((event) => event.id === id),
      `${host} has ${events.map((event) => event.id).join(", ") || "no events"}, not ${id}`,
    );
  }

  /** Asserts that a queue holds mail with this error. */
  async queued(host: string, error: RegExp): Promise<void> {
    const { objects } = await this.run(host, "Get-Queue");
    const errors = objects.filter((queue) => Number(queue.MessageCount) > 0).map((queue) => String(queue.LastError));
    assert.ok(
      errors.some((text) => error.test(text)),
      `${host}: ${errors.join("; ")}`,
    );
  }

  /** @param names the hosts to name; default: all */
  async examine(options: { hours?: number; now?: Date } = {}, names?: string[]): Promise<Diagnosis> {
    const all = parseHosts(JSON.stringify(this.lab.ready), "lab.json");
    const hosts = new Map([...all].filter(([name]) => names?.includes(name) ?? true));
    try {
      return await examine(hosts, options);
    } finally {
      await closeAll();
    }
  }

  discharge(): Promise<void> {
    return this.lab.close();
  }
}

export interface Expected {
  seen: RegExp[];
  cause: RegExp;
  remedy: RegExp[];
}

/** The one present finding of a symptom on a host, with what it must say. */
export function assertFinding({ findings, unread }: Diagnosis, id: string, host: string, expected: Expected): Finding {
  assert.deepEqual(unread, []);
  const shown =
    findings.flatMap((one) => one.places.map(({ id, host }) => `${one.past ? "past " : ""}${id} on ${host}`)).join(", ") || "nothing";
  const found = findings.find((one) => !one.past && one.places.some((place) => place.id === id && place.host === host));
  assert.ok(found, `${id} on ${host} was not found; found: ${shown}`);
  for (const pattern of expected.seen) assert.match(found.seen.join("\n"), pattern);
  assert.match(found.cause, expected.cause);
  for (const pattern of expected.remedy) assert.match(found.remedy.join("\n"), pattern);
  assertFilled(found);
  return found;
}

/** No placeholder was left in the texts. */
export function assertFilled({ cause, remedy }: Finding): void {
  for (const text of [cause, ...remedy]) assert.doesNotMatch(text, /\{\w+\}/);
}

/** Symptoms of a diagnosis that are there now, as `id host`. */
export function present({ findings }: Diagnosis): string[] {
  return findings
    .filter(({ past, severity }) => !past && severity !== "notice")
    .flatMap(({ places }) => places.map(({ id, host }) => `${id} ${host}`));
}

/** A lab for one test: no waiting, clock moved by hand. */
import assert from "node:assert/strict";
import { CmdletFailure, SecureText, type CmdletValue } from "../../../../lab/model/contract";
import { readCertificate } from "../../../../provider/pki";
import { loadScenario, type Organisation, type OrganisationOptions } from "../../../../lab/model/organisation";
import type { ScenarioInput } from "../../../../lab/model/scenarioSchema";

export type Objects = { [property: string]: unknown }[];
export type Parameters = { [name: string]: CmdletValue };

/** Latencies of calls are 0, so that a test never waits; those that the clock moves over are as they are. */
const INSTANT = { edgeSyncRun: 0, export: 0, serviceStop: 0, serviceStart: 0, adLdsStart: 0 };
const opened: Organisation[] = [];

export async function open(scenario: string | ScenarioInput = "contoso", options: OrganisationOptions = {}): Promise<Lab> {
  const organisation = await loadScenario(scenario, { ...options, latencies: { ...INSTANT, ...options.latencies } });
  opened.push(organisation);
  return new Lab(organisation);
}

/** For afterEach. */
export function closeAll(): void {
  for (const organisation of opened.splice(0)) organisation.close();
}

export const SITE = "Default-First-Site-Name";

export class Lab {
  constructor(readonly organisation: Organisation) {}

  async run(host: string, cmdlet: string, parameters: Parameters = {}): Promise<Objects> {
    return (await this.organisation.invoke({ host, cmdlet, parameters })).objects;
  }

  /** In a session of New-PSSession, without Exchange's assemblies. */
  async runBare(host: string, cmdlet: string, parameters: Parameters = {}): Promise<Objects> {
    return (await this.organisation.invoke({ host, cmdlet, parameters, shell: { kind: "bare", logon: "publickey" } })).objects;
  }

  async warnings(host: string, cmdlet: string, parameters: Parameters = {}): Promise<string[]> {
    return (await this.organisation.invoke({ host, cmdlet, parameters })).warnings;
  }

  async failure(host: string, cmdlet: string, parameters: Parameters = {}): Promise<CmdletFailure> {
    try {
      await this.run(host, cmdlet, parameters);
    } catch (error) {
      assert.ok(error instanceof CmdletFailure, String(error));
      return error;
    }
    return assert.fail(`${cmdlet} succeeded on ${host}`);
  }

  certificate(name: string) {
    const found = this.organisation.certificates.find((certificate) => certificate.name === name);
    assert.ok(found, name);
    return found;
  }

  async import(host: string, name: string, parameters: Parameters = {}): Promise<string> {
    const { pfx, password } = this.certificate(name);
    const [object] = await this.run(host, "Import-ExchangeCertificate", {
      FileData: pfx,
      Password: new SecureText(password),
      ...parameters,
    });
    return String(object.Thumbprint);
  }

  async enable(host: string, thumbprint: string, parameters: Parameters = {}): Promise<void> {
    await this.run(host, "Enable-ExchangeCertificate", { Thumbprint: thumbprint, Services: ["SMTP"], Force: true, ...parameters });
  }

  async export(host: string): Promise<Buffer> {
    await this.run(host, "New-EdgeSubscription", { FileName: "C:\\temp\\subscription.xml", Force: true });
    const file = this.organisation.files(host).get("subscription.xml");
    assert.ok(file);
    return file;
  }

  async subscribe(hub: string, file: Buffer, parameters: Parameters = {}): Promise<void> {
    await this.run(hub, "New-EdgeSubscription", {
      FileData: file,
      Site: SITE,
      CreateInternetSendConnector: false,
      CreateInboundSendConnector: false,
      ...parameters,
    });
  }

  async restartLds(edge: string): Promise<void> {
    await this.organisation.service.restart(edge, "ADAM_MSExchange", []);
  }

  async sync(hub: string, edge: string): Promise<Objects> {
    return this.run(hub, "Start-EdgeSynchronization", { TargetServer: edge, ForceFullSync: true });
  }

  /** One server in /state. */
  server(name: string): State {
    const servers = this.organisation.state().servers as State[];
    const found = servers.find((server) => server.name === name);
    assert.ok(found);
    return found;
  }

  installed(host: string, name: string): string {
    const { thumbprint } = certificateOf(this.certificate(name).pem);
    assert.ok(
      this.server(host).certificates.some((certificate) => certificate.thumbprint === thumbprint),
      `${name} on ${host}`,
    );
    return thumbprint;
  }

  eventIds(host: string): number[] {
    return this.server(host).events.map((event) => event.id);
  }

  async mail(host: string, id: string, to: string): Promise<void> {
    await this.organisation.acceptMail(host, { id, from: "sender@example.com", to: [to], data: Buffer.from("Subject: test\r\n\r\n") });
  }

  get counters(): { sent: number; delivered: number; queued: number; lost: number } {
    return this.organisation.state().mail as never;
  }

  /** LastError of the queues that hold something. */
  queueErrors(host: string): string[] {
    const queues = (this.organisation.state().queues as { [host: string]: Objects })[host];
    return queues
      .filter((queue) => Number(queue.MessageCount) > 0 && queue.DeliveryType !== "ShadowRedundancy")
      .map((queue) => String(queue.LastError));
  }

  advance(seconds: number): void {
    this.organisation.advanceClock(seconds);
  }
}

interface State {
  name: string;
  defaultThumbprint: string | null;
  transportThumbprint: string | null;
  ldapsThumbprint: string | null;
  certificates: { thumbprint: string; subject: string; services: string[] }[];
  services: { [name: string]: string };
  sendConnectors?: { Name: string; TlsCertificateName: string | null }[];
  events: { id: number; level: string; text: string }[];
  monitors: { Name: string; AlertValue: string }[];
  files: { path: string }[];
}

export const certificateOf = readCertificate;

/** A small organisation for tests of the doors alone: what it answers is set by the test. */
import type { ServiceInfo } from "../../../provider/remote/protocol";
import {
  CmdletFailure,
  type CmdletCall,
  type CmdletResult,
  type DoorIdentity,
  type LabOrganisation,
  type SubmittedMail,
} from "../../../lab/model/contract";

const ROLES = { EDGE01: "Edge", MBX01: "Mailbox" } as const;
type Name = keyof typeof ROLES;

export class FakeOrganisation implements LabOrganisation {
  readonly hostNames = Object.keys(ROLES);
  readonly calls: CmdletCall[] = [];
  readonly mails: (SubmittedMail & { host: string })[] = [];
  readonly statuses = new Map<string, ServiceInfo["status"]>();
  readonly imported: Uint8Array[] = [];
  toggles: { [name: string]: unknown } = { sample: false };
  elevated = true;
  smtp: DoorIdentity | null | undefined = null;
  ldaps: DoorIdentity | undefined;
  advanced: { seconds: number; host?: string }[] = [];
  certificates = [
    { name: "v1", pfx: Buffer.from("ABC"), password: "pw", pem: "PEM", keyPem: "KEY", chainPem: ["CA"], description: "first" },
  ];
  /** Overrides the answer of `invoke`. */
  onInvoke?: (call: CmdletCall) => Promise<CmdletResult> | CmdletResult;
  private readonly folders = new Map<string, Map<string, Buffer>>();
  private readonly listeners: (() => void)[] = [];

  private name(host: string): Name {
    const found = this.hostNames.find((name) => host.toLowerCase().split(".")[0] === name.toLowerCase());
    if (!found) throw new Error(`Unknown host ${host}`);
    return found as Name;
  }

  facts(host: string): ReturnType<LabOrganisation["facts"]> {
    const name = this.name(host);
    return {
      name,
      fqdn: `${name.toLowerCase()}.contoso.com`,
      role: ROLES[name],
      exchange: "15.2.1544.4",
      elevated: this.elevated,
      account: `${name}\\Administrator`,
      utc: "2026-11-21T10:00:00Z",
      boot: "2026-11-01T00:00:00Z",
      culture: "en-US",
      folder: "C:\\ProgramData\\pulumi-exchange",
    };
  }

  now(): Date {
    return new Date("2026-11-21T10:00:00Z");
  }

  async invoke(call: CmdletCall): Promise<CmdletResult> {
    this.calls.push(call);
    if (this.onInvoke) return this.onInvoke(call);
    if (call.cmdlet === "Get-Nothing") throw new CmdletFailure("T", "CommandNotFoundException", "ObjectNotFound", "no", "CommandNotFound");
    if (call.cmdlet === "Set-Broken") throw new CmdletFailure("Some.Exception", "ABC,Set-Broken", "InvalidOperation", "broken");
    return {
      objects: [{ Name: "one", When: new Date(0), Raw: new Uint8Array([1, 2]), Kind: { toString: () => "Kind1" } }],
      warnings: ["w"],
    };
  }

  readonly service: LabOrganisation["service"] = {
    status: (host, name) => this.info(host, name),
    suspend: async (host, name) => this.set(host, name, "Paused"),
    resume: async (host, name) => this.set(host, name, "Running"),
    stop: async (host, name) => this.set(host, name, "Stopped"),
    start: async (host, name) => this.set(host, name, "Running"),
    restart: async (host, name) => this.set(host, name, "Running"),
  };

  private info(host: string, name: string): ServiceInfo {
    const status = this.statuses.get(`${this.name(host)}/${name}`) ?? "Running";
    return { name, status, startType: "Automatic", dependants: [] };
  }

  private set(host: string, name: string, status: ServiceInfo["status"]): ServiceInfo {
    this.statuses.set(`${this.name(host)}/${name}`, status);
    this.changed();
    return this.info(host, name);
  }

  changed(): void {
    for (const listener of this.listeners) listener();
  }

  readonly certificate: LabOrganisation["certificate"] = {
    inspect: (_host, thumbprint) => ({ found: true, thumbprint }),
    remove: () => {
      throw new Error("The certificate to keep is not in the store.");
    },
    makeSelfSigned: async () => new Uint8Array([1, 2, 3]),
    removeReplaced: () => {
      throw new Error("The certificate to keep is not in the store.");
    },
  };
  readonly chain: LabOrganisation["chain"] = {
    status: (_host, thumbprints) => thumbprints.slice(0, 1),
    import: (_host, der) => {
      this.imported.push(...der);
      return der.map(() => ({ thumbprint: "A".repeat(40), store: "CA" as const }));
    },
    trust: () => ({ status: "Valid", root: "A".repeat(40), problems: [] }),
  };
  certreq(): ReturnType<LabOrganisation["certreq"]> {
    return { disposition: "pending", requestId: 7 };
  }
  retrieve(_host: string, _ca: string, requestId: number): ReturnType<LabOrganisation["retrieve"]> {
    return { disposition: "pending", requestId };
  }
  internalCertificate(): Uint8Array {
    return new Uint8Array([9, 9]);
  }
  events(): ReturnType<LabOrganisation["events"]> {
    const event = (utc: string, id: number) => ({ utc, source: "MSExchangeTransport", id, level: "Error" as const, text: "t" });
    return [
      event("2026-11-21T01:00:00Z", 12014),
      event("2026-11-21T02:00:00Z", 12023),
      { ...event("2026-11-21T03:00:00Z", 1), source: "Other" },
    ];
  }
  files(host: string): Map<string, Buffer> {
    const name = this.name(host);
    if (!this.folders.has(name)) this.folders.set(name, new Map());
    return this.folders.get(name)!;
  }
  smtpIdentity(): DoorIdentity | null | undefined {
    return this.smtp;
  }
  ldapsIdentity(): DoorIdentity | undefined {
    return this.ldaps;
  }
  async acceptMail(host: string, mail: SubmittedMail): Promise<void> {
    if (mail.from === "refused@example.com") throw new Error("4.3.1 Insufficient system resources");
    this.mails.push({ ...mail, host });
  }
  state(): { [key: string]: unknown } {
    return { servers: this.hostNames.map((name) => ({ name })), mail: { sent: this.mails.length } };
  }
  setToggles(values: { [name: string]: unknown }): void {
    for (const name of Object.keys(values)) if (!(name in this.toggles)) throw new Error(`Unknown toggle ${name}.`);
    this.toggles = { ...this.toggles, ...values };
  }
  advanceClock(seconds: number, host?: string): void {
    this.advanced.push({ seconds, host });
  }
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }
  directoryEntries(): { dn: string; attributes: { [name: string]: string[] } }[] {
    const base = "CN=Configuration,DC=contoso,DC=com";
    const edges = Array.from({ length: 5 }, (_, index) => ({
      dn: `CN=EDGE0${index},CN=Servers,${base}`,
      attributes: { objectClass: ["top", "msExchExchangeServer"], cn: [`EDGE0${index}`], odd: [`a*(b)\\${index}`] },
    }));
    return [
      { dn: base, attributes: { objectClass: ["configuration"] } },
      { dn: `CN=Servers,${base}`, attributes: { objectClass: ["container"] } },
      ...edges,
    ];
  }
  close(): void {
    this.listeners.length = 0;
  }
}

/** One simulated Exchange organisation: the model behind the doors of the lab. */
import type { EventRecord, HostFacts, ServiceInfo } from "../../provider/remote/protocol";
import { readCertificate } from "../../provider/pki";
import { chooseLdapsCertificate } from "./adlds";
import { AuthConfig } from "./authConfig";
import { build } from "./build";
import { chainTrust } from "./chainTrust";
import { CertificationAuthorities, type AuthorityRequest, type Decision, type Retrieval } from "./certreq";
import { LabClock } from "./clock";
import { runCmdlet } from "./cmdlets";
import type { CmdletCall, CmdletResult, DoorIdentity, LabOrganisation, SelfSignedWish, SubmittedMail } from "./contract";
import { Directory } from "./directory";
import { EdgeSync } from "./edgesync";
import { guardedRemove, removeReplaced } from "./guardedRemove";
import { issue, type Issuance, type LabCertificate } from "./issuance";
import type { Lab } from "./lab";
import type { LookAlikes } from "./lookAlike";
import { Mail, type Delivery } from "./mail";
import { readScenario } from "./scenarioFile";
import type { Scenario, ScenarioInput } from "./scenarioSchema";
import type { Server } from "./server";
import { serverAttributes } from "./serverAttributes";
import { ServiceFailure, Services } from "./services";
import { checkToggles } from "./settings";
import { describeState } from "./state";
import { stored, type StoredCertificate, type StoreName } from "./store";
import { Transport } from "./transport";
import { presentedChain } from "./trust";
import { makeSelfSigned } from "./windowsCertificate";
import { World } from "./world";

export interface OrganisationOptions {
  /** Divides all latencies; 1 = real time, 60 in the lab's command line. */
  speed?: number;
  toggles?: { [name: string]: unknown };
  /** Seconds at speed 1, over those of the scenario. */
  latencies?: { [name: string]: number };
}

/** Loads a scenario by name or path, or an object of the same form, and builds the organisation. */
export async function loadScenario(scenario: string | ScenarioInput, options: OrganisationOptions = {}): Promise<Organisation> {
  const given = readScenario(scenario);
  const read = { ...given, toggles: { ...given.toggles, ...checkToggles(options.toggles ?? {}) } };
  const issuance = await issue(read, new Date());
  const organisation = new Organisation(read, issuance, options.speed ?? 1);
  await organisation.open(options);
  return organisation;
}

/** @see LabOrganisation; `certificates` are those that the scenario issues, installed or not, for programs to deploy. */
export class Organisation implements LabOrganisation {
  readonly certificates: readonly LabCertificate[];
  readonly hostNames: string[];
  /** The rooms of the model, for tests and tools. */
  readonly lab: Lab;
  private readonly world: World;
  private readonly ca: CertificationAuthorities;
  private lookAlikes: LookAlikes | undefined;

  constructor(
    private readonly scenario: Scenario,
    private readonly issuance: Issuance,
    speed: number,
  ) {
    this.certificates = issuance.exposed;
    this.ca = new CertificationAuthorities(issuance.authorities);
    this.hostNames = scenario.servers.map((server) => server.name);
    this.world = new World(new LabClock(speed), new Directory(scenario.organisation, scenario.domain, scenario.sites));
    const transport = new Transport(this.world);
    const mail = new Mail(this.world, transport);
    const edgeSync = new EdgeSync(this.world);
    const services = new Services(this.world);
    const authConfig = new AuthConfig(this.world);
    this.lab = { world: this.world, services, transport, edgeSync, mail, authConfig, isCopy: scenario.copy !== undefined };
    services.onStarted = (server, service) => this.serviceStarted(server, service.name);
  }

  async open(options: OrganisationOptions): Promise<void> {
    this.lookAlikes = await build(this.lab, this.scenario, this.issuance);
    Object.assign(this.world.latencies, options.latencies);
    Object.assign(this.world.toggles, checkToggles(options.toggles ?? {}));
  }

  facts(host: string): Omit<HostFacts, "protocol" | "agent" | "pid" | "powershell" | "fence"> {
    const server = this.host(host);
    const edge = server.role === "Edge";
    return {
      name: server.name.toUpperCase(),
      fqdn: server.fqdn,
      role: server.role,
      exchange: server.version,
      elevated: this.world.toggles.elevated,
      account: edge ? `${server.name}\\Administrator` : `${this.scenario.domain.split(".")[0].toUpperCase()}\\exadmin`,
      utc: this.world.clock.now(server.name).toISOString(),
      boot: server.boot.toISOString(),
      culture: "en-US",
      folder: "C:\\ProgramData\\pulumi-exchange",
      bits: 64,
      scriptPolicy: null,
      eccCertificates: this.world.toggles.eccRegistryValue === "absent" ? null : this.world.toggles.eccRegistryValue,
    };
  }

  /** Of a copied organisation: when it was taken; undefined of any other. */
  get copiedAt(): string | undefined {
    return this.scenario.copy?.taken;
  }

  /** The highest fence that a copied host has seen. */
  fence(host: string): number {
    return this.scenario.copy?.servers[this.host(host).name]?.fence ?? 0;
  }

  now(host?: string): Date {
    return this.world.clock.now(host ? this.host(host).name : "");
  }

  async invoke(call: CmdletCall): Promise<CmdletResult> {
    return runCmdlet(this.lab, this.host(call.host), call);
  }

  readonly service = {
    status: (host: string, name: string): ServiceInfo => this.lab.services.status(this.host(host), name),
    suspend: (host: string, name: string): Promise<ServiceInfo> => this.lab.services.suspend(this.host(host), name),
    resume: (host: string, name: string): Promise<ServiceInfo> => this.lab.services.resume(this.host(host), name),
    stop: (host: string, name: string): Promise<ServiceInfo> => this.lab.services.stop(this.host(host), name),
    start: (host: string, name: string): Promise<ServiceInfo> => this.lab.services.start(this.host(host), name),
    restart: (host: string, name: string, keepStopped: string[]): Promise<ServiceInfo> =>
      this.lab.services.restart(this.host(host), name, keepStopped),
  };

  readonly certificate = {
    inspect: (host: string, thumbprint: string) => inspect(this.host(host).my.find(thumbprint)),
    remove: (host: string, thumbprint: string, keep: string, expectDefault?: string) =>
      guardedRemove(this.world, this.host(host), thumbprint, keep, expectDefault),
    makeSelfSigned: (host: string, wanted: SelfSignedWish) => makeSelfSigned(this.world, this.host(host), wanted),
    removeReplaced: (host: string, thumbprint: string, keep: string) => removeReplaced(this.world, this.host(host), thumbprint, keep),
  };

  readonly chain = {
    status: (host: string, thumbprints: string[]): string[] => {
      const server = this.host(host);
      return thumbprints
        .map((thumbprint) => thumbprint.toUpperCase())
        .filter((thumbprint) => server.ca.find(thumbprint) ?? server.root.find(thumbprint) ?? server.rootNames.get(thumbprint));
    },
    import: (host: string, der: Uint8Array[]): { thumbprint: string; store: "Root" | "CA" }[] => this.importChain(this.host(host), der),
    trust: (host: string, certificate: Uint8Array, chain: Uint8Array[]) => chainTrust(this.world, this.host(host), certificate, chain),
  };

  certreq(host: string, ca: string, template: string, request: string): ReturnType<LabOrganisation["certreq"]> {
    const { name } = this.host(host);
    return this.ca.submit(name, ca, template, request, this.world.clock.now(name));
  }

  retrieve(host: string, ca: string, requestId: number): Retrieval {
    this.host(host);
    return this.ca.retrieve(ca, requestId);
  }

  get authorityRequests(): AuthorityRequest[] {
    return this.ca.requests;
  }

  resolveRequest(requestId: number, decision: Decision): AuthorityRequest {
    const resolved = this.ca.resolve(requestId, decision, this.world.clock.now());
    this.world.changed();
    return resolved;
  }

  internalCertificate(host: string, server?: string): Uint8Array | null {
    const own = this.host(host);
    if (!server || this.world.findServer(server) === own) return this.world.defaultBlob(own);
    // From an Edge AD is unreachable. // 6.3
    if (own.role === "Edge") return null;
    const edge = Directory.find(this.world.directory.edges, server.split(".")[0]);
    if (edge) return edge.internalCertificate;
    const other = this.world.findServer(server);
    return other?.role === "Mailbox" ? this.world.defaultBlob(other) : null;
  }

  /** EdgeSync's attributes of a server's object in Active Directory. // [L15] 15.9 */
  serverAttributes(name: string): { [attribute: string]: unknown } {
    return serverAttributes(this.world, this.lab.edgeSync, name);
  }

  events(host: string, since: Date): EventRecord[] {
    return this.host(host).events.filter((event) => event.utc >= since.toISOString());
  }

  files(host: string): Map<string, Buffer> {
    return this.host(host).files;
  }

  smtpIdentity(host: string): DoorIdentity | null | undefined {
    const server = this.host(host);
    if (!this.lab.transport.accepts(server)) return undefined;
    const item = this.lab.transport.session(server);
    return item ? identityOf(server, item, this.world.trust(server).now, this.lookAlikes) : null;
  }

  ldapsIdentity(host: string): DoorIdentity | undefined {
    const server = this.host(host);
    if (!server.lds?.presented || !server.runs("ADAM_MSExchange")) return undefined;
    return identityOf(server, server.lds.presented, this.world.trust(server).now, this.lookAlikes);
  }

  async acceptMail(host: string, mail: SubmittedMail): Promise<void> {
    this.lab.mail.accept(this.host(host), mail);
  }

  refusesRecipient(host: string, recipient: string): string | null {
    return this.lab.mail.refuses(this.host(host), recipient);
  }

  /** Every delivery to a recipient, oldest first. */
  get deliveries(): readonly Delivery[] {
    this.world.clock.settle();
    return this.lab.mail.deliveries;
  }

  state(): { [key: string]: unknown } {
    this.world.clock.settle();
    return { ...describeState(this.lab), authorityRequests: this.authorityRequests };
  }

  get toggles(): { [name: string]: unknown } {
    return { ...this.world.toggles };
  }

  setToggles(values: { [name: string]: unknown }): void {
    Object.assign(this.world.toggles, checkToggles(values));
    this.world.reachChanged();
    this.world.changed();
  }

  /** A restart of the machine: services of start type Automatic come back, a pause does not survive. // 15.11: open; rotation.md 13 */
  async reboot(host: string): Promise<void> {
    const server = this.host(host);
    const services = [...server.services.values()];
    const paused = this.world.toggles.pauseSurvivesReboot ? services.filter(({ status }) => status === "Paused") : [];
    for (const service of services) service.status = "Stopped";
    server.boot = new Date(this.world.clock.time());
    for (const service of services) if (service.startType === "Automatic") await this.lab.services.start(server, service.name);
    for (const { name } of paused) await this.lab.services.suspend(server, name);
  }

  advanceClock(seconds: number, host?: string): void {
    this.world.clock.settle();
    this.world.clock.advance(seconds, host ? this.host(host).name : undefined);
    this.world.changed();
  }

  /** What lies in one of a machine's stores, in store order. */
  store(host: string, name: StoreName): readonly StoredCertificate[] {
    const { my, root, ca } = this.host(host);
    return { My: my, Root: root, CA: ca }[name].entries;
  }

  /** Bindings of http.sys, `address:port` → thumbprint: what `netsh http show sslcert` prints. */
  sslBindings(host: string): ReadonlyMap<string, string> {
    const { httpSys, my } = this.host(host);
    const site = my.entries.find((item) => item.bound.has("IIS"));
    return new Map([...(site ? [["0.0.0.0:443", site.certificate.thumbprint] as const] : []), ...httpSys]);
  }

  /** What MMC or `Remove-Item Cert:` does. // 2.6 */
  takeCertificate(host: string, thumbprint: string): boolean {
    const taken = this.host(host).my.remove(thumbprint);
    this.world.reachChanged();
    this.world.changed();
    return taken;
  }

  onChange(listener: () => void): void {
    this.world.onChange(listener);
  }

  close(): void {
    this.world.clock.close();
  }

  private host(name: string): Server {
    this.world.clock.settle();
    return this.world.server(name);
  }

  private serviceStarted(server: Server, name: string): void {
    if (name === "ADAM_MSExchange") server.lds!.presented = chooseLdapsCertificate(this.world, server);
    if (name === "MSExchangeServiceHost") this.lab.authConfig.started(server);
    if (name === "MSExchangeEdgeSync") this.lab.edgeSync.started(server);
    if (name !== "MSExchangeTransport") return;
    this.lab.transport.started(server);
    this.lab.mail.started(server);
  }

  private importChain(server: Server, der: Uint8Array[]): { thumbprint: string; store: "Root" | "CA" }[] {
    const added = der.flatMap((bytes) => {
      const certificate = readCertificate(bytes);
      const store = certificate.selfSigned ? ("Root" as const) : ("CA" as const);
      const target = store === "Root" ? server.root : server.ca;
      if (target.find(certificate.thumbprint)) return [];
      target.add(stored(certificate));
      return [{ thumbprint: certificate.thumbprint, store }];
    });
    if (added.length > 0) this.world.changed();
    return added;
  }
}

function identityOf(server: Server, item: StoredCertificate, now: Date, lookAlikes: LookAlikes | undefined): DoorIdentity {
  const chain = presentedChain(server, item.certificate, now);
  return {
    thumbprint: item.certificate.thumbprint,
    certificatePem: (item.lookAlike ?? item.certificate).pem,
    privateKeyPem: item.privateKey!.export({ format: "pem", type: "pkcs8" }) as string,
    chainPem: chain.map((certificate) => (item.lookAlike && lookAlikes ? lookAlikes.of(certificate) : certificate).pem),
  };
}

function inspect(item: StoredCertificate | undefined): ReturnType<LabOrganisation["certificate"]["inspect"]> {
  if (!item) return { found: false };
  const { certificate } = item;
  return {
    found: true,
    thumbprint: certificate.thumbprint,
    raw: certificate.der.toString("base64"),
    subject: certificate.subject,
    issuer: certificate.issuer,
    // The store's own, not what Exchange shows in its place. // [L15] 15.1
    friendlyName: item.friendlyName,
    hasPrivateKey: item.privateKey !== null,
    keyProvider: item.keyProvider,
    providerName: item.providerName,
    exportable: item.exportable,
    networkService: item.networkService,
  };
}

export { ServiceFailure };
export type { LabCertificate };

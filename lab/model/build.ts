/** Builds a running organisation out of a scenario, with the rules that the cmdlets use. */
import { chooseLdapsCertificate } from "./adlds";
import { newSendConnector, derived, sendConnectorDefaults, identity } from "./connectors";
import { runCmdlet } from "./cmdlets";
import { DEFAULT_REMOTE_DOMAIN } from "./cmdlets/domains";
import { EDGESYNC_DEFAULTS } from "./cmdlets/edgeSync";
import type { Issuance, Issued } from "./issuance";
import type { Lab } from "./lab";
import type { LookAlikes } from "./lookAlike";
import { restore } from "./restore";
import type { Scenario, ServerSpec } from "./scenarioSchema";
import { Server, type Bag } from "./server";
import { stored, type StoredCertificate } from "./store";
import { blobOf } from "./x509";
import { checkToggles } from "./settings";
import { setupReceiveConnectors } from "./setupConnectors";
import type { World } from "./world";

/** @returns the look-alikes of a copied organisation */
export async function build(lab: Lab, scenario: Scenario, issuance: Issuance): Promise<LookAlikes | undefined> {
  const { world } = lab;
  if (scenario.copy) return restore(lab, scenario, scenario.copy);
  const latencies = { ...world.latencies, ...scenario.latencies };
  for (const name of Object.keys(world.latencies) as (keyof typeof latencies)[]) world.latencies[name] = 0;
  for (const [name, { trustedOutside }] of Object.entries(scenario.authorities))
    if (!trustedOutside) world.internalRoots.add(issuance.authorities.get(name)!.certificate.thumbprint);
  Object.assign(world.toggles, checkToggles(ofTheStart(scenario.toggles)));
  for (const spec of scenario.servers) addServer(lab, scenario, spec, issuance);
  for (const domain of scenario.acceptedDomains)
    world.directory.acceptedDomains.set(domain, {
      Name: domain,
      DomainName: domain,
      DomainType: "Authoritative",
      MatchSubDomains: false,
      AddressBookEnabled: true,
      Default: domain === scenario.acceptedDomains[0],
      Identity: domain,
    });
  for (const domains of [
    world.directory.remoteDomains,
    ...[...world.servers.values()].flatMap(({ lds }) => (lds ? [lds.remoteDomains] : [])),
  ])
    domains.set("Default", { ...DEFAULT_REMOTE_DOMAIN });
  world.directory.edgeSyncConfig = { ...EDGESYNC_DEFAULTS };
  for (const subscription of scenario.subscriptions) await subscribe(lab, scenario, subscription, issuance);
  for (const spec of scenario.sendConnectors) addConnector(lab, spec, issuance);
  addHybrid(lab, scenario, issuance);
  lab.edgeSync.begin();
  for (const spec of scenario.servers) finish(lab, spec, issuance);
  Object.assign(world.latencies, latencies);
  lab.authConfig.begin();
  for (const server of world.servers.values()) lab.transport.watch(server);
  Object.assign(world.toggles, checkToggles(scenario.toggles));
  return undefined;
}

/** These show in what the organisation begins with; the others would only disturb its making. */
function ofTheStart({ inboundConnectorCost, adLdsBeforeExport }: Scenario["toggles"]): Scenario["toggles"] {
  return {
    ...(inboundConnectorCost !== undefined && { inboundConnectorCost }),
    ...(adLdsBeforeExport !== undefined && { adLdsBeforeExport }),
  };
}

function find(issuance: Issuance, spec: ServerSpec, name: string): Issued {
  const issued = issuance.setup.get(`${spec.name}/${name}`) ?? issuance.certificates.get(name);
  if (!issued) throw new Error(`Certificate '${name}' of ${spec.name} is not in the scenario.`);
  return issued;
}

function addServer({ world }: Lab, scenario: Scenario, spec: ServerSpec, issuance: Issuance): void {
  const boot = new Date(world.clock.time() - 3_600_000);
  const site = spec.role === "Mailbox" ? (spec.site ?? scenario.sites[0]) : null;
  const server = new Server(spec.name, spec.fqdn, spec.role, site, spec.version ?? scenario.version, boot);
  world.servers.set(server.name, server);
  if (server.role === "Mailbox") world.directory.hubs.set(server.name, { name: server.name, internalCertificate: null, credentials: [] });
  if (spec.setup) addSetup(world, server, spec, issuance);
  for (const name of spec.chain) addAuthority(server, name, issuance);
  for (const item of spec.certificates) {
    const issued = find(issuance, spec, item.certificate);
    server.my.add(install(issued, item));
    for (const binding of item.httpSys) server.httpSys.set(binding, issued.certificate.thumbprint);
  }
  for (const bag of setupReceiveConnectors(world.directory, server, boot))
    server.receiveConnectors.set(String(bag.Name), { ...bag, ...spec.receiveConnectors[String(bag.Name)] });
  world.setDefaultBlob(server, blobOf(find(issuance, spec, spec.default).certificate));
}

/** IMAP, POP, IIS and SMTP on setup's own, SMTP on the Auth certificate, nothing on WMSVC. // [DOC:certificates.md] */
function addSetup(world: World, server: Server, spec: ServerSpec, issuance: Issuance): void {
  const mailbox = server.role === "Mailbox";
  if (mailbox) {
    world.directory.auth.current = find(issuance, spec, "auth").certificate.thumbprint;
    server.my.add(install(find(issuance, spec, "wmsvc"), { friendlyName: `WMSVC-SHA2`, rootCaType: "None" }));
    server.my.add(
      install(find(issuance, spec, "auth"), {
        smtp: true,
        exportable: true,
        friendlyName: "Microsoft Exchange Server Auth Certificate",
        rootCaType: "None",
      }),
    );
    server.popName = server.imapName = server.name;
    // "Exchange Back End". // 2.6
    server.httpSys.set("0.0.0.0:444", find(issuance, spec, "setup").certificate.thumbprint);
  }
  server.my.add(
    install(find(issuance, spec, "setup"), { smtp: true, iis: mailbox, friendlyName: "Microsoft Exchange", rootCaType: "Registry" }),
  );
}

interface InstallOptions {
  smtp?: boolean;
  iis?: boolean;
  exportable?: boolean;
  keyProvider?: "CAPI" | "CNG" | "none";
  friendlyName?: string;
  rootCaType?: string;
}

function install({ certificate, privateKey }: Issued, options: InstallOptions): StoredCertificate {
  const keyProvider = options.keyProvider ?? "CAPI";
  return stored(certificate, {
    privateKey: keyProvider === "none" ? null : privateKey,
    keyProvider,
    exportable: options.exportable,
    networkService: options.smtp,
    friendlyName: options.friendlyName,
    bound: new Set(options.iis ? (["IIS"] as const) : []),
    rootCaType: options.rootCaType,
  });
}

function addAuthority(server: Server, name: string, issuance: Issuance): void {
  const authority = issuance.authorities.get(name);
  if (!authority) throw new Error(`Authority '${name}' of ${server.name} is not in the scenario.`);
  const { certificate } = authority;
  (certificate.selfSigned ? server.root : server.ca).add(stored(certificate));
}

/** Export, AD LDS restart, import: by the very cmdlets. */
async function subscribe(lab: Lab, scenario: Scenario, subscription: Scenario["subscriptions"][number], issuance: Issuance): Promise<void> {
  const { world } = lab;
  const edge = world.server(subscription.edge);
  const spec = scenario.servers.find((server) => server.name === edge.name)!;
  const site = subscription.site ?? scenario.sites[0];
  const hub = world.hubsOf(site)[0];
  if (!hub) throw new Error(`Site '${site}' of the subscription of ${edge.name} has no Mailbox server.`);
  if (subscription.certificate) world.setDefaultBlob(edge, blobOf(find(issuance, spec, subscription.certificate).certificate));
  await runCmdlet(lab, edge, {
    host: edge.name,
    cmdlet: "New-EdgeSubscription",
    parameters: { FileName: "subscription.xml", Force: true },
  });
  edge.lds!.presented = chooseLdapsCertificate(world, edge);
  const parameters = {
    FileData: edge.files.get("subscription.xml")!,
    Site: site,
    CreateInternetSendConnector: subscription.createConnectors,
    CreateInboundSendConnector: subscription.createConnectors,
  };
  await runCmdlet(lab, hub, { host: hub.name, cmdlet: "New-EdgeSubscription", parameters });
  edge.files.delete("subscription.xml");
}

function addConnector({ world }: Lab, { certificate, ...values }: Scenario["sendConnectors"][number], issuance: Issuance): void {
  const old = world.directory.sendConnectors.get(values.Name);
  const name = certificate ? { TlsCertificateName: nameOf(issuance, certificate) } : {};
  const bag = old
    ? derived({ ...old, ...values, ...name })
    : newSendConnector(world.directory, values.Name, { ...sendConnectorDefaults(), ...values, ...name }, world.clock.now());
  world.directory.sendConnectors.set(values.Name, bag);
}

function nameOf(issuance: Issuance, name: string): string {
  const issued = issuance.certificates.get(name);
  if (!issued) throw new Error(`Certificate '${name}' is not in the scenario.`);
  return issued.certificate.tlsCertificateName;
}

function addHybrid({ world }: Lab, scenario: Scenario, issuance: Issuance): void {
  if (!scenario.hybrid) return;
  const { certificate, ...values } = scenario.hybrid;
  const { directory } = world;
  const dn = `CN=Hybrid Configuration,CN=Hybrid Configuration,${directory.base}`;
  const defaults: Bag = {
    ClientAccessServers: [],
    EdgeTransportServers: [],
    ReceivingTransportServers: [],
    SendingTransportServers: [],
    OnPremisesSmartHost: null,
    Domains: [],
    Features: ["FreeBusy", "MoveMailbox", "Mailtips", "MessageTracking", "OwaRedirection", "OnlineArchive", "SecureMail", "Photos"],
    ExternalIPAddresses: [],
    TlsCertificateName: null,
    ServiceInstance: 0,
    AdminDisplayName: "",
    ExchangeVersion: "0.20 (15.0.0.0)",
  };
  const name = certificate ? { TlsCertificateName: nameOf(issuance, certificate) } : {};
  directory.hybrid = {
    ...defaults,
    ...values,
    ...name,
    ...identity("Hybrid Configuration", "Hybrid Configuration", dn, directory, world.clock.now(), "ms-Exch-Coexistence-Relationship"),
    ObjectClass: ["top", "msExchCoexistenceRelationship"],
  };
}

/** What happened after everything was set up: another default, certificates gone, services stopped. */
function finish(lab: Lab, spec: ServerSpec, issuance: Issuance): void {
  const { world } = lab;
  const server = world.server(spec.name);
  const now = find(issuance, spec, spec.default).certificate;
  if (world.defaultCertificate(server)?.thumbprint !== now.thumbprint) world.setDefaultBlob(server, blobOf(now));
  if (server.lds && !server.lds.everExported) server.lds.presented = chooseLdapsCertificate(world, server);
  for (const name of spec.removed) server.my.remove(find(issuance, spec, name).certificate.thumbprint);
  lab.transport.started(server);
  for (const [name, status] of Object.entries(spec.services)) {
    const service = server.service(name);
    if (!service) throw new Error(`${server.name} has no service '${name}'.`);
    service.status = status;
  }
  if (spec.skewSeconds) world.clock.advance(spec.skewSeconds, server.name);
}

/**
 * A running organisation out of what was read from a live one. What nobody can read is taken as it is where all is well, unless what was
 * read says otherwise: an Edge trusts the Mailbox servers' present certificates, and EdgeSync's credentials fit.
 */
import { randomUUID } from "node:crypto";
import { derived, newReceiveConnector, newSendConnector, receiveConnectorDefaults, sendConnectorDefaults } from "./connectors";
import { EDGESYNC_DEFAULTS } from "./cmdlets/edgeSync";
import type { Copy, CopiedServer } from "./copySchema";
import type { Lab } from "./lab";
import { LookAlikes } from "./lookAlike";
import { certificateOf, type Restoring } from "./restoring";
import { restoreEdge } from "./restoreEdge";
import { restoreSynchronisation } from "./restoreSync";
import type { Scenario } from "./scenarioSchema";
import { Server, type Bag, type ToldChain } from "./server";
import { checkToggles } from "./settings";
import { stored, type BoundService, type StoredCertificate } from "./store";
import { serialNumber, versionNumber } from "./subscriptionFile";
import { blobOf, readCertificate, type Certificate } from "./x509";

const HOUR = 3_600_000;

export async function restore(lab: Lab, scenario: Scenario, copy: Copy): Promise<LookAlikes> {
  const { world } = lab;
  Object.assign(world.latencies, scenario.latencies);
  Object.assign(world.toggles, checkToggles(scenario.toggles));
  const lookAlikes = await LookAlikes.create();
  const certificates = new Map(Object.entries(copy.certificates).map(([key, der]) => [key, readCertificate(Buffer.from(der, "base64"))]));
  const restoring: Restoring = { lab, copy, certificates, lookAlikes, age: world.clock.time() - new Date(copy.taken).getTime() };
  restoreOrganisation(restoring);
  for (const { name, fqdn, role, site, version } of scenario.servers) {
    const copied = copy.servers[name];
    if (!copied) throw new Error(`The copy holds nothing of the server ${name}.`);
    const own = role === "Mailbox" ? (site ?? scenario.sites[0]) : null;
    const server = new Server(name, fqdn, role, own, version ?? scenario.version, new Date(copied.boot));
    world.servers.set(name, server);
    if (role === "Mailbox") world.directory.hubs.set(name, { name, internalCertificate: null, credentials: [] });
    restoreServer(restoring, server, copied);
  }
  for (const server of world.servers.values()) if (server.lds) restoreEdge(restoring, server, copy.servers[server.name]);
  restoreSynchronisation(restoring);
  lab.edgeSync.goOn();
  lab.authConfig.begin();
  for (const server of world.servers.values()) start(restoring, server, copy.servers[server.name]);
  return lookAlikes;
}

function restoreOrganisation({ lab: { world }, copy, certificates }: Restoring): void {
  const { directory } = world;
  const now = world.clock.now();
  for (const bag of copy.sendConnectors) {
    const name = String(bag.Name);
    const values = { ...known(sendConnectorDefaults(), bag), ...identityOf(bag) };
    directory.sendConnectors.set(name, derived({ ...newSendConnector(directory, name, values, now), ...identityOf(bag) }));
  }
  for (const bag of copy.acceptedDomains) directory.acceptedDomains.set(String(bag.Name), { ...bag });
  for (const bag of copy.remoteDomains) directory.remoteDomains.set(String(bag.Name), { ...bag });
  if (copy.hybrid) directory.hybrid = { ...copy.hybrid };
  if (copy.auth) {
    const { nextEffective, ...thumbprints } = copy.auth;
    Object.assign(directory.auth, thumbprints, { nextEffective: nextEffective === null ? null : new Date(nextEffective) });
  }
  directory.edgeSyncConfig = known(EDGESYNC_DEFAULTS, copy.edgeSync);
  for (const { name, fqdn, site, version, certificate } of copy.edges) {
    const blob = certificate === null ? undefined : certificates.get(certificate);
    directory.edges.set(name, {
      ...{
        name,
        fqdn,
        site,
        domain: fqdn.slice(fqdn.indexOf(".") + 1),
        sslPort: 50636,
        guid: randomUUID(),
        whenCreated: now,
        whenChanged: now,
      },
      internalCertificate: blob ? blobOf(blob) : Buffer.alloc(0),
      ...(blob && { synchronisedCertificate: blobOf(blob) }),
      version: serialNumber(version),
      versionNumber: versionNumber(version),
    });
  }
}

function restoreServer(restoring: Restoring, server: Server, copied: CopiedServer): void {
  const { lab, certificates, lookAlikes } = restoring;
  for (const [name, { status, startType }] of Object.entries(copied.services))
    Object.assign(server.service(name) ?? {}, { status, startType });
  for (const [root, subject] of Object.entries(copied.roots)) {
    const seen = certificates.get(root);
    if (seen) server.root.add(stored(seen));
    else server.rootNames.set(root, subject);
  }
  for (const issuer of copied.issuers) server.ca.add(stored(certificateOf(certificates, issuer)));
  for (const item of copied.store) server.my.add(installed(restoring, item));
  for (const { thumbprint, status, root } of copied.store) server.told.set(thumbprint, { status: status as ToldChain["status"], root });
  if (copied.store.some(({ status }) => status === "RevocationCheckFailure")) lab.world.toggles.revocationCheck = "fails";
  for (const { thumbprint, status } of copied.store) if (status === "Revoked") lab.world.revoked.add(thumbprint);
  for (const { thumbprint, csr, friendlyName, exportable } of copied.requests) {
    const certificate = certificateOf(certificates, thumbprint);
    const { privateKey } = lookAlikes.key;
    const lookAlike = (answer: Certificate): Certificate => lookAlikes.of(answer);
    const { domainNames } = certificate;
    server.requests.push({ certificate, csrPem: csr, domainNames, privateKey, friendlyName, exportable, lookAlike });
  }
  server.popName = nameOfService(server, copied, "POP");
  server.imapName = nameOfService(server, copied, "IMAP");
  server.componentStates.restore(copied.components);
  // Which address has which is not told: the certificates count.
  for (const [index, thumbprint] of copied.httpSys.entries()) server.httpSys.set(`0.0.0.0:${443 + index}`, thumbprint);
  restoreConnectors(restoring, server, copied);
  for (const { path, text } of copied.files) server.files.set(path, Buffer.from(text, "utf8"));
  if (copied.default !== null) lab.world.setDefaultBlob(server, blobOf(certificateOf(certificates, copied.default)));
  if (copied.skewSeconds) lab.world.clock.advance(copied.skewSeconds, server.name);
}

function restoreConnectors({ lab: { world } }: Restoring, server: Server, copied: CopiedServer): void {
  for (const bag of copied.receiveConnectors) {
    const name = String(bag.Name);
    const values = known(receiveConnectorDefaults(), bag);
    const whole = newReceiveConnector(world.directory, server, name, values, world.clock.now());
    server.receiveConnectors.set(name, { ...whole, Fqdn: bag.Fqdn ?? null, ...identityOf(bag) });
  }
}

function installed({ certificates, lookAlikes }: Restoring, item: CopiedServer["store"][number]): StoredCertificate {
  const certificate = certificateOf(certificates, item.thumbprint);
  const hasKey = item.keyProvider !== "none";
  const bound = item.services.filter((one): one is BoundService => ["IIS", "UM", "UMCallRouter", "Federation"].includes(one));
  return stored(certificate, {
    privateKey: hasKey ? lookAlikes.key.privateKey : null,
    keyProvider: item.keyProvider === "unknown" ? "CAPI" : item.keyProvider,
    providerName: item.providerName,
    exportable: item.exportable,
    networkService: item.networkService,
    friendlyName: item.friendlyName,
    bound: new Set(bound),
    rootCaType: item.rootCaType ?? undefined,
    ...(hasKey ? { lookAlike: lookAlikes.of(certificate) } : {}),
  });
}

/** POP and IMAP find their certificate by a name: one that exactly the certificates carry that show the service. */
function nameOfService(server: Server, copied: CopiedServer, service: string): string | null {
  const names = (thumbprint: string): string[] => {
    const { domainNames, commonName } = server.my.find(thumbprint)!.certificate;
    return [...domainNames, commonName ?? ""].filter(Boolean).map((name) => name.toLowerCase());
  };
  const shown = copied.store.filter(({ services }) => services.includes(service)).map(({ thumbprint }) => names(thumbprint));
  const others = copied.store.filter(({ services }) => !services.includes(service)).flatMap(({ thumbprint }) => names(thumbprint));
  const common = (shown[0] ?? []).filter((name) => shown.every((all) => all.includes(name)));
  return common.find((name) => !others.includes(name)) ?? common[0] ?? null;
}

/** What is null was not there to be read. */
export function known(defaults: Bag, bag: Bag): Bag {
  return { ...defaults, ...Object.fromEntries(Object.entries(bag).filter(([, value]) => value !== null && value !== undefined)) };
}

const IDENTITY = ["Guid", "Identity", "DistinguishedName", "WhenCreated", "WhenChanged"];

function identityOf(bag: Bag): Bag {
  return Object.fromEntries(
    IDENTITY.filter((name) => bag[name] !== null && bag[name] !== undefined && bag[name] !== "").map((name) => [name, bag[name]]),
  );
}

/** Transport as it runs, its queues, and the log: what the restoring itself would write is not in it. */
function start({ lab, age }: Restoring, server: Server, copied: CopiedServer): void {
  lab.transport.started(server);
  lab.transport.watch(server);
  for (const queue of copied.queues) lab.mail.restoreQueue(server, queue, age);
  const events = copied.events.map((event) => ({ ...event, utc: new Date(new Date(event.utc).getTime() + age).toISOString() }));
  server.events.splice(0, server.events.length, ...events);
  // The same event at most once an hour: the process that raised it runs on.
  const now = lab.world.clock.now(server.name).getTime();
  server.transport.raised.clear();
  for (const { id, text, utc } of events)
    if (now - Date.parse(utc) < HOUR) server.transport.raised.set(`${id}/${text}`, lab.world.clock.time());
}

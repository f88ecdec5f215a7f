/** The transport process of each server: what it presents, and which connectors it knows. // [L15] 15.3 */
import type { Bag, Server } from "./server";
import type { StoredCertificate } from "./store";
import { TlsName } from "./tlsName";
import { selectByFqdn, selectByTlsName, selectInternal, type InternalChoice } from "./selection";
import { transportEvents, type EventText } from "./events";
import { trustedChain } from "./trust";
import { visibleConnectors, type World } from "./world";

const HOUR = 3_600_000;
const SOON = 90 * 24 * HOUR;

/** Why a session over a connector cannot be had: the queue's error. */
export type SendChoice = { item: StoredCertificate | null } | { error: string };

export const NAME_NOT_FOUND = "454 4.7.5 The certificate specified in TlsCertificateName of the SendConnector could not be found.";
export const OWN_SIDE_ABORTS = "451 4.4.395 Target host responded with error. -> 421 4.4.1 Connection timed out";

export const UNTRUSTED_ROOT = "454 4.7.0 Failed to establish appropriate TLS channel: UntrustedRoot: Access Denied.";

export class Transport {
  constructor(private readonly world: World) {
    world.onConnectors.push((server) => this.notice(server));
  }

  /** A (re)start takes certificates and connectors as they are. // [SEED2], 5.2 */
  started(server: Server): void {
    server.transport.pending?.();
    server.transport.pending = null;
    server.transport.startedAt = this.world.clock.time();
    server.transport.raised.clear();
    server.transport.frozen = { thumbprints: new Set(server.my.entries.map((item) => item.certificate.thumbprint)) };
    this.take(server);
    // What cannot be loaded is told at once; dates are met by sessions. // [L15] 15.3, [SEED1]
    if (server.runs("MSExchangeTransport") && this.internal(server).kind !== "default") this.internal(server, true);
  }

  /** Connectors that the running process uses. */
  connectors(server: Server): Bag[] {
    return [...server.transport.connectors.values()];
  }

  /** The port 25 of a server: open while the service that owns it runs. Paused refuses new connections. // 4.6 */
  accepts(server: Server): boolean {
    const heeds = server.role === "Edge" && this.world.toggles.edgeComponentState === "closesDoor";
    if (heeds && server.componentStates.of("EdgeTransport") !== "Active") return false;
    return server.runs(server.role === "Edge" ? "MSExchangeTransport" : "MSExchangeFrontEndTransport");
  }

  /** A session on port 25 meets the STARTTLS certificate, and the internal one where X-ANONYMOUSTLS is offered. // [SEL10-in], [L15] 15.3 */
  session(server: Server): StoredCertificate | null {
    const connector = this.connectorOn25(server);
    const offered = String(connector?.AuthMechanism).includes("ExchangeServer") && !connector?.SuppressXAnonymousTls;
    if (offered) this.internal(server, true);
    return this.inbound(server, true);
  }

  private connectorOn25(server: Server): Bag | undefined {
    return [...server.receiveConnectors.values()].find((bag) => bag.Enabled && listensOn25(bag));
  }

  /** What STARTTLS on port 25 presents; null = STARTTLS not offered. */
  inbound(server: Server, raise: boolean): StoredCertificate | null {
    const connector = this.connectorOn25(server);
    if (!connector) return null;
    const fqdn = (connector.Fqdn as string | null) ?? server.fqdn;
    const named = connector.TlsCertificateName as string | null;
    const item = named ? this.byName(server, named) : selectByFqdn(server, this.entries(server), fqdn, this.world.trust(server));
    const usable = item?.privateKey && item.networkService ? item : null;
    if (raise) this.report(server, usable, named ?? fqdn, String(connector.Name), fqdn);
    return usable;
  }

  /** What a session of a send connector comes to: the cloud judges the certificate by its root. // [SUP:mail-flow-stops-event-2004] */
  outbound(server: Server, connector: Bag): SendChoice {
    const choice = this.chooseOutbound(server, connector);
    if ("error" in choice || !choice.item || !connector.CloudServicesMailEnabled) return choice;
    const { certificate } = choice.item;
    const root = certificate.selfSigned ? undefined : trustedChain(server, certificate, this.world.trust(server).now)?.at(-1);
    if (!root || !this.world.internalRoots.has(root.thumbprint)) return choice;
    this.raise(server, transportEvents.notDelivered(String(connector.Name), UNTRUSTED_ROOT));
    return { error: UNTRUSTED_ROOT };
  }

  /** Which certificate a session of a send connector presents. By name there is no fall-back to the FQDN. // [L15] 15.3 */
  private chooseOutbound(server: Server, connector: Bag): SendChoice {
    const fqdn = (connector.Fqdn as string | null) ?? server.fqdn;
    const named = connector.TlsCertificateName as string | null;
    if (!named) {
      const item = selectByFqdn(server, this.entries(server), fqdn, this.world.trust(server));
      this.report(server, item, fqdn, String(connector.Name), fqdn);
      return { item };
    }
    const choice = this.chooseByName(server, named);
    if (!choice.item) {
      this.raise(server, transportEvents.noCertificate(named, String(connector.Name), fqdn));
      this.raise(server, transportEvents.cannotLoadTlsCertificate(String(connector.Name), named, server.fqdn));
      return { error: NAME_NOT_FOUND };
    }
    // Selection ignores SMTP, but without key access the handshake fails. // 7.3, [BLOG25]
    if (!choice.item.privateKey || !choice.item.networkService) return { error: OWN_SIDE_ABORTS };
    if (choice.matches > 1 && this.world.toggles.duplicateNameBreaksTls) return { error: OWN_SIDE_ABORTS };
    this.report(server, choice.item, named, String(connector.Name), fqdn);
    return { item: choice.item };
  }

  /** The certificate of direct trust. // [L15] 15.3 */
  internal(server: Server, raise = false): InternalChoice {
    const stored = this.world.defaultCertificate(server);
    const thumbprint = stored?.thumbprint ?? null;
    const choice = selectInternal(server, this.entries(server), thumbprint, this.world.trust(server));
    if (raise) this.reportInternal(server, choice, thumbprint ?? "(none)");
    return choice;
  }

  /** Names a certificate by TlsCertificateName, whatever its key access. */
  byName(server: Server, name: string): StoredCertificate | null {
    return this.chooseByName(server, name).item;
  }

  private chooseByName(server: Server, text: string): { item: StoredCertificate | null; matches: number } {
    const name = TlsName.parse(text);
    if (!name) return { item: null, matches: 0 };
    return selectByTlsName(server, this.entries(server), name, this.world.trust(server), this.world.toggles.tlsNameChoice);
  }

  /** A new certificate counts from the next session. // [L15] 15.3 */
  private entries(server: Server): readonly StoredCertificate[] {
    const { frozen } = server.transport;
    if (!frozen || !this.world.toggles.restartNeededForCertificates) return server.my.entries;
    return server.my.entries.filter((item) => frozen.thumbprints.has(item.certificate.thumbprint));
  }

  private take(server: Server): void {
    server.transport.connectors = new Map([...visibleConnectors(this.world, server)].map(([name, bag]) => [name, { ...bag }]));
    server.transport.connectorsTakenAt = this.world.clock.time();
    this.watch(server);
  }

  /** The backstop of 12 hours; none while an organisation is built, which takes no time. // [L15] 15.3 */
  watch(server: Server): void {
    const { clock, toggles } = this.world;
    server.transport.backstop?.();
    server.transport.backstop = null;
    const seconds = this.world.latency("connectorBackstop");
    if (seconds <= 0) return;
    server.transport.backstop = clock.at(clock.nextPeriod(seconds), () => {
      if (toggles.restartNeededForConnectors) return this.watch(server);
      this.take(server);
      this.world.reachChanged();
    });
  }

  /** Counts 5 s after the notification but at most every 5 minutes. // [L15] 15.3 */
  private notice(changed: Server | null): void {
    const servers = changed ? [changed] : this.world.mailboxServers;
    for (const server of servers) {
      const { transport } = server;
      if (transport.pending || this.world.toggles.restartNeededForConnectors) continue;
      const { clock } = this.world;
      const soonest = clock.time() + clock.scaled(this.world.latency("connectorNotice"));
      const gap = transport.connectorsTakenAt + clock.scaled(this.world.latency("connectorNoticeGap"));
      transport.pending = clock.at(Math.max(soonest, transport.connectorsTakenAt === transport.startedAt ? 0 : gap), () => {
        transport.pending = null;
        this.take(server);
        this.world.reachChanged();
      });
    }
  }

  /** 12014, 12016 and 12018, when a session meets the certificate. // [L15] 15.3 */
  private report(server: Server, item: StoredCertificate | null, name: string, connector: string, fqdn: string): void {
    if (!item) return this.raise(server, transportEvents.noCertificate(name, connector, fqdn));
    const { subject, thumbprint, notAfter } = item.certificate;
    const left = notAfter.getTime() - this.world.clock.now(server.name).getTime();
    if (left < 0) this.raise(server, transportEvents.tlsExpired(subject, thumbprint));
    else if (left < SOON) this.raise(server, this.expiresSoon(subject, thumbprint, notAfter, left));
  }

  /** Newer builds print the date. // 9, [SEED2] */
  private expiresSoon(subject: string, thumbprint: string, notAfter: Date, left: number): EventText {
    const hours = this.world.toggles.expiresSoonText === "hours";
    return transportEvents.tlsExpiresSoon(subject, thumbprint, hours ? Math.floor(left / HOUR) : notAfter);
  }

  /** 12013, 12015, 12017, 12023 and 12024. // [L15] 15.3 */
  private reportInternal(server: Server, choice: InternalChoice, thumbprint: string): void {
    if (choice.kind === "byName") return this.raise(server, transportEvents.noInternalCertificate(thumbprint));
    if (choice.kind === "ephemeral") {
      if (server.my.find(thumbprint)) this.raise(server, transportEvents.cannotLoad(thumbprint));
      return this.raise(server, transportEvents.ephemeral(thumbprint));
    }
    const left = choice.item.certificate.notAfter.getTime() - this.world.clock.now(server.name).getTime();
    if (left < 0) this.raise(server, transportEvents.internalExpired(thumbprint));
    else if (left < SOON) this.raise(server, transportEvents.internalExpiresSoon(thumbprint, Math.floor(left / HOUR)));
  }

  /** The same event at most once an hour from one process. */
  raise(server: Server, event: EventText): void {
    const key = `${event.id}/${event.text}`;
    const last = server.transport.raised.get(key);
    const now = this.world.clock.time();
    if (last !== undefined && now - last < HOUR) return;
    server.transport.raised.set(key, now);
    this.world.event(server, event.source, event.id, event.level, event.text);
  }
}

function listensOn25(bag: Bag): boolean {
  return (bag.Bindings as string[]).some((binding) => binding.endsWith(":25"));
}

/**
 * The organisation's authorization configuration: which certificate signs OAuth tokens now, which one follows it and when, and how
 * the service host of each Mailbox server publishes and distributes them. // [DOC:maintain-oauth-certificate], [PS:Set-AuthConfig], [CSS:MonitorExchangeAuthCertificate]
 */
import type { Server } from "./server";
import { stored, type StoredCertificate } from "./store";
import type { World } from "./world";

/** A next certificate becomes effective no sooner than this without a question, in ms. // [DOC:maintain-oauth-certificate] */
export const NOTICE = 48 * 3_600_000;

export class AuthConfig {
  private timer: (() => void) | null = null;

  constructor(private readonly world: World) {}

  /** The periodic work of MSExchangeServiceHost on every Mailbox server. */
  begin(): void {
    this.schedule();
  }

  /** The service host of one server began: it looks at once. */
  started(server: Server): void {
    if (server.role === "Mailbox") this.serve(server);
  }

  /** Sets the certificate that follows. */
  setNext(thumbprint: string, effective: Date): void {
    const { auth } = this.world.directory;
    auth.next = thumbprint;
    auth.nextEffective = effective;
    this.world.after("authDistribution", () => this.distribute());
    this.world.changed();
  }

  /** Sets the current one at once. // [PS:Set-AuthConfig] -CertificateThumbprint */
  setCurrent(thumbprint: string): void {
    const { auth } = this.world.directory;
    if (auth.current !== thumbprint) auth.previous = auth.current;
    auth.current = thumbprint;
    this.world.after("authDistribution", () => this.distribute());
    this.world.changed();
  }

  /** The next one becomes the current one, the current one the previous one. */
  publish(): void {
    const { auth } = this.world.directory;
    if (auth.next === null) return;
    auth.previous = auth.current;
    auth.current = auth.next;
    auth.next = null;
    auth.nextEffective = null;
    this.world.changed();
  }

  clearPrevious(): void {
    this.world.directory.auth.previous = null;
    this.world.changed();
  }

  private schedule(): void {
    this.timer?.();
    this.timer = this.world.clock.at(this.world.clock.nextPeriod(this.world.latency("authServicelet")), () => {
      for (const server of this.world.mailboxServers) this.serve(server);
      this.schedule();
    });
  }

  private serve(server: Server): void {
    if (!server.runs("MSExchangeServiceHost")) return;
    const { auth } = this.world.directory;
    const due = auth.nextEffective !== null && auth.nextEffective <= this.world.clock.now(server.name);
    if (auth.next !== null && due && server.my.find(auth.next)?.privateKey) this.publish();
    this.distribute();
  }

  /** Copies the current and the next certificate to every Mailbox server that lacks it, from one that has it exportable. */
  private distribute(): void {
    const { current, next } = this.world.directory.auth;
    const servers = this.world.mailboxServers.filter((server) => server.runs("MSExchangeServiceHost"));
    for (const thumbprint of [current, next]) {
      const source = thumbprint ? exportable(servers, thumbprint) : undefined;
      if (source) for (const server of servers) if (!server.my.find(source.certificate.thumbprint)) server.my.add(copyOf(source));
    }
    this.world.changed();
  }
}

function exportable(servers: readonly Server[], thumbprint: string): StoredCertificate | undefined {
  return servers.map((server) => server.my.find(thumbprint)).find((item) => item?.privateKey && item.exportable);
}

function copyOf({ certificate, privateKey, friendlyName, lookAlike }: StoredCertificate): StoredCertificate {
  return stored(certificate, { privateKey, friendlyName, lookAlike, exportable: true, networkService: true, rootCaType: "None" });
}

/**
 * Port 25 of one host. Every connection asks the model what transport would present at that moment:
 * refused while the service is stopped, 421 while it is paused, STARTTLS only with a certificate.
 */
import { randomUUID } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerOptions, type SMTPServerSession } from "smtp-server";
import type { DoorIdentity, LabOrganisation } from "../../model/contract";
import { ANY_CERTIFICATE } from "../ldap/ldaps";
import { closeServer, cutOff, listen } from "../listen";

const SERVICE = "MSExchangeTransport";
const MAX_MAIL = 25 * 1024 * 1024;

export class SmtpDoor {
  port = 0;
  private readonly listener: Server;
  private readonly sockets = new Set<Socket>();

  constructor(
    private readonly organisation: LabOrganisation,
    private readonly host: string,
  ) {
    this.listener = createServer({ noDelay: true }, (socket) => this.accept(socket));
    // A service that stops takes its sessions with it; a paused one lets them finish.
    organisation.onChange(() => {
      if (this.sockets.size > 0 && !this.reachable) this.dropAll();
    });
  }

  async listen(address: string): Promise<void> {
    this.port = await listen(this.listener, address);
  }

  async close(): Promise<void> {
    this.dropAll();
    await closeServer(this.listener);
  }

  /** Whether something listens on the port. */
  get reachable(): boolean {
    const { status } = this.organisation.service.status(this.host, SERVICE);
    return status === "Running" || status === "Paused";
  }

  private dropAll(): void {
    // TLS may have begun to end the connection: see cutOff.
    for (const socket of this.sockets) socket.destroy();
  }

  private accept(socket: Socket): void {
    socket.on("error", () => undefined);
    const { status } = this.organisation.service.status(this.host, SERVICE);
    if (status === "Paused") return void socket.end("421 4.3.2 Service not available, closing transmission channel\r\n");
    // Asked once a connection: the model notes in its event log that transport looked for a certificate.
    const identity = this.organisation.smtpIdentity(this.host);
    if (identity === undefined) return cutOff(socket);
    this.sockets.add(socket);
    socket.once("close", () => this.sockets.delete(socket));
    const session = new SMTPServer(this.options(identity));
    session.on("error", () => socket.destroy());
    session.connect(socket, { id: randomUUID() });
  }

  private options(identity: DoorIdentity | null): SMTPServerOptions {
    const { fqdn } = this.organisation.facts(this.host);
    return {
      name: fqdn,
      banner: "Microsoft ESMTP MAIL Service ready",
      size: MAX_MAIL,
      logger: false,
      authOptional: true,
      disabledCommands: identity ? ["AUTH"] : ["AUTH", "STARTTLS"],
      minVersion: "TLSv1.2",
      ciphers: ANY_CERTIFICATE,
      ...(identity && { key: identity.privateKeyPem, cert: [identity.certificatePem, ...identity.chainPem].join("\n") }),
      onRcptTo: ({ address }, _session, done) => {
        const why = this.organisation.refusesRecipient?.(this.host, address) ?? null;
        done(why === null ? null : refusal(new Error(why)));
      },
      onData: (stream, session, done) => {
        this.receive(stream, session).then(
          () => done(null, "2.6.0 Queued mail for delivery"),
          (error: unknown) => done(refusal(error)),
        );
      },
    };
  }

  private async receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const data = Buffer.concat(chunks);
    const { mailFrom, rcptTo } = session.envelope;
    await this.organisation.acceptMail(this.host, {
      id: messageId(data) ?? randomUUID(),
      from: mailFrom ? mailFrom.address : "",
      to: rcptTo.map((recipient) => recipient.address),
      data,
    });
  }
}

/** The Message-ID without its brackets: the same mail, sent again after a lost answer, keeps its identity. */
export function messageId(data: Buffer): string | undefined {
  const end = data.indexOf("\r\n\r\n");
  const header = data.subarray(0, end < 0 ? data.length : end).toString("latin1");
  return /^message-id:\s*<([^>\r\n]+)>/im.exec(header)?.[1];
}

/** What the model refuses with a code of its own keeps it; anything else is temporary, so that the sender tries again. */
function refusal(error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error);
  const coded = /^([45]\d\d)[ -](.*)$/s.exec(text);
  return Object.assign(new Error(coded ? coded[2] : text), { responseCode: coded ? Number(coded[1]) : 451 });
}

/** Mail that leaves the simulated organisation, handed to a real mail server as the last Edge on its way would. */
import { createTransport } from "nodemailer";
import type { LabOrganisation, SubmittedMail } from "../model/contract";
import { deliveries, type DeliveredMail } from "../open";

export interface PeerOptions {
  host: string;
  port: number;
  /** Only over TLS, to a server of this name whose chain leads to this CA (PEM). Default: opportunistic, unverified. */
  verify?: { servername: string; ca: string };
}

export interface HandedOn {
  id: string;
  recipient: string;
  /** The Edge that handed it on. */
  from: string;
  /** The peer's answer, or why it did not take the mail. */
  answer: string;
  accepted: boolean;
}

/**
 * Follows an organisation's mail: what it delivers outside goes to the peer, once. The model does not know of the
 * outcome, as it does not know of any server outside.
 */
export class MailPeer {
  readonly handedOn: HandedOn[] = [];
  private readonly bodies = new Map<string, SubmittedMail>();
  private readonly seen = new Set<string>();

  constructor(
    private readonly organisation: LabOrganisation,
    private readonly peer: PeerOptions,
  ) {
    const accept = organisation.acceptMail.bind(organisation);
    organisation.acceptMail = async (host, mail) => {
      this.bodies.set(mail.id, mail);
      await accept(host, mail);
    };
    organisation.onChange(() => this.look());
  }

  /** Hands on what has left since the last look. */
  look(): void {
    const left = deliveries(this.organisation).filter(({ path }) => path.at(-1) === "outside");
    for (const delivery of left) {
      const key = `${delivery.id} ${delivery.recipient}`;
      if (this.seen.has(key)) continue;
      this.seen.add(key);
      void this.send(delivery);
    }
  }

  private async send({ id, recipient, path }: DeliveredMail): Promise<void> {
    const from = path.at(-2) ?? "";
    const done = (answer: string, accepted: boolean): void => void this.handedOn.push({ id, recipient, from, answer, accepted });
    const mail = this.bodies.get(id);
    if (!mail) return done("the mail was accepted before the peer was there", false);
    const { host, port, verify } = this.peer;
    // the Edge shows its own certificate, as transport does to a partner
    const identity = this.organisation.smtpIdentity(from);
    const own = identity ? { key: identity.privateKeyPem, cert: [identity.certificatePem, ...identity.chainPem].join("\n") } : {};
    const tls = { ...own, minVersion: "TLSv1.2" as const, ...(verify ?? { rejectUnauthorized: false }) };
    const { fqdn: name } = this.organisation.facts(from);
    const transport = createTransport({ host, port, name, secure: false, requireTLS: verify !== undefined, tls, connectionTimeout: 5000 });
    try {
      const { response } = await transport.sendMail({ envelope: { from: mail.from, to: recipient }, raw: mail.data });
      done(response, true);
    } catch (error) {
      done((error as Error).message, false);
    } finally {
      transport.close();
    }
  }
}

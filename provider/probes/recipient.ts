/**
 * An SMTP dialogue through a server's door: STARTTLS, then up to RCPT for a given recipient, or one whole message with a Message-ID of
 * ours. The certificate is not judged here: that was done by its thumbprint.
 */
import { connect as connectTls } from "node:tls";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { look, type Opener, type ProbeOptions } from "./leaf";
import { SmtpDialogue, type SmtpReply } from "./smtpDialogue";

export interface Envelope {
  /** Empty: the null sender, as of a delivery report. */
  sender: string;
  recipient: string;
  /** Send a message with this id (angle brackets included); without it the dialogue ends after RCPT. */
  messageId?: string;
  /** Date header. */
  date?: Date;
}
/** The server's answer to RCPT, or to the whole message. */
export interface Accepted {
  accepted: boolean;
  code: number;
}

const EHLO = "EHLO probe.invalid";

/** @throws FORWARDING_REFUSED, PROBE_FAILED where the dialogue does not come to RCPT */
export function probeRecipient(open: Opener, options: ProbeOptions, envelope: Envelope): Promise<Accepted> {
  return look(open, "SMTP", options, (socket) => dialogue(socket, options.name, envelope));
}

async function dialogue(socket: Duplex, name: string, envelope: Envelope): Promise<Accepted> {
  const clear = new SmtpDialogue(socket);
  expect("the greeting", await clear.reply(), 220);
  expect("EHLO", await clear.command(EHLO), 250);
  expect("STARTTLS", await clear.command("STARTTLS"), 220);
  if (clear.detach().length > 0) throw new Error("plain text followed the STARTTLS reply");
  const smtp = new SmtpDialogue(await secured(socket, name));
  expect("EHLO", await smtp.command(EHLO), 250);
  expect("MAIL FROM", await smtp.command(`MAIL FROM:<${envelope.sender}>`), 250);
  const answer = await smtp.command(`RCPT TO:<${envelope.recipient}>`);
  const result = answer.code === 250 && envelope.messageId !== undefined ? await send(smtp, envelope) : answer;
  await smtp.command("QUIT").catch(() => undefined);
  return { accepted: result.code === 250, code: result.code };
}

async function send(smtp: SmtpDialogue, { sender, recipient, messageId, date = new Date() }: Envelope): Promise<SmtpReply> {
  expect("DATA", await smtp.command("DATA"), 354);
  const lines = [
    `From: ${sender ? `<${sender}>` : "pulumi-exchange <>"}`,
    `To: <${recipient}>`,
    `Subject: Mail flow after a rotation`,
    `Date: ${date.toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: ${messageId}`,
    "Auto-Submitted: auto-generated",
    "",
    "Sent by pulumi-exchange to see that mail runs over this server. Nothing has to be done.",
    ".",
  ];
  return smtp.command(lines.join("\r\n"));
}

function expect(what: string, { code }: SmtpReply, wanted: number): void {
  if (code !== wanted) throw new Error(`${what} was answered with ${code}`);
}

function secured(socket: Duplex, name: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const tls = connectTls({ socket, rejectUnauthorized: false, minVersion: "TLSv1.2", ...(isIP(name) === 0 ? { servername: name } : {}) });
    tls.once("error", reject);
    tls.once("secureConnect", () => {
      tls.off("error", reject);
      tls.on("error", () => undefined);
      resolve(tls);
    });
  });
}

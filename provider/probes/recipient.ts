/**
 * An SMTP dialogue through a server's door: STARTTLS, then up to RCPT for a given recipient, or one whole message with a Message-ID of
 * ours. The certificate is not judged here: that was done by its thumbprint.
 */
import type { Duplex } from "node:stream";
import { handshake, look, type Opener, type ProbeOptions } from "./leaf";
import { SmtpDialogue, type SmtpReply } from "./smtpDialogue";
import { EHLO_NAME, requestTls } from "./starttls";

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

/** @throws FORWARDING_REFUSED, PROBE_FAILED where the dialogue does not come to RCPT */
export function probeRecipient(open: Opener, options: ProbeOptions, envelope: Envelope): Promise<Accepted> {
  return look(open, "SMTP", options, (socket) => dialogue(socket, options.name, envelope));
}

async function dialogue(socket: Duplex, name: string, envelope: Envelope): Promise<Accepted> {
  if (!(await requestTls(socket))) throw new Error("STARTTLS is not offered, or refused");
  const smtp = new SmtpDialogue(await handshake(socket, name));
  expect("EHLO", await smtp.command(`EHLO ${EHLO_NAME}`), 250);
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

/** Which certificate does transport present after STARTTLS? */
import type { Duplex } from "node:stream";
import { look, presentedBy, type Opener, type Presented, type ProbeOptions } from "./leaf";
import { SmtpDialogue } from "./smtpDialogue";

/** `offered: false` where STARTTLS is not announced, or refused when asked for: there is no certificate then. */
export type StarttlsLook = { offered: false } | ({ offered: true } & Presented);

/** Name that the probes give in EHLO: they have none of their own. */
export const EHLO_NAME = "probe.invalid";

/**
 * Looks at an SMTP door: banner, EHLO, STARTTLS, handshake, end; no mail command is ever sent.
 * Errors: FORWARDING_REFUSED, PROBE_FAILED (refused, no SMTP, handshake failed, plain text behind the STARTTLS reply, too slow).
 */
export function probeStarttls(open: Opener, options: ProbeOptions): Promise<StarttlsLook> {
  return look(open, "STARTTLS", options, (socket) => dialogue(socket, options.name));
}

async function dialogue(socket: Duplex, name: string): Promise<StarttlsLook> {
  return (await requestTls(socket)) ? { offered: true, ...(await presentedBy(socket, name)) } : { offered: false };
}

/**
 * Banner, EHLO and STARTTLS: TLS may begin on the socket. False where STARTTLS is not announced, or refused.
 * @throws Error where nobody speaks SMTP, or plain text follows the reply
 */
export async function requestTls(socket: Duplex): Promise<boolean> {
  const smtp = new SmtpDialogue(socket);
  const banner = await smtp.reply();
  if (banner.code !== 220) throw new Error(`the greeting was ${banner.code}`);
  const hello = await smtp.command(`EHLO ${EHLO_NAME}`);
  if (hello.code !== 250) throw new Error(`EHLO was answered with ${hello.code}`);
  if (!hello.lines.some((line) => /^STARTTLS\s*$/i.test(line))) return false;
  const start = await smtp.command("STARTTLS");
  if (start.code !== 220) return false;
  // Bytes behind the reply came in plain text and would be taken for protected ones (CVE-2011-0411).
  if (smtp.detach().length > 0) throw new Error("plain text followed the STARTTLS reply");
  return true;
}

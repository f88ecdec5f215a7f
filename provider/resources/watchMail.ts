import type * as pulumi from "@pulumi/pulumi";

/** How the mail of a server is watched after its start. */
export interface WatchMailArgs {
  /** How long at most, in seconds (0 to 3600); default 120. The watch ends as soon as it is proven that mail runs. */
  seconds?: pulumi.Input<number>;
  /** A look of our own, where nobody else may send mail at that hour. */
  probe?: pulumi.Input<MailProbeArgs>;
}

/** An SMTP dialogue with STARTTLS through the server, up to RCPT (no message is sent), or one real message. */
export interface MailProbeArgs {
  /** A mailbox of the organisation. It is part of the state, and of no output. */
  recipient: pulumi.Input<string>;
  /** Sender; default the null sender, as of a delivery report. */
  sender?: pulumi.Input<string>;
  /** Send one message, and find it again by its Message-ID in the tracking log of the Edge and of the Mailbox server; default false. */
  send?: pulumi.Input<boolean>;
}

/**
 * `true`: until it is proven that mail runs, or for two minutes. Not given: one look at the end of a window, without waiting.
 *
 * @example
 * { seconds: 300, probe: { recipient: "postmaster@contoso.com" } }
 */
export type WatchMail = boolean | WatchMailArgs;

/** What was seen of a server's mail: counts alone, no domains and no addresses. */
export interface MailFlow {
  /** From when to when, by the server's clock. */
  since: string;
  until: string;
  /** Messages that came in, were handed on (to a server, outside or into a mailbox), were put off; null where the log was not counted. */
  received: number | null;
  delivered: number | null;
  deferred: number | null;
  /** Messages in queues, and those of them that wait for another try. */
  queues: { messages: number; waiting: number };
  /** `proven`, `waits` (for a cause that `doctor` knows: condition `Degraded(MAIL_WAITS: …)`), `moving`, or `nothing` came. */
  verdict: "proven" | "waits" | "moving" | "nothing";
  /** How the probe ended: `accepted` at RCPT, `arrived`, `sent` (not found again yet), `refused`, `failed`. */
  probe?: "accepted" | "arrived" | "sent" | "refused" | "failed";
}

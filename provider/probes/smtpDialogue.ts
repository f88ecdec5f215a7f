/** As much SMTP as it takes to reach STARTTLS (RFC 5321, RFC 3207). */
import type { Duplex } from "node:stream";

/** A complete reply. */
export interface SmtpReply {
  code: number;
  /** The text of each of its lines. */
  lines: string[];
}

/** A server that keeps talking is no SMTP server. */
const LONGEST_REPLY = 64 * 1024;

/** Reads replies one by one and knows what is left over. */
export class SmtpDialogue {
  private buffer = Buffer.alloc(0);
  private ended?: Error;
  private wake?: () => void;
  private readonly onData = (chunk: Buffer): void => {
    this.buffer = Buffer.concat([this.buffer, chunk]);
    this.wake?.();
  };
  private readonly onEnd = (): void => this.stop(new Error("the connection was closed"));
  private readonly onError = (error: Error): void => this.stop(error);

  constructor(private readonly socket: Duplex) {
    socket.on("data", this.onData).on("end", this.onEnd).on("close", this.onEnd).on("error", this.onError);
  }

  /** Sends a command and reads its reply. */
  async command(text: string): Promise<SmtpReply> {
    this.socket.write(text + "\r\n");
    return this.reply();
  }

  /** The next reply, however many lines it has. */
  async reply(): Promise<SmtpReply> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.line();
      const match = /^(\d{3})([ -]|$)(.*)$/.exec(line);
      if (!match) throw new Error("the answer is no SMTP");
      lines.push(match[3]);
      if (match[2] !== "-") return { code: Number(match[1]), lines };
    }
  }

  /** Stops reading and gives the bytes that came after the last reply: none, unless somebody injected them. */
  detach(): Buffer {
    const { socket } = this;
    socket.pause();
    socket.off("data", this.onData).off("end", this.onEnd).off("close", this.onEnd).off("error", this.onError);
    return this.buffer;
  }

  private async line(): Promise<string> {
    for (;;) {
      const end = this.buffer.indexOf("\n");
      if (end >= 0) {
        const line = this.buffer.subarray(0, end).toString("latin1").replace(/\r$/, "");
        this.buffer = this.buffer.subarray(end + 1);
        return line;
      }
      if (this.buffer.length > LONGEST_REPLY) throw new Error("the answer has no end");
      if (this.ended) throw this.ended;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  private stop(error: Error): void {
    this.ended ??= error;
    this.wake?.();
  }
}

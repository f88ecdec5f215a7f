/** Splits a byte stream into lines; a line that is too long is dropped and reported once. */
import { MAX_LINE } from "../../../provider/remote/protocol";

/** Upper limit of the first line, the agent script in base64. */
const MAX_SCRIPT = 4 * MAX_LINE;

export interface LineEvents {
  line: (text: string) => void;
  tooLong: () => void;
}

export class LineSplitter {
  private parts: Buffer[] = [];
  private length = 0;
  private skipping = false;
  private first = true;

  constructor(private readonly events: LineEvents) {}

  push(chunk: Buffer): void {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      this.add(rest.subarray(0, end));
      this.finish();
      rest = rest.subarray(end + 1);
    }
    this.add(rest);
  }

  private add(part: Buffer): void {
    this.length += part.length;
    if (this.length > (this.first ? MAX_SCRIPT : MAX_LINE)) {
      this.skipping = true;
      this.parts = [];
    }
    if (!this.skipping && part.length > 0) this.parts.push(part);
  }

  private finish(): void {
    const line = Buffer.concat(this.parts).toString("utf8").replace(/\r$/, "");
    const skipped = this.skipping;
    this.parts = [];
    this.length = 0;
    this.skipping = false;
    this.first = false;
    if (skipped) this.events.tooLong();
    else this.events.line(line);
  }
}

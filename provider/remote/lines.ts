/** Splits a byte stream into lines of bounded length; characters that are split over packets stay whole. */

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** What `LineReader` found wrong. */
export class LineTooLong extends Error {}

export class LineReader {
  private chunks: Buffer[] = [];
  private length = 0;

  /** @param limit longest line in bytes */
  constructor(public limit: number) {}

  /** The lines that `chunk` completes, without their line ends. Throws LineTooLong, and keeps nothing then. */
  push(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.add(chunk.subarray(start, end));
      lines.push(this.take());
      start = end + 1;
    }
    this.add(chunk.subarray(start));
    return lines;
  }

  /** What stands after the last line end. */
  rest(): Buffer {
    return Buffer.concat(this.chunks);
  }

  private add(part: Buffer): void {
    if (part.length === 0) return;
    this.length += part.length;
    if (this.length > this.limit) {
      this.chunks = [];
      this.length = 0;
      throw new LineTooLong(`a line is longer than ${this.limit} bytes`);
    }
    this.chunks.push(part);
  }

  private take(): Buffer {
    const line = Buffer.concat(this.chunks);
    this.chunks = [];
    this.length = 0;
    return line.at(-1) === RETURN ? line.subarray(0, -1) : line;
  }
}

/** Bytes as text, or undefined where they are not UTF-8 (an OEM code page). A byte order mark is dropped. */
export function utf8(line: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(line);
  } catch {
    return undefined;
  }
}

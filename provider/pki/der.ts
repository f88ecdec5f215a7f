/**
 * A bounded reader for DER (and the BER that some tools write into PFX files).
 *
 * Node's crypto reads certificates and keys but gives neither the raw bytes of a name nor the shape of a
 * container; both need a walk over the bytes that a hostile file can neither crash nor keep busy.
 */

/** Why bytes could not be read. Callers translate it into their own error code. */
export class DerError extends Error {}

/** One element. `content` excludes identifier and length (and the end marker of BER's indefinite form). */
export interface DerElement {
  /** Identifier octet, class and constructed bit included; only tags below 31 occur in what is read here. */
  tag: number;
  constructed: boolean;
  /** The whole element, header included, as it stands in the input. */
  bytes: Buffer;
  content: Buffer;
  /** Empty unless constructed. */
  children: DerElement[];
}

/** How many elements a walk may still meet; shared when it goes on inside an OCTET STRING. */
export interface DerBudget {
  elements: number;
}

export const TAG = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  OID: 0x06,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const;

/** Nesting of elements that is still read; a certificate needs about 10, a PFX about 12. */
export const MAX_DEPTH = 32;
/** A PFX with 200 certificates has about 2,500 outside of them, a certificate with 1,000 names about 1,100. */
const MAX_ELEMENTS = 5_000;

export function derBudget(): DerBudget {
  return { elements: MAX_ELEMENTS };
}

/** Reads exactly one element that fills `input`. Throws DerError. */
export function readDer(input: Uint8Array, budget = derBudget(), depth = MAX_DEPTH): DerElement {
  const buffer = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  const { element, end } = readAt(buffer, 0, buffer.length, budget, depth);
  if (end !== buffer.length) throw new DerError("bytes follow the end of the structure");
  return element;
}

function readAt(buffer: Buffer, start: number, limit: number, budget: DerBudget, depth: number): { element: DerElement; end: number } {
  if (depth <= 0) throw new DerError("it is nested too deeply");
  if (--budget.elements < 0) throw new DerError("it has too many elements");
  const { tag, from, length } = readHeader(buffer, start, limit);
  const constructed = (tag & 0x20) !== 0;
  const to = length === undefined ? limit : from + length;
  const children: DerElement[] = [];
  let at = from;
  let contentEnd = to;
  let end = to;
  if (constructed) {
    for (;;) {
      if (length !== undefined && at === to) break;
      if (length === undefined && isEndMarker(buffer, at, limit)) {
        contentEnd = at;
        end = at + 2;
        break;
      }
      const child = readAt(buffer, at, to, budget, depth - 1);
      children.push(child.element);
      at = child.end;
    }
  }
  const bytes = buffer.subarray(start, end);
  return { element: { tag, constructed, bytes, content: buffer.subarray(from, contentEnd), children }, end };
}

function isEndMarker(buffer: Buffer, at: number, limit: number): boolean {
  return at + 2 <= limit && buffer[at] === 0 && buffer[at + 1] === 0;
}

/** `length` is undefined for BER's indefinite form. */
function readHeader(buffer: Buffer, start: number, limit: number): { tag: number; from: number; length?: number } {
  if (start + 2 > limit) throw new DerError("it ends too early");
  const tag = buffer[start];
  if ((tag & 0x1f) === 0x1f) throw new DerError("it has a tag that certificates do not use");
  const first = buffer[start + 1];
  if (first === 0x80) {
    if ((tag & 0x20) === 0) throw new DerError("a primitive element has no length");
    return { tag, from: start + 2 };
  }
  let from = start + 2;
  let length = first;
  if (first > 0x80) {
    const count = first & 0x7f;
    if (count > 4 || from + count > limit) throw new DerError("it has an impossible length");
    length = buffer.readUIntBE(from, count);
    from += count;
  }
  if (from + length > limit) throw new DerError("it ends too early");
  return { tag, from, length };
}

/** Child `index` of a constructed element, which must have `tag` when one is given. */
export function child(parent: DerElement, index: number, tag?: number): DerElement {
  const found = parent.children[index];
  if (!found || (tag !== undefined && found.tag !== tag)) throw new DerError("it has an unexpected structure");
  return found;
}

/** Content of an OCTET STRING; BER's constructed form is joined. */
export function octets(element: DerElement): Buffer {
  if (!element.constructed) return element.content;
  return Buffer.concat(element.children.map(octets));
}

/** Dotted text of an OBJECT IDENTIFIER. */
export function oidText(element: DerElement): string {
  if (element.tag !== TAG.OID || element.content.length === 0) throw new DerError("an object identifier is missing");
  const parts: bigint[] = [];
  let value = 0n;
  for (const byte of element.content) {
    value = (value << 7n) | BigInt(byte & 0x7f);
    if (byte & 0x80) continue;
    parts.push(value);
    value = 0n;
  }
  if (element.content[element.content.length - 1] & 0x80) throw new DerError("an object identifier is cut off");
  const top = parts[0] < 40n ? 0n : parts[0] < 80n ? 1n : 2n;
  return [top, parts[0] - top * 40n, ...parts.slice(1)].join(".");
}

/** A non-negative INTEGER; anything larger than `Number.MAX_SAFE_INTEGER` becomes Infinity. */
export function integerValue(element: DerElement): number {
  const content = element.content;
  if (element.tag !== TAG.INTEGER || content.length === 0 || content[0] & 0x80) {
    throw new DerError("a number is missing or negative");
  }
  const significant = content.subarray(content.findIndex((byte) => byte !== 0));
  if (content.every((byte) => byte === 0)) return 0;
  return significant.length > 6 ? Infinity : significant.readUIntBE(0, significant.length);
}

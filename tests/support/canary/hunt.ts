/**
 * Looks for planted secrets in everything that a run leaves or prints, in six encodings. Written without the provider's
 * redactor, whose work it judges.
 */

/** The encodings, as the figures name them. */
export const ENCODINGS = ["plain", "base64", "hex", "utf16le-base64", "json", "url"] as const;
export type Encoding = (typeof ENCODINGS)[number];

export interface Hit {
  canary: string;
  encoding: Encoding;
  place: string;
}

interface Canary {
  name: string;
  needles: [Encoding, Buffer][];
}

/** Shorter pieces of an encoding would be found by chance. */
const SHORTEST = 8;

/** Where and what to look for. Names of places are their kinds: `output`, `error`, `state` … and a detail behind a colon. */
export class Hunt {
  private readonly canaries = new Map<string, Canary>();
  private readonly kinds = new Map<string, { places: number; bytes: number }>();
  readonly hits: Hit[] = [];

  /** A secret to look for; the same value is taken once. Bytes are looked for as they are and in every encoding that fits. */
  plant(name: string, value: string | Buffer): void {
    const key = typeof value === "string" ? value : value.toString("base64");
    if (key.length < SHORTEST) throw new Error(`The canary ${name} is too short to be told from chance.`);
    if (!this.canaries.has(key)) this.canaries.set(key, { name, needles: needlesOf(value) });
  }

  /** Searches a place for every canary planted so far. */
  search(place: string, content: string | Buffer): void {
    const haystack = typeof content === "string" ? Buffer.from(content, "utf8") : content;
    const kind = place.split(":", 1)[0];
    const counted = this.kinds.get(kind) ?? { places: 0, bytes: 0 };
    this.kinds.set(kind, { places: counted.places + 1, bytes: counted.bytes + haystack.length });
    for (const { name, needles } of this.canaries.values()) {
      const found = needles.find(([, needle]) => haystack.includes(needle));
      if (found) this.hits.push({ canary: name, encoding: found[0], place });
    }
  }

  get canaryCount(): number {
    return this.canaries.size;
  }

  /** What the canaries are. */
  get names(): Set<string> {
    return new Set([...this.canaries.values()].map(({ name }) => name));
  }

  get placeCount(): number {
    return [...this.kinds.values()].reduce((sum, { places }) => sum + places, 0);
  }

  /** Places and bytes by kind. */
  get searched(): Record<string, { places: number; bytes: number }> {
    return Object.fromEntries(this.kinds);
  }
}

/** Every form of a text secret by encoding. */
export function textForms(secret: string): Record<Encoding, string[]> {
  const utf8 = Buffer.from(secret, "utf8");
  const utf16 = Buffer.from(secret, "utf16le");
  const json = JSON.stringify(secret).slice(1, -1);
  // PowerShell 5.1 escapes more than it must, other writers everything that is not ASCII
  const escaped = (text: string, which: RegExp): string =>
    text.replace(which, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const windows51 = escaped(json, /[<>'&]/g);
  const url = encodeURIComponent(secret);
  return {
    plain: [secret],
    base64: windows(utf8),
    hex: [utf8.toString("hex"), utf8.toString("hex").toUpperCase(), utf16.toString("hex")],
    "utf16le-base64": windows(utf16),
    json: [json, JSON.stringify(json).slice(1, -1), windows51, escaped(windows51, /[\u007f-\uffff]/g)],
    url: [url, url.replaceAll("%20", "+"), url.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase())],
  };
}

function needlesOf(value: string | Buffer): [Encoding, Buffer][] {
  if (typeof value !== "string") {
    const hex = value.toString("hex");
    const forms: Record<string, string[]> = { base64: windows(value), hex: [hex, hex.toUpperCase()] };
    const texts = Object.entries(forms).flatMap(([name, list]) =>
      list.map((text): [Encoding, Buffer] => [name as Encoding, Buffer.from(text)]),
    );
    return [["plain", value], ...texts];
  }
  const raw: [Encoding, Buffer] = ["plain", Buffer.from(value, "utf16le")];
  const texts = Object.entries(textForms(value)).flatMap(([name, list]) =>
    list.filter((text) => text.length >= SHORTEST).map((text): [Encoding, Buffer] => [name as Encoding, Buffer.from(text, "utf8")]),
  );
  return [...texts, raw];
}

/** The base64 characters that do not depend on what stands around the bytes, for each of the three positions, in both alphabets. */
function windows(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const sure = text.slice(shift === 0 ? 0 : shift + 1, Math.floor(((shift + bytes.length) * 8) / 6));
    return [sure, sure.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

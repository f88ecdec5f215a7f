/** The Edge Subscription file: XML as Exchange writes and reads it. // [L15] 15.5 */

export interface SubscriptionFile {
  EdgeServerName: string;
  EdgeServerFQDN: string;
  /** A serialised certificate. */
  EdgeCertificateBlob: Buffer;
  ESRAUsername: string;
  ESRAPassword: string;
  EffectiveDate: Date;
  /** Seconds. */
  Duration: number;
  AdamSslPort: number;
  ServerType: string;
  ProductID: string;
  VersionNumber: number;
  SerialNumber: string;
}

const EPOCH_TICKS = 621_355_968_000_000_000n;
const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

export const ticksOf = (date: Date): bigint => EPOCH_TICKS + BigInt(date.getTime()) * 10_000n;
export const dateOfTicks = (ticks: bigint): Date => new Date(Number((ticks - EPOCH_TICKS) / 10_000n));

/** Packs major (bits 22–27), minor (16–21) and build (0–14). // [L15] 15.5 */
export function versionNumber(version: string): number {
  const [major = 0, minor = 0, build = 0] = version.split(".").map(Number);
  return ((major & 63) << 22) | ((minor & 63) << 16) | (build & 0x7fff);
}

/** `Version 15.2 (Build 31544.4)`, the form of `serialNumber` in the directory. */
export function serialNumber(version: string): string {
  const [major = 0, minor = 0, build = 0, revision = 0] = version.split(".").map(Number);
  return `Version ${major}.${minor} (Build ${30000 + build}.${revision})`;
}

export function writeSubscriptionFile(file: SubscriptionFile): Buffer {
  const values: [string, string][] = [
    ["EdgeServerName", file.EdgeServerName],
    ["EdgeServerFQDN", file.EdgeServerFQDN],
    ["EdgeCertificateBlob", file.EdgeCertificateBlob.toString("base64")],
    ["ESRAUsername", file.ESRAUsername],
    ["ESRAPassword", file.ESRAPassword],
    ["EffectiveDate", ticksOf(file.EffectiveDate).toString()],
    ["Duration", (BigInt(Math.round(file.Duration)) * 10_000_000n).toString()],
    ["AdamSslPort", String(file.AdamSslPort)],
    ["ServerType", file.ServerType],
    ["ProductID", file.ProductID],
    ["VersionNumber", String(file.VersionNumber)],
    ["SerialNumber", file.SerialNumber],
  ];
  const lines = values.map(([name, value]) => `  <${name}>${value.replace(/[&<>"']/g, (char) => ESCAPES[char])}</${name}>`);
  return Buffer.from(
    `<?xml version="1.0" encoding="utf-8"?>\r\n<EdgeSubscriptionData>\r\n${lines.join("\r\n")}\r\n</EdgeSubscriptionData>\r\n`,
    "utf8",
  );
}

/** Reads the elements in any order; null when the bytes are no such file. // [L15] 15.5 */
export function readSubscriptionFile(bytes: Uint8Array): SubscriptionFile | null {
  const text = Buffer.from(bytes)
    .toString("utf8")
    .replace(/^\uFEFF/, "");
  const body = /<EdgeSubscriptionData\s*>([\s\S]*)<\/EdgeSubscriptionData>/.exec(text)?.[1];
  if (body === undefined) return null;
  const values = new Map<string, string>();
  for (const [, name, value] of body.matchAll(/<([A-Za-z]+)>([^<]*)<\/\1>/g)) values.set(name, unescape(value));
  const get = (name: string): string => values.get(name) ?? "";
  try {
    return {
      EdgeServerName: get("EdgeServerName"),
      EdgeServerFQDN: get("EdgeServerFQDN"),
      EdgeCertificateBlob: Buffer.from(get("EdgeCertificateBlob"), "base64"),
      ESRAUsername: get("ESRAUsername"),
      ESRAPassword: get("ESRAPassword"),
      EffectiveDate: dateOfTicks(BigInt(get("EffectiveDate"))),
      Duration: Number(BigInt(get("Duration")) / 10_000_000n),
      AdamSslPort: Number(get("AdamSslPort")),
      ServerType: get("ServerType"),
      ProductID: get("ProductID"),
      VersionNumber: Number(get("VersionNumber")),
      SerialNumber: get("SerialNumber"),
    };
  } catch {
    return null;
  }
}

function unescape(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (entity) => Object.keys(ESCAPES).find((char) => ESCAPES[char] === entity)!);
}

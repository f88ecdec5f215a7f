/** Names that mean nothing: the same one for the same name, wherever it stands. */
import { isIP } from "node:net";

/** Says nothing about anybody. */
const GENERIC_LABELS = new Set(["mail", "smtp", "autodiscover", "webmail", "owa", "www", "edge", "hybrid", "remote"]);
const PUBLIC_SUFFIXES = ["mail.protection.outlook.com", "protection.outlook.com", "mail.onmicrosoft.com", "onmicrosoft.com", "outlook.com"];
const KEPT_NAMES = new Set(
  ["Default-First-Site-Name", "First Organization", "Default", "Hybrid Configuration", "EdgeSyncService"].map((one) => one.toLowerCase()),
);
/** Reserved for documentation already. */
const RESERVED = /(^|\.)(invalid|example|test|localhost)$/i;

/** Every real name that was replaced, with what stands in its place. */
export class Pseudonyms {
  private readonly made = new Map<string, string>();
  private readonly servers = new Map<string, string>();
  private readonly counts = new Map<string, number>();
  /** Bases of the organisation's own names, longest first. */
  private bases: string[] = [];

  /** @param domains own domains; what ends in one of them keeps the number of labels before it */
  constructor(domains: readonly string[]) {
    const own = [...new Set(domains.map((one) => one.replace(/^\*\./, "").toLowerCase()))].filter((one) => one.includes("."));
    // A domain below another one is a label of it.
    this.bases = own.filter((one) => !own.some((other) => one !== other && one.endsWith(`.${other}`))).sort((a, b) => b.length - a.length);
  }

  /** Real text → pseudonym, longest first. */
  get entries(): [string, string][] {
    return [...this.made].sort((a, b) => b[0].length - a[0].length);
  }

  set(real: string, pseudonym: string): void {
    if (real !== "") this.made.set(real.toLowerCase(), pseudonym);
  }

  /** `Connector 3`: a name of a kind; what Exchange itself names so everywhere stays. */
  named(kind: string, real: string): string {
    if (real === "" || KEPT_NAMES.has(real.toLowerCase())) return real;
    if (/^(\*\.)?[\w-]+(\.[\w-]+)+$/.test(real)) return this.domain(real);
    return this.remembered(real, () => `${kind}${kind.endsWith("-") ? "" : " "}${this.next(kind)}`);
  }

  /** `EDGE01`, `MBX01`. */
  server(real: string, role: "Edge" | "Mailbox"): string {
    const prefix = role === "Edge" ? "EDGE" : "MBX";
    const made = this.remembered(real, () => `${prefix}${String(this.next(prefix)).padStart(2, "0")}`);
    this.servers.set(real.toLowerCase(), made);
    return made;
  }

  domain(real: string): string {
    const name = real.toLowerCase();
    if (isIP(name) !== 0) return this.address(name);
    if (name.startsWith("*.")) return `*.${this.domain(real.slice(2))}`;
    if (RESERVED.test(name) && !this.bases.some((base) => name === base || name.endsWith(`.${base}`))) return real;
    return this.remembered(real, () => this.newDomain(name));
  }

  private newDomain(name: string): string {
    const suffix = PUBLIC_SUFFIXES.find((one) => name === one || name.endsWith(`.${one}`));
    const base = suffix ?? this.bases.find((one) => name === one || name.endsWith(`.${one}`)) ?? name.split(".").slice(-2).join(".");
    const labels = name === base ? [] : name.slice(0, -base.length - 1).split(".");
    const end = suffix ?? this.remembered(base, () => `domain${this.next("domain")}.example`);
    return [...labels.map((label) => this.label(label)), end].join(".");
  }

  private label(label: string): string {
    if (GENERIC_LABELS.has(label) || label === "*") return label;
    const server = this.servers.get(label);
    return (server ?? this.remembered(`label:${label}`, () => `host${this.next("label")}`)).toLowerCase();
  }

  address(real: string): string {
    if (/^(0\.0\.0\.0|127\.0\.0\.1|255\.255\.255\.255|::|::1|::-?)$/.test(real)) return real;
    const four = isIP(real) === 4;
    return this.remembered(real, () => (four ? `192.0.2.${this.next("v4") % 255}` : `2001:db8::${this.next("v6").toString(16)}`));
  }

  guid(real: string): string {
    if (/^0{8}-/.test(real)) return real;
    return this.remembered(real, () => `00000000-0000-4000-8000-${String(this.next("guid")).padStart(12, "0")}`);
  }

  /** A hash or a serial number: as long as it was. */
  hex(real: string): string {
    return this.remembered(real, () => this.next("hex").toString(16).toUpperCase().padStart(real.length, "0"));
  }

  private remembered(real: string, make: () => string): string {
    const key = real.toLowerCase();
    const known = this.made.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.made.set(key, made);
    return made;
  }

  private next(kind: string): number {
    const number = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, number);
    return number;
  }
}

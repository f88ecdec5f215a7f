/** Real names inside of texts: sentences of events and errors, property values, records of the package. */
import { isIP } from "node:net";
import type { CopiedServer } from "../model/copySchema";
import type { Pseudonyms } from "./pseudonyms";

const GUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
const HEX = /\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b/gi;
const IPV4 = /\b\d{1,3}(?:\.\d{1,3}){3}\b/g;
const IPV6 = /(?<![\w:])(?:[0-9a-f]{1,4}:){2,7}[0-9a-f]{0,4}(?![\w:])|(?<![\w:])[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*::[0-9a-f:]*(?![\w:])/gi;
const DOMAIN = /(?<![\w.@-])(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z](?![\w-])/gi;
/** What looks like a domain and is a name of Exchange or .NET, a file or a unit. */
const NO_DOMAIN =
  /^(?:Microsoft|System|MSExchange|Transport|HubTransport|EdgeTransport|RemoteExchange)\.|\.(?:json|jsonl|xml|ps1|log|txt|exe|dll|Monitor)$/i;
const MAIL = /[\w.+-]+@(?=[\w-]+\.)/g;
/** Properties whose values are people's own words. */
const WORDS = new Set(["Comment", "Banner", "csr"]);
/** Values of an X.500 name; a common name only where a connector names a certificate, since Active Directory's containers have them too. */
const PRINTED = /(OU|O|L|S|ST|C|E|STREET|SERIALNUMBER)=("(?:[^"]|"")*"|[^,<]+)/g;
const PRINTED_CN = /(CN)=("(?:[^"]|"")*"|[^,<]+)/g;

export class Texts {
  private pattern: RegExp | undefined;
  private known = 0;

  constructor(private readonly pseudonyms: Pseudonyms) {}

  /** Every string of a value, keys of records included. */
  walk(value: unknown, property = ""): unknown {
    if (typeof value === "string") return this.ofProperty(value, property);
    if (Array.isArray(value)) return value.map((one) => this.walk(one, property));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, this.walk(inner, name)]));
  }

  private ofProperty(value: string, property: string): string {
    if (value === "") return "";
    if (property === "DistinguishedName") return "";
    if (property === "what" && value === "http.sys") return value;
    if (WORDS.has(property)) return property === "csr" ? "" : this.pseudonyms.named(property, value);
    if (/^\d{4}-\d\d-\d\dT/.test(value)) return value;
    return this.text(value);
  }

  /** First what is known, the longest first; then whatever has the form of a name or an address. */
  text(value: string): string {
    const parts: string[] = [];
    const connector = value.includes("<I>");
    let at = 0;
    for (const match of value.matchAll(this.tokens())) {
      parts.push(this.forms(value.slice(at, match.index), connector), this.replacement(match[0]));
      at = match.index + match[0].length;
    }
    parts.push(this.forms(value.slice(at), connector));
    return parts.join("");
  }

  private tokens(): RegExp {
    const { entries } = this.pseudonyms;
    if (!this.pattern || entries.length !== this.known) {
      const alternatives = entries.map(([real]) => real).filter((real) => real.length >= 3 && !real.startsWith("label:"));
      const escaped = alternatives.map((real) => real.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      this.pattern =
        escaped.length === 0 ? /(?!)/g : new RegExp(`(?<![A-Za-z0-9.-])(?:${escaped.join("|")})(?![A-Za-z0-9-]|\\.[A-Za-z])`, "gi");
      this.known = entries.length;
    }
    return this.pattern;
  }

  private replacement(real: string): string {
    const found = this.pseudonyms.entries.find(([one]) => one === real.toLowerCase())?.[1] ?? real;
    // `fqdn` and record keys are lower or upper case on purpose.
    if (real === real.toLowerCase() && real !== real.toUpperCase()) return found.toLowerCase();
    return found;
  }

  private forms(rest: string, connector: boolean): string {
    const { pseudonyms } = this;
    // `00:10:00` and a version of four numbers only look like one
    const address = (one: string): string => (isIP(one) === 0 ? one : pseudonyms.address(one));
    const named = (all: string, type: string, value: string): string =>
      value.trim() === "" ? all : `${type}=${pseudonyms.named(`${type}-`, value)}`;
    return (connector ? rest.replace(PRINTED_CN, named) : rest)
      .replace(PRINTED, named)
      .replace(GUID, (one) => pseudonyms.guid(one))
      .replace(HEX, (one) => pseudonyms.hex(one))
      .replace(MAIL, "someone@")
      .replace(DOMAIN, (one) => (NO_DOMAIN.test(one) ? one : pseudonyms.domain(one)))
      .replace(IPV4, address)
      .replace(IPV6, address);
  }
}

const OWNING = new Set(["owner", "formerOwner", "stack", "run"]);

/** Projects, stacks and resources in the package's records: `[kind, name]`. */
export function ownersIn(files: CopiedServer["files"]): [kind: string, name: string][] {
  const found: [string, string][] = [];
  const walk = (value: unknown, property: string): void => {
    if (typeof value === "string" && (OWNING.has(property) || property === "holders"))
      found.push([property === "stack" ? "stack" : property === "run" ? "run" : "owner", value]);
    if (Array.isArray(value)) for (const one of value) walk(one, property);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return;
    for (const [name, inner] of Object.entries(value)) {
      if (property === "claims") found.push(["owner", name]);
      if (property === "current") found.push(["owner", name.slice(name.indexOf("|") + 1)]);
      walk(inner, name);
    }
  };
  for (const { text } of files) for (const line of text.split("\n")) walk(parsed(line), "");
  return found;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

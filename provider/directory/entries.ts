/** Values of an LDAP entry, and what a distinguished name says of Exchange's tree (exchange.md 6.2). */
import type { Entry } from "ldapts";

/** Values of an attribute, whatever the case of its name. */
export function values(entry: Entry, attribute: string): (Buffer | string)[] {
  const key = Object.keys(entry).find((name) => name.toLowerCase() === attribute.toLowerCase());
  const value = key === undefined ? [] : entry[key];
  return Array.isArray(value) ? value : [value];
}

export const list = (entry: Entry, attribute: string): string[] =>
  values(entry, attribute)
    .map(String)
    .filter((value) => value !== "");

export const text = (entry: Entry, attribute: string): string | null => list(entry, attribute)[0] ?? null;

/** A number, 0 where there is none: flags that were never set are not stored. */
export const flags = (entry: Entry, attribute: string): number => Number(text(entry, attribute) ?? 0);

/** The values of a name's parts, from the object up: `CN=1,CN=SMTP,…` → `["1", "SMTP", …]` (RFC 4514). */
export function namesIn(dn: string): string[] {
  const parts = dn.match(/(?:\\.|[^,\\])+/g) ?? [];
  return parts.map((part) => unescaped(part.trim().replace(/^[^=]*=/, "")));
}

function unescaped(value: string): string {
  const bytes = value.replace(/(?:\\[0-9a-f]{2})+/gi, (hex) => Buffer.from(hex.replaceAll("\\", ""), "hex").toString("utf8"));
  return bytes.replace(/\\(.)/g, "$1");
}

/** The server below which an object stands: `CN=1,CN=SMTP,CN=Protocols,CN=EDGE01,CN=Servers,…` → `EDGE01` (exchange.md 15.9). */
export function serverIn(dn: string): string | null {
  const names = namesIn(dn);
  const servers = names.findIndex((name) => name.toLowerCase() === "servers");
  return servers > 0 ? names[servers - 1] : null;
}

/** The organisation's own name in the forest, lower case, from any object below its administrative groups; null for others. */
export function organizationIn(dn: string): string | null {
  return /,CN=Administrative Groups,(CN=.+,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=.+)$/i.exec(dn)?.[1].toLowerCase() ?? null;
}

/** Entries of the lab's directory as LDIF (RFC 2849) for a real server. */
import type { DirectoryEntry } from "../doors/ldap/filter";
import { auxiliaryClasses, knowsAttribute, structuralClass } from "./schema";

const SAFE = /^(?![ :<])[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * Everything at or below `base`, parents first, whatever the order of the list; parents that are missing become
 * containers, attributes that the schema lacks are left out.
 */
export function toLdif(entries: readonly DirectoryEntry[], base: string): string {
  const below = new Map<string, DirectoryEntry>();
  for (const entry of entries) below.set(entry.dn.toLowerCase(), entry);
  for (const { dn } of entries) {
    for (let at = parentOf(dn); at.length > base.length && !below.has(at.toLowerCase()); at = parentOf(at))
      below.set(at.toLowerCase(), container(at));
  }
  const depth = (dn: string): number => dn.replace(/\\./g, "").split(",").length;
  return [...below.values()]
    .sort((a, b) => depth(a.dn) - depth(b.dn))
    .map(entryText)
    .join("\n");
}

function parentOf(dn: string): string {
  return dn.replace(/^(?:\\.|[^,\\])*,?/, "");
}

function container(dn: string): DirectoryEntry {
  const cn = dn.slice(dn.indexOf("=") + 1, dn.length - parentOf(dn).length - 1);
  return { dn, attributes: { objectClass: ["container"], cn: [cn] } };
}

function entryText({ dn, attributes }: DirectoryEntry): string {
  const classes =
    Object.entries(attributes)
      .find(([name]) => name.toLowerCase() === "objectclass")?.[1]
      .map(String) ?? [];
  const own = Object.entries(attributes).filter(([name]) => knowsAttribute(name));
  const lines = [
    line("dn", dn),
    ...[structuralClass(classes), ...auxiliaryClasses(classes)].map((name) => line("objectClass", name)),
    ...own.flatMap(([name, values]) => values.map((value) => line(name, value))),
  ];
  return lines.join("\n") + "\n";
}

/** One attribute, in base64 where plain text would be ambiguous. */
export function line(name: string, value: string | Buffer): string {
  if (typeof value === "string" && SAFE.test(value)) return `${name}: ${value}`;
  return `${name}:: ${Buffer.from(value as string).toString("base64")}`;
}

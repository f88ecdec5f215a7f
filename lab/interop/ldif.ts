/** Entries of the lab's directory as LDIF (RFC 2849) for a real server. */
import type { DirectoryEntry } from "../doors/ldap/filter";
import { auxiliaryClasses, knowsAttribute, structuralClass } from "./schema";

const SAFE = /^(?![ :<])[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** Parents first, whatever the order of the list; attributes that the schema lacks are left out. */
export function toLdif(entries: readonly DirectoryEntry[]): string {
  const depth = (dn: string): number => dn.replace(/\\./g, "").split(",").length;
  const ordered = [...entries].sort((a, b) => depth(a.dn) - depth(b.dn));
  return ordered.map(entryText).join("\n");
}

function entryText({ dn, attributes }: DirectoryEntry): string {
  const classes = Object.entries(attributes).find(([name]) => name.toLowerCase() === "objectclass")?.[1].map(String) ?? [];
  const own = Object.entries(attributes).filter(([name]) => knowsAttribute(name));
  const lines = [
    line("dn", dn),
    ...[structuralClass(classes), ...auxiliaryClasses(classes)].map((name) => line("objectClass", name)),
    ...own.flatMap(([name, values]) => values.map((value) => line(name, value))),
  ];
  return lines.join("\n") + "\n";
}

function line(name: string, value: string | Buffer): string {
  if (typeof value === "string" && SAFE.test(value)) return `${name}: ${value}`;
  return `${name}:: ${Buffer.from(value as string).toString("base64")}`;
}

/** Search filters over multi-valued attributes; names and values compare without case, as Active Directory does for strings. */
import {
  AndFilter,
  ApproximateFilter,
  EqualityFilter,
  ExtensibleFilter,
  type Filter,
  GreaterThanEqualsFilter,
  LessThanEqualsFilter,
  NotFilter,
  OrFilter,
  PresenceFilter,
  SubstringFilter,
} from "ldapts";
import type { AttributeValues } from "./messages";

export interface DirectoryEntry {
  dn: string;
  attributes: { [name: string]: AttributeValues };
}

/** Values of an attribute, whatever the case of its name. */
export function valuesOf(entry: DirectoryEntry, attribute: string): AttributeValues {
  const wanted = attribute.toLowerCase().replace(/;.*$/, "");
  const name = Object.keys(entry.attributes).find((key) => key.toLowerCase() === wanted);
  if (name !== undefined) return entry.attributes[name];
  return wanted === "distinguishedname" ? [entry.dn] : [];
}

/** Whether an entry matches; a filter of a kind that is not supported matches nothing. */
export function matches(filter: Filter, entry: DirectoryEntry): boolean {
  if (filter instanceof AndFilter) return filter.filters.every((inner) => matches(inner, entry));
  if (filter instanceof OrFilter) return filter.filters.some((inner) => matches(inner, entry));
  if (filter instanceof NotFilter) return !matches(filter.filter, entry);
  if (filter instanceof PresenceFilter) {
    return filter.attribute.toLowerCase() === "objectclass" || valuesOf(entry, filter.attribute).length > 0;
  }
  if (filter instanceof EqualityFilter) return some(entry, filter.attribute, (value) => equal(value, filter.value));
  if (filter instanceof ApproximateFilter) return some(entry, filter.attribute, (value) => equal(value, filter.value));
  if (filter instanceof SubstringFilter) return some(entry, filter.attribute, (value) => substring(text(value), filter));
  if (filter instanceof GreaterThanEqualsFilter) return some(entry, filter.attribute, (value) => text(value) >= text(filter.value));
  if (filter instanceof LessThanEqualsFilter) return some(entry, filter.attribute, (value) => text(value) <= text(filter.value));
  if (filter instanceof ExtensibleFilter) return some(entry, filter.matchType, (value) => bits(String(value), filter));
  return false;
}

const BIT_AND = "1.2.840.113556.1.4.803";
const BIT_OR = "1.2.840.113556.1.4.804";

/** Active Directory's bitwise rules; other rules match nothing. */
function bits(value: string, { rule, value: wanted }: ExtensibleFilter): boolean {
  const [have, mask] = [Number(value), Number(wanted)];
  if (!Number.isInteger(have) || !Number.isInteger(mask)) return false;
  if (rule === BIT_AND) return (have & mask) === mask;
  return rule === BIT_OR && (have & mask) !== 0;
}

const some = (entry: DirectoryEntry, attribute: string, test: (value: string | Buffer) => boolean): boolean =>
  valuesOf(entry, attribute).some(test);

const text = (value: string | Buffer): string => value.toString("utf8").toLowerCase();

function equal(value: string | Buffer, wanted: string | Buffer): boolean {
  return Buffer.isBuffer(value) ? value.equals(Buffer.from(wanted)) : text(value) === text(wanted);
}

function substring(value: string, { initial, any, final }: SubstringFilter): boolean {
  const start = initial.toLowerCase();
  const end = final.toLowerCase();
  if (!value.startsWith(start)) return false;
  let position = start.length;
  for (const part of any.map((item) => item.toLowerCase())) {
    const found = value.indexOf(part, position);
    if (found < 0) return false;
    position = found + part.length;
  }
  return value.length - end.length >= position && value.endsWith(end);
}

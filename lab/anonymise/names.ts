/** X.500 names: as DER with other values, and as Windows prints them. */
import { isDomainName } from "../../provider/pki";
import { oidText, TAG, type DerElement } from "../../provider/pki/der";
import { der } from "../model/derWriter";
import type { Pseudonyms } from "./pseudonyms";

const COMMON_NAME = "2.5.4.3";
const COUNTRY = "2.5.4.6";
const DOMAIN_COMPONENT = "0.9.2342.19200300.100.1.25";
/** What a value is called when its type has no name of its own. */
const KINDS: { [oid: string]: string } = {
  [COMMON_NAME]: "Name",
  "2.5.4.10": "Company",
  "2.5.4.11": "Unit",
  "2.5.4.7": "Place",
  "2.5.4.8": "State",
};
/** Common names that setup gives everywhere. */
const SETUP = /^(Microsoft Exchange Server Auth Certificate|Microsoft Exchange|Federation)$/;
const SETUP_OF_SERVER = /^(WMSvc(?:-SHA2)?)-(.+)$/;

/** The value of one attribute in a made-up name. */
export function valueOf(oid: string, text: string, pseudonyms: Pseudonyms, server: (name: string) => string | undefined): string {
  if (oid === COUNTRY) return "ZZ";
  if (oid === DOMAIN_COMPONENT) return pseudonyms.named("component-", text);
  if (oid !== COMMON_NAME) return pseudonyms.named(KINDS[oid] ?? "Value", text);
  if (SETUP.test(text)) return text;
  const own = server(text);
  if (own !== undefined) return own;
  const [, prefix, of] = SETUP_OF_SERVER.exec(text) ?? [];
  if (of !== undefined) return `${prefix}-${server(of) ?? pseudonyms.named("Name", of)}`;
  return isDomainName(text) && text.includes(".") ? pseudonyms.domain(text) : pseudonyms.named("Name", text);
}

const STRINGS = new Set([0x0c, 0x13, 0x14, 0x16, 0x1e]);

/** The same structure with other values, all of them UTF-8 or as they were typed. */
export function renamed(name: DerElement, value: (oid: string, text: string) => string): Buffer {
  const sets = name.children.map((set) => der(set.tag, ...set.children.map((part) => attribute(part, value))));
  return der(TAG.SEQUENCE, ...sets);
}

function attribute(part: DerElement, value: (oid: string, text: string) => string): Buffer {
  const [type, old] = part.children;
  if (!STRINGS.has(old.tag)) return der(TAG.SEQUENCE, type.bytes, der(0x0c, Buffer.from("Value")));
  // BMPString is big-endian UTF-16
  const text =
    old.tag === 0x1e ? Buffer.from(old.content).swap16().toString("utf16le") : old.content.toString(old.tag === 0x14 ? "latin1" : "utf8");
  const fresh = value(oidText(type), text);
  const kept = old.tag === 0x13 || old.tag === 0x16 ? old.tag : 0x0c;
  return der(TAG.SEQUENCE, type.bytes, der(kept, Buffer.from(fresh, "utf8")));
}

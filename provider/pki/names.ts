/**
 * X.500 names as Windows prints them (`X509Certificate2.Subject` and `.Issuer`).
 *
 * Exchange finds a connector's certificate by this very string, so it is made from the DER bytes alone.
 * Rules: Microsoft's documentation of CertNameToStr with CERT_X500_NAME_STR, which .NET calls with the
 * reversed order (most specific name first). The attributes of a multi-valued RDN keep their order.
 */
import { child, DerElement, DerError, oidText, octets, readDer, TAG } from "./der";

/**
 * Key names that Windows knows; every other type is printed as `OID.1.2.3`. The set is the one that .NET publishes
 * as extracted from Windows (dotnet/runtime, OidLookup, MIT licence).
 */
const KEY_NAMES: Record<string, string> = {
  "2.5.4.3": "CN",
  "2.5.4.4": "SN",
  "2.5.4.5": "SERIALNUMBER",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "S",
  "2.5.4.9": "STREET",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "2.5.4.12": "T",
  "2.5.4.13": "Description",
  "2.5.4.17": "PostalCode",
  "2.5.4.18": "POBox",
  "2.5.4.20": "Phone",
  "2.5.4.24": "X21Address",
  "2.5.4.42": "G",
  "2.5.4.43": "I",
  "2.5.4.46": "dnQualifier",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "E",
  "2.23.133.2.1": "TPMManufacturer",
  "2.23.133.2.2": "TPMModel",
  "2.23.133.2.3": "TPMVersion",
};

const COMMON_NAME = "2.5.4.3";
const MAX_NAME_BYTES = 64 * 1024;

/** One attribute of a name. `value` is null when it is not a string type. */
export interface NameAttribute {
  type: string;
  value: string | null;
  /** Upper-case hex that stands for a value which is not text. */
  hex: string;
}

/**
 * A raw DER `Name` as Windows prints it; an empty name gives "".
 * Throws DerError when the bytes are no `Name`.
 */
export function windowsName(der: Uint8Array): string {
  const names = readName(der).map((attributes) => attributes.map(attributeText).join(" + "));
  return names.reverse().join(", ");
}

/** The RDNs of a raw DER `Name`, in the order of the encoding (most general first). */
export function readName(der: Uint8Array): NameAttribute[][] {
  if (der.byteLength > MAX_NAME_BYTES) throw new DerError("the name is too long");
  const name = readDer(der);
  if (name.tag !== TAG.SEQUENCE) throw new DerError("it is not a name");
  return name.children.map((set) => {
    if (set.tag !== TAG.SET) throw new DerError("it is not a name");
    return set.children.map(readAttribute);
  });
}

/** The most specific common name, or null. */
export function commonNameOf(der: Uint8Array): string | null {
  const found = readName(der)
    .flat()
    .filter((attribute) => attribute.type === COMMON_NAME && attribute.value);
  return found.length > 0 ? found[found.length - 1].value : null;
}

function readAttribute(element: DerElement): NameAttribute {
  if (element.tag !== TAG.SEQUENCE) throw new DerError("it is not a name");
  const value = child(element, 1);
  // Windows prints an OCTET STRING by its content and any other non-text value with its header.
  const raw = value.tag === TAG.OCTET_STRING ? octets(value) : value.bytes;
  return { type: oidText(child(element, 0)), value: readText(value), hex: raw.toString("hex").toUpperCase() };
}

/** The text of a string type, or null for anything else. */
function readText(element: DerElement): string | null {
  const bytes = element.content;
  switch (element.tag) {
    case 0x0c: // UTF8String
      return bytes.toString("utf8");
    case 0x14: // TeletexString: Windows tries UTF-8 first, then one character a byte
      return strictUtf8(bytes) ?? bytes.toString("latin1");
    case 0x12: // NumericString
    case 0x13: // PrintableString
    case 0x15: // VideotexString
    case 0x16: // IA5String
    case 0x19: // GraphicString
    case 0x1a: // VisibleString
    case 0x1b: // GeneralString
      return bytes.toString("latin1");
    case 0x1c: // UniversalString
      return readUniversal(bytes);
    case 0x1e: // BMPString
      return bytes.length % 2 === 0 ? Buffer.from(bytes).swap16().toString("utf16le") : null;
    default:
      return null;
  }
}

function strictUtf8(bytes: Buffer): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function readUniversal(bytes: Buffer): string | null {
  if (bytes.length % 4 !== 0) return null;
  let text = "";
  for (let at = 0; at < bytes.length; at += 4) {
    const point = bytes.readUInt32BE(at);
    text += point > 0x10ffff ? "\ufffd" : String.fromCodePoint(point);
  }
  return text;
}

function attributeText(attribute: NameAttribute): string {
  const key = KEY_NAMES[attribute.type] ?? `OID.${attribute.type}`;
  return `${key}=${attribute.value === null ? `#${attribute.hex}` : quoted(attribute.value)}`;
}

/** Quotes where CertNameToStr does (of the blanks only the ASCII ones count); a quote inside is doubled. */
function quoted(value: string): string {
  const needed = value === "" || /[,+="\n<>#;]/.test(value) || /^[ \t\n\v\f\r]|[ \t\n\v\f\r]$/.test(value);
  return needed ? `"${value.replaceAll('"', '""')}"` : value;
}

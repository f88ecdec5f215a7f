/** Subjects as people write them, encoded as DER names; forge's own names know no multi-valued RDNs. */
import forge from "node-forge";

/** One attribute: type as OID or short name (`CN`, `O`, `OU`, `C`, `L`, `ST`, `E`, `DC`), value as text. */
export type NamePart = [type: string, value: string];
/** `CN=edge01.contoso.com, O=Contoso, C=US`, or the RDNs from the most specific on; an inner array is a multi-valued RDN. */
export type SubjectInput = string | (NamePart | NamePart[])[];

const { asn1 } = forge;
type Asn1 = forge.asn1.Asn1;
const OIDS: Record<string, string> = {
  CN: "2.5.4.3",
  SN: "2.5.4.4",
  SERIALNUMBER: "2.5.4.5",
  C: "2.5.4.6",
  L: "2.5.4.7",
  S: "2.5.4.8",
  ST: "2.5.4.8",
  STREET: "2.5.4.9",
  O: "2.5.4.10",
  OU: "2.5.4.11",
  T: "2.5.4.12",
  G: "2.5.4.42",
  DC: "0.9.2342.19200300.100.1.25",
  E: "1.2.840.113549.1.9.1",
};
/** A DER `Name` of what is written most specific first. */
export function encodeName(input: SubjectInput): Asn1 {
  const rdns = typeof input === "string" ? parseSubject(input) : input;
  const sets = rdns.map((rdn) => {
    const parts = (Array.isArray(rdn[0]) ? rdn : [rdn]) as NamePart[];
    return create(asn1.Type.SET, true, parts.map(encodePart));
  });
  return create(asn1.Type.SEQUENCE, true, sets.reverse());
}

function encodePart([type, value]: NamePart): Asn1 {
  const oid = OIDS[type.toUpperCase()] ?? type;
  const ia5 = oid === OIDS.DC || oid === OIDS.E;
  const printable = /^[A-Za-z0-9 '()+,./:=?-]*$/.test(value);
  const kind = ia5 ? asn1.Type.IA5STRING : printable ? asn1.Type.PRINTABLESTRING : asn1.Type.UTF8;
  const text = kind === asn1.Type.UTF8 ? Buffer.from(value, "utf8").toString("binary") : value;
  return create(asn1.Type.SEQUENCE, true, [create(asn1.Type.OID, false, asn1.oidToDer(oid).getBytes()), create(kind, false, text)]);
}

/** `CN=edge01.contoso.com, O="Contoso, Ltd"`: commas separate, quotes protect. */
function parseSubject(text: string): NamePart[] {
  const parts = text.match(/(?:"(?:[^"]|"")*"|[^,"])+/g) ?? [];
  return parts.map((part) => {
    const at = part.indexOf("=");
    if (at < 1) throw new Error(`"${part.trim()}" is not of the form TYPE=value.`);
    const value = part.slice(at + 1).trim();
    const plain = value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value;
    return [
      part
        .slice(0, at)
        .trim()
        .replace(/^OID\./i, ""),
      plain,
    ];
  });
}

/** One universal element. */
export function create(type: forge.asn1.Type, constructed: boolean, value: string | Asn1[]): Asn1 {
  return asn1.create(asn1.Class.UNIVERSAL, type, constructed, value);
}

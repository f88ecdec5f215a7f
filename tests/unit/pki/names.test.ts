import assert from "node:assert/strict";
import { commonNameOf, windowsName } from "../../../provider/pki";
import { oid, sequence, tlv } from "./building";

/** `[OID, string tag, bytes or text]`; the list is in the order of the encoding, as in a certificate. */
type Part = [oid: string, tag: number, value: string | Buffer];
const PRINTABLE = 0x13;
const UTF8 = 0x0c;
const BMP = 0x1e;

function name(...rdns: (Part | Part[])[]): Buffer {
  const sets = rdns.map((rdn) => {
    const parts = (Array.isArray(rdn[0]) ? rdn : [rdn]) as Part[];
    return tlv(0x31, ...parts.map(([type, tag, value]) => sequence(oid(type), tlv(tag, Buffer.from(value as string)))));
  });
  return sequence(...sets);
}

const utf16be = (text: string): Buffer => Buffer.from(text, "utf16le").swap16();
const cn = (value: string | Buffer, tag = UTF8): Buffer => name(["2.5.4.3", tag, value]);

/** Expected strings: Microsoft's documentation of CertNameToStr, and what .NET's own tests state for Windows. */
const CASES: [title: string, der: Buffer, expected: string][] = [
  ["an empty name", name(), ""],
  ["a single name", cn("mail.contoso.com"), "CN=mail.contoso.com"],
  [
    "the most specific name first, S for the state",
    name(
      ["2.5.4.6", PRINTABLE, "US"],
      ["2.5.4.8", UTF8, "WA"],
      ["2.5.4.7", UTF8, "Redmond"],
      ["2.5.4.10", UTF8, "Contoso"],
      ["2.5.4.11", UTF8, "IT"],
      ["2.5.4.3", UTF8, "mail.contoso.com"],
    ),
    "CN=mail.contoso.com, OU=IT, O=Contoso, L=Redmond, S=WA, C=US",
  ],
  [
    "an extended validation subject, with types that Windows does not know",
    name(
      ["1.3.6.1.4.1.311.60.2.1.3", PRINTABLE, "US"],
      ["1.3.6.1.4.1.311.60.2.1.2", UTF8, "Washington"],
      ["2.5.4.15", PRINTABLE, "Private Organization"],
      ["2.5.4.5", PRINTABLE, "600413485"],
      ["2.5.4.6", PRINTABLE, "US"],
      ["2.5.4.17", UTF8, "98052"],
      ["2.5.4.9", UTF8, "1 Contoso Way"],
      ["2.5.4.3", UTF8, "www.contoso.com"],
    ),
    "CN=www.contoso.com, STREET=1 Contoso Way, PostalCode=98052, C=US, SERIALNUMBER=600413485, " +
      "OID.2.5.4.15=Private Organization, OID.1.3.6.1.4.1.311.60.2.1.2=Washington, OID.1.3.6.1.4.1.311.60.2.1.3=US",
  ],
  [
    "every other key name of Windows",
    name(
      ["0.9.2342.19200300.100.1.25", 0x16, "com"],
      ["1.2.840.113549.1.9.1", 0x16, "post@contoso.com"],
      ["2.5.4.4", UTF8, "Doe"],
      ["2.5.4.42", UTF8, "Jane"],
      ["2.5.4.43", UTF8, "J"],
      ["2.5.4.12", UTF8, "Admin"],
      ["2.5.4.13", UTF8, "text"],
      ["2.5.4.18", UTF8, "12"],
      ["2.5.4.20", PRINTABLE, "555"],
      ["2.5.4.24", 0x12, "1 2"],
      ["2.5.4.46", PRINTABLE, "q"],
      ["2.23.133.2.1", UTF8, "id:1"],
    ),
    "TPMManufacturer=id:1, dnQualifier=q, X21Address=1 2, Phone=555, POBox=12, Description=text, T=Admin, I=J, G=Jane, " +
      "SN=Doe, E=post@contoso.com, DC=com",
  ],
  ["user id, which has no key name", name(["0.9.2342.19200300.100.1.1", UTF8, "jd"]), "OID.0.9.2342.19200300.100.1.1=jd"],
  ["organizationIdentifier", name(["2.5.4.97", UTF8, "VATDE-1"]), "OID.2.5.4.97=VATDE-1"],
  [
    "a multi-valued RDN, in its own order",
    name(
      ["2.5.4.6", PRINTABLE, "US"],
      [
        ["2.5.4.3", UTF8, "James"],
        ["2.5.4.10", UTF8, "Contoso"],
      ],
    ),
    "CN=James + O=Contoso, C=US",
  ],
  [
    "a multi-valued RDN that is not sorted",
    name([
      ["2.5.4.11", UTF8, "zzzz"],
      ["2.5.4.11", UTF8, "aaaa"],
    ]),
    "OU=zzzz + OU=aaaa",
  ],
  ["a comma", name(["2.5.4.10", UTF8, "Contoso, Ltd."]), 'O="Contoso, Ltd."'],
  ["a plus sign", cn("a+b"), 'CN="a+b"'],
  ["an equals sign", cn("a=b"), 'CN="a=b"'],
  ["a less-than sign", cn("a<b"), 'CN="a<b"'],
  ["a greater-than sign", cn("a>b"), 'CN="a>b"'],
  ["a hash", cn("a#b"), 'CN="a#b"'],
  ["a semicolon", cn("a;b"), 'CN="a;b"'],
  ["a line feed", cn("a\nb"), 'CN="a\nb"'],
  ["a carriage return inside, which is not quoted", cn("a\rb"), "CN=a\rb"],
  ["quotes, which are doubled", cn('Joe "Cool"'), 'CN="Joe ""Cool"""'],
  ["a leading blank", cn(" a"), 'CN=" a"'],
  ["a trailing blank", cn("a "), 'CN="a "'],
  ["a leading tab", cn("\ta"), 'CN="\ta"'],
  ["a trailing carriage return", cn("a\r"), 'CN="a\r"'],
  ["a Unicode blank at the end, which is not quoted", cn("a\u2002"), "CN=a\u2002"],
  ["blanks inside, several of them", cn("a   b"), "CN=a   b"],
  ["an empty value", cn(""), 'CN=""'],
  ["slashes and backslashes", cn("a/b\\c"), "CN=a/b\\c"],
  ["UTF-8", cn("Köln 東京 😀"), "CN=Köln 東京 😀"],
  ["BMPString", cn(utf16be("Köln 東京"), BMP), "CN=Köln 東京"],
  ["UniversalString", cn(Buffer.from("0000004b000000f600006771", "hex"), 0x1c), "CN=Kö東"],
  ["TeletexString that is Latin-1", cn(Buffer.from("M\u00f8bel", "latin1"), 0x14), "CN=M\u00f8bel"],
  ["TeletexString that is UTF-8", cn(Buffer.from([0xc2, 0xa2]), 0x14), "CN=\u00a2"],
  ["TeletexString with one bad byte", cn(Buffer.from([0xc2, 0xa2, 0xf8]), 0x14), "CN=\u00c2\u00a2\u00f8"],
  ["NumericString", name(["1.1.1.2.2.3", 0x12, "123 654"]), "OID.1.1.1.2.2.3=123 654"],
  ["a value that is no text", name(["2.5.4.106", 0x06, Buffer.from([0x2a, 3, 4])]), "OID.2.5.4.106=#06032A0304"],
  ["an octet string", name(["2.5.4.45", 0x04, Buffer.from([0x0a, 0x56, 0xcf])]), "OID.2.5.4.45=#0A56CF"],
];

describe("windowsName", () => {
  for (const [title, der, expected] of CASES) {
    it(`prints ${title}`, () => assert.equal(windowsName(der), expected));
  }

  it("refuses what is no name", () => {
    const broken = [Buffer.alloc(0), Buffer.from("3003020101", "hex"), Buffer.from("30173115", "hex"), tlv(0x31)];
    for (const bytes of broken) assert.throws(() => windowsName(bytes));
  });

  it("refuses a name that is nested without end", () => {
    const deep = Buffer.concat([Buffer.alloc(20_000, Buffer.from([0x30, 0x80])), Buffer.alloc(4)]);
    assert.throws(() => windowsName(deep), /nested too deeply/);
  });

  it("takes the most specific common name", () => {
    const der = name(["2.5.4.3", UTF8, "Users"], ["2.5.4.3", UTF8, "edge01.contoso.com"]);
    assert.equal(commonNameOf(der), "edge01.contoso.com");
    assert.equal(commonNameOf(name(["2.5.4.10", UTF8, "Contoso"])), null);
  });
});

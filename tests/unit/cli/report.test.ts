import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { escapeHtml } from "../../../provider/cli/html";
import { htmlReport } from "../../../provider/cli/report/html";
import { escapeText, folded, icsReport } from "../../../provider/cli/report/ics";
import { buildReport, JUDGING, type HostFindings, type Report } from "../../../provider/cli/report/model";
import { textReport } from "../../../provider/cli/report/text";
import { width } from "../../../provider/cli/table";

const NOW = new Date("2026-11-22T12:00:00Z");
const HOSTILE = `CN=<script>alert("x")</script>&'\u202Egnp.exe\u001B[31m\n, O=日本株式会社`;

function certificate(thumbprint: string, subject: string, days: number): HostFindings["certificates"][number] {
  const notAfter = new Date(NOW.getTime() + days * 86_400_000 + 3_600_000);
  const issuer = "CN=Contoso Issuing CA";
  return {
    thumbprint,
    subject,
    issuer,
    commonName: subject.startsWith("CN=") ? subject.slice(3) : null,
    domainNames: [],
    hasPrivateKey: true,
    status: "Valid",
    notBefore: new Date("2026-01-01T00:00:00Z"),
    notAfter,
    services: ["SMTP"],
    tlsCertificateName: `<I>${issuer}<S>${subject}`,
    friendlyName: "",
  };
}
function host(server: string, ...certificates: HostFindings["certificates"]): HostFindings {
  const connectors = [{ name: "Outbound", tlsCertificateName: "<I>CN=Contoso Issuing CA<S>CN=mail.contoso.com" }];
  return {
    name: server,
    server,
    fqdn: `${server.toLowerCase()}.contoso.com`,
    role: "Edge",
    certificates,
    defaultThumbprint: "A".repeat(40),
    connectors,
    usage: {
      default: "A".repeat(40),
      names: connectors.map(({ name, tlsCertificateName }) => ({ object: `connector ${name}`, tlsCertificateName })),
      fqdns: [],
      ldaps: null,
      bindings: [],
      auth: [],
    },
  };
}
function sample(): Report {
  const mail = certificate("A".repeat(40), "CN=mail.contoso.com", 9);
  const failure = { name: "EDGE03", error: { code: "HOST_UNREACHABLE", sentence: "<b>no</b> answer", hint: "look" } };
  const odd = certificate("B".repeat(40), HOSTILE, 45);
  return buildReport([host("EDGE01", mail, odd), host("EDGE02", mail, certificate("C".repeat(40), "CN=old", -3))], [failure], NOW);
}

describe("expiry overview", () => {
  it("never alarms for what nothing uses, and for what is ignored", () => {
    const spare = { ...certificate("D".repeat(40), "CN=spare", 3), services: [] };
    const known = host("EDGE01", certificate("A".repeat(40), "CN=mail.contoso.com", 9), spare);
    const failUnder = { days: 10, share: 1 };
    const lights = (ignored: string[]): unknown[] =>
      buildReport([{ ...known, usage: { ...known.usage, ldaps: "" } }], [], NOW, {
        ...JUDGING,
        ignored: new Set(ignored),
        failUnder,
      }).rows.map(({ light, due }) => [light, due]);
    assert.deepEqual(lights([]), [
      ["unused", false],
      ["red", true],
    ]);
    assert.deepEqual(lights(["A".repeat(40)]), [
      ["unused", false],
      ["ignored", false],
    ]);
  });

  it("puts the first to expire first, and knows default and connectors", () => {
    const rows = sample().rows.map(({ host: on, subject, daysLeft, isDefault, connectors }) => [
      on,
      subject.slice(0, 7),
      daysLeft,
      isDefault,
      connectors.length,
    ]);
    assert.deepEqual(rows, [
      ["EDGE02", "CN=old", -3, false, 0],
      ["EDGE01", "CN=mail", 9, true, 1],
      ["EDGE02", "CN=mail", 9, true, 1],
      ["EDGE01", "CN=<scr", 45, false, 0],
    ]);
  });

  it("lines its columns up, whatever the subjects are", () => {
    const lines = textReport(sample(), false).slice(0, 5);
    const column = (line: string, word: string): number => width(line.slice(0, line.indexOf(word)));
    const starts = lines.slice(1).map((line) => column(line, "2026-") + column(line, "2027-"));
    assert.equal(
      new Set(lines.slice(1).map((line) => column(line, /\d{4}-\d\d-\d\d/.exec(line)![0]))).size,
      1,
      lines.join("\n") + starts.join(),
    );
    assert.equal(column(lines[0], "NOT AFTER"), column(lines[1], /\d{4}-\d\d-\d\d/.exec(lines[1])![0]));
  });

  it("colours lines without changing their text", () => {
    assert.deepEqual(textReport(sample(), true).map(stripVTControlCharacters), textReport(sample(), false));
    assert.notDeepEqual(textReport(sample(), true), textReport(sample(), false));
  });

  it("lets nothing of a certificate steer a terminal", () => {
    const text = textReport(sample(), false).join(" ");
    assert.doesNotMatch(text, /[\u001B\u202E]/);
    assert.equal(width("日本e\u0301"), 5);
  });

  it("escapes everything in the page", () => {
    const page = htmlReport(sample());
    assert.doesNotMatch(page, /<script|<b>no|alert\("x"\)|\u202E|\u001B/);
    assert.match(page, /&lt;script&gt;alert\(&quot;x&quot;\)/);
    const unit = fc.constantFrom("<", ">", "&", '"', "'", ";", "\u0000", "\n", "\u202E", "a", "é", "日");
    fc.assert(fc.property(fc.string({ unit }), (text) => !/[<>"'\u0000-\u001F]|&(?!(amp|lt|gt|quot|#39);)/.test(escapeHtml(text))));
  });

  it("makes one page even of nothing", () => {
    assert.match(htmlReport(buildReport([], [], NOW)), /0 certificates on 0 hosts/);
    assert.equal(textReport(buildReport([], [], NOW), false).length, 1);
  });
});

describe("expiry calendar", () => {
  const unfolded = (text: string): string[] => text.replace(/\r\n /g, "").split("\r\n");

  it("has one entry a certificate, none for what has expired, and two reminders each", () => {
    const lines = unfolded(icsReport(sample()));
    assert.equal(lines.filter((line) => line === "BEGIN:VEVENT").length, 2);
    assert.deepEqual(
      lines.filter((line) => line.startsWith("TRIGGER:")),
      ["TRIGGER:-P30D", "TRIGGER:-P7D", "TRIGGER:-P30D", "TRIGGER:-P7D"],
    );
    assert.ok(lines.includes("DTSTART:20261201T130000Z"));
    assert.ok(lines.includes("SUMMARY:CN=mail.contoso.com expires on EDGE01\\, EDGE02"));
    assert.equal(lines.filter((line) => line.startsWith("BEGIN:")).length, lines.filter((line) => line.startsWith("END:")).length);
  });

  it("reminds of a life of days by its share", () => {
    const short = { ...certificate("A".repeat(40), "CN=mail.contoso.com", 5), notBefore: new Date("2026-11-22T01:00:00Z") };
    const lines = unfolded(icsReport(buildReport([host("EDGE01", { ...short, notAfter: new Date("2026-11-28T01:00:00Z") })], [], NOW)));
    assert.deepEqual(
      lines.filter((line) => line.startsWith("TRIGGER:")),
      ["TRIGGER:-P2D", "TRIGGER:-P1D"],
    );
    assert.ok(lines.some((line) => line.startsWith("DESCRIPTION:In 24 hours: ")));
  });

  it("ends every line with CRLF and none is longer than 75 octets", () => {
    const text = icsReport(sample());
    assert.ok(text.endsWith("\r\n"));
    for (const line of text.split("\r\n")) assert.ok(Buffer.byteLength(line) <= 75 && !line.includes("\n"), line);
  });

  it("folds and escapes without losing anything", () => {
    assert.equal(escapeText("a;b,c\\d\ne"), "a\\;b\\,c\\\\d\u{FFFD}e");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (text) => {
        const lines = folded(text).split("\r\n ");
        return lines.join("") === text && lines.every((line, index) => Buffer.byteLength(line) <= (index === 0 ? 75 : 74));
      }),
    );
  });
});

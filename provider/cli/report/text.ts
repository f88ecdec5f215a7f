/** The overview as a table for terminals. */
import { styleText } from "node:util";
import { plural } from "../../base/text";
import { harmless } from "../output";
import { tableLines } from "../table";
import { openLines, owedLines, summary, type Light, type Report, type Row } from "./model";

const HEADINGS = ["", "HOST", "SUBJECT", "THUMBPRINT", "SERVICES", "DEFAULT", "NAMED BY", "NOT AFTER", "LEFT"];
const LONGEST_SUBJECT = 48;
const STYLES: { [light in Light]: Parameters<typeof styleText>[0] } = {
  expired: ["bold", "red"],
  red: "red",
  yellow: "yellow",
  green: "green",
  unused: "dim",
  ignored: "dim",
};

/** Lines of the whole report. */
export function textReport(report: Report, colour: boolean): string[] {
  const { heading, lines } = tableLines(HEADINGS, report.rows.map(cellsOf));
  const painted = lines.map((line, index) =>
    colour ? styleText(STYLES[report.rows[index].light], line, { validateStream: false }) : line,
  );
  return [
    ...(lines.length > 0 ? [heading, ...painted, ""] : []),
    `${plural(report.rows.length, "certificate")} on ${plural(report.hosts.length, "host")} on ${report.now.slice(0, 10)}: ${summary(report)}.`,
    ...openLines(report).map((one) => `open: ${harmless(one)}`),
    ...owedLines(report).map((one) => `owed: ${harmless(one)}`),
    ...report.failures.map(
      ({ name, error }) => `not read: ${name}: [${error.code}] ${harmless(error.sentence)}\n  Hint: ${harmless(error.hint)}`,
    ),
  ];
}

function cellsOf(row: Row): string[] {
  return [
    row.light,
    row.host,
    shortened(harmless(row.subject || "(no subject)")),
    row.thumbprint.slice(0, 8) + "…",
    row.services.join(", ") || "-",
    row.isDefault ? "yes" : "-",
    row.connectors.map(harmless).join(", ") || "-",
    row.notAfter.slice(0, 10),
    row.left,
  ];
}

function shortened(text: string): string {
  const letters = [...new Intl.Segmenter().segment(text)].map((one) => one.segment);
  return letters.length <= LONGEST_SUBJECT ? text : letters.slice(0, LONGEST_SUBJECT - 1).join("") + "…";
}

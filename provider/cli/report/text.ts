/** The overview as a table for terminals. */
import { styleText } from "node:util";
import { harmless } from "../output";
import { owedLines, summary, type Light, type Report, type Row } from "./model";

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
  const cells = report.rows.map(cellsOf);
  const widths = HEADINGS.map((heading, column) => Math.max(width(heading), ...cells.map((row) => width(row[column]))));
  const line = (row: string[]): string =>
    row
      .map((cell, column) => pad(cell, widths[column]))
      .join("  ")
      .trimEnd();
  const painted = report.rows.map((row, index) =>
    colour ? styleText(STYLES[row.light], line(cells[index]), { validateStream: false }) : line(cells[index]),
  );
  return [
    ...(report.rows.length > 0 ? [line(HEADINGS), ...painted, ""] : []),
    `${report.rows.length} certificates on ${report.hosts.length} hosts on ${report.now.slice(0, 10)}: ${summary(report)}.`,
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

const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u;

/** Columns that a text takes: wide East Asian letters count twice, combining marks not at all. */
export function width(text: string): number {
  let columns = 0;
  for (const letter of text) columns += /\p{M}/u.test(letter) ? 0 : WIDE.test(letter) ? 2 : 1;
  return columns;
}
function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - width(text)));
}

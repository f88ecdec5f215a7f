/** What a notice speaks of: one item for each certificate, finding or host that somebody should look at. Pure. */
import { limitInWords } from "../../exchange/lifetimes";
import type { Diagnosis } from "../doctor/report";
import type { Report, Row } from "../report/model";

export type Kind = "report" | "doctor";

export interface Item {
  /** The same thing in every run. */
  key: string;
  /** What makes it news when it changes: a light, a severity; never a count of days. */
  state: string;
  title: string;
  detail: string;
  /** What to do, in order. */
  remedy: string[];
}

/** A certificate that is green, unused or ignored is none; one that was replaced and stays is. */
export function reportItems(report: Report): Item[] {
  const alarming = report.rows.filter((row) => row.due || ["expired", "red", "yellow"].includes(row.light));
  const owed = report.rows.filter((row) => row.owed !== null);
  return [
    ...alarming.map((row) => certificateItem(row, report)),
    ...owed.map(({ host, thumbprint, subject, owed: why }): Item => ({
      key: `owed|${host}|${thumbprint}`,
      state: "owed",
      title: `${host}: ${subject} was replaced and is still installed`,
      detail: `${thumbprint}, since ${why!.since.slice(0, 10)}: ${why!.why}`,
      remedy: ["Do what the reason names; the next `pulumi up` takes it out."],
    })),
    ...report.failures.map(({ name, error }) => unreadItem(name, error.code, error.sentence, error.hint)),
  ];
}

function certificateItem(row: Row, { thresholds }: Report): Item {
  const limit = row.light === "red" || row.light === "yellow" ? `, ${limitInWords(thresholds[row.light])}` : "";
  const when = row.light === "expired" ? `has expired on ${row.notAfter.slice(0, 10)}` : `ends on ${row.notAfter.slice(0, 10)}`;
  return {
    key: `certificate|${row.host}|${row.thumbprint}`,
    // crossing a threshold is a change, another day is not
    state: `${row.light}${row.due ? " due" : ""}`,
    title: `${row.host}: ${row.subject || "a certificate without a subject"} ${when}`,
    detail: `${row.thumbprint}, ${row.left}${limit}; used by ${row.uses.join(", ") || "nothing"}`,
    remedy: [
      "Provide the successor and deploy it with `pulumi up` (a preview shows the rotation first).",
      "What nobody needs any more: `--ignore <thumbprint>`, or remove it.",
    ],
  };
}

export function doctorItems({ findings, unread }: Diagnosis): Item[] {
  return [
    ...findings
      .filter(({ past, severity }) => !past && severity !== "notice")
      .map(({ id, places, object, severity, cause, seen, remedy }): Item => {
        const hosts = [...new Set(places.map(({ host }) => host))].sort().join(", ");
        return {
          key: `finding|${id}|${hosts}|${object}`,
          state: severity,
          title: `${hosts}: ${id}${object === hosts ? "" : ` (${object})`}`,
          detail: [cause, ...seen.slice(0, 1)].join(" "),
          remedy,
        };
      }),
    ...unread.map(({ host, code, sentence, hint }) => unreadItem(host, code, sentence, hint)),
  ];
}

function unreadItem(host: string, code: string, sentence: string, hint: string): Item {
  return {
    key: `unread|${host}|${code}`,
    state: "unread",
    title: `${host}: could not be looked at (${code})`,
    detail: sentence,
    remedy: [hint],
  };
}

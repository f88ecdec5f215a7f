/** The overview as one HTML page. */
import { plural } from "../../base/text";
import { escapeHtml, htmlDocument } from "../html";
import { openLines, owedLines, summary, type Report, type Row } from "./model";
import { COLOURS, timeline } from "./timeline";

const STYLE = `
:root { color-scheme: light dark; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
code { font-size: .85em; overflow-wrap: anywhere; }
.light { color: #fff; border-radius: .3rem; padding: .05rem .5rem; }
.scroll { overflow-x: auto; }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: currentColor; } svg .small { font-size: 10px; opacity: .75; } svg .mark { stroke: #8888; stroke-dasharray: 3 3; }
`;
const HEADINGS = ["", "Host", "Subject", "Thumbprint", "Services", "Default", "Named by", "Used by", "Not after", "Left"];

export function htmlReport(report: Report): string {
  const body = `<h1>Exchange certificates</h1>
<p>As of ${escapeHtml(report.now)}: ${plural(report.rows.length, "certificate")} on ${plural(report.hosts.length, "host")}.
${summary(report)}.</p>
${failures(report)}
${listed("Open rotations", openLines(report))}
${listed("Owed by earlier renewals", owedLines(report))}
${timeline(report)}
<div class="scroll">
<table>
<thead><tr>${HEADINGS.map((heading) => `<th scope="col">${heading}</th>`).join("")}</tr></thead>
<tbody>
${report.rows.map(row).join("\n")}
</tbody>
</table>
</div>`;
  return htmlDocument({ title: `Exchange certificates, ${report.now.slice(0, 10)}`, style: STYLE, body });
}

function failures({ failures: failed }: Report): string {
  if (failed.length === 0) return "";
  const items = failed.map(
    ({ name, error }) => `<li><strong>${escapeHtml(name)}</strong>: [${escapeHtml(error.code)}] ${escapeHtml(error.sentence)}</li>`,
  );
  return `<h2>Not read</h2>\n<ul>${items.join("")}</ul>`;
}

function listed(heading: string, lines: string[]): string {
  const items = lines.map((one) => `<li>${escapeHtml(one)}</li>`);
  return items.length === 0 ? "" : `<h2>${heading}</h2>\n<ul>${items.join("")}</ul>`;
}

function row(one: Row): string {
  const cells = [
    `<span class="light" style="background:${COLOURS[one.light]}">${one.light}</span>`,
    `${escapeHtml(one.host)}<br><small>${escapeHtml(one.fqdn)}</small>`,
    `${escapeHtml(one.subject || "(no subject)")}<br><small>issued by ${escapeHtml(one.issuer)}</small>`,
    `<code>${escapeHtml(one.thumbprint)}</code>`,
    escapeHtml(one.services.join(", ") || "–"),
    one.isDefault ? "yes" : "–",
    one.connectors.map(escapeHtml).join("<br>") || "–",
    one.uses.map(escapeHtml).join("<br>") || "–",
    `<time datetime="${escapeHtml(one.notAfter)}">${escapeHtml(one.notAfter.slice(0, 10))}</time>`,
    escapeHtml(one.left),
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
}

/** Lines of text as a picture of a terminal (SVG), for pages that show it. */

const FONT = 13;
const ADVANCE = FONT * 0.602;
const LINE = 18;
const MARGIN = 18;

/** Colours by what a line is; the first rule that fits wins. */
const RULES: [RegExp, string][] = [
  [/^# /, "#8a93a3"],
  [/^\S/, "#7fb4ff"],
  [/point of no return|no way back/, "#ffb86b"],
  [/^ {2}\S/, "#9be28a"],
  [/./, "#c8ccd4"],
];

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

export function terminalPicture(lines: readonly string[], title: string): string {
  const width = Math.ceil(Math.max(...lines.map((line) => line.length)) * ADVANCE + 2 * MARGIN);
  const height = lines.length * LINE + 2 * MARGIN;
  const rows = lines.map((line, index) => {
    const colour = RULES.find(([shape]) => shape.test(line))?.[1] ?? "#c8ccd4";
    const y = MARGIN + index * LINE + FONT;
    return `  <text x="${MARGIN}" y="${y}" fill="${colour}" xml:space="preserve">${escape(line)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `  <title>${escape(title)}</title>`,
    `  <rect width="100%" height="100%" rx="8" fill="#1b1f27"/>`,
    `  <g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT}">`,
    ...rows,
    "  </g>",
    "</svg>",
    "",
  ].join("\n");
}

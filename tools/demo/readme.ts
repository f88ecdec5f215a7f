/** What a run showed, written into the marked sections of the README files: never by hand. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { terminalPicture } from "./picture";
import { type Outage, sentence } from "./outageWords";
import type { Report } from "./types";
import { doorTable, ending, pendingLines } from "./show";
import type { StepResult } from "./steps";
import type { Story } from "./types";

const NOTE = "(written by a run; do not edit by hand)";

/** Replaces the text between `<!-- name:begin … -->` and `<!-- name:end -->`. @throws Error when the marks are missing */
export function replaceSection(text: string, name: string, content: string): string {
  const begin = `<!-- ${name}:begin ${NOTE} -->`;
  const end = `<!-- ${name}:end -->`;
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`no section ${name}`);
  return `${text.slice(0, from)}${begin}\n\n${content}\n\n${text.slice(to)}`;
}

const block = (lines: readonly string[]): string => ["```text", ...lines, "```"].join("\n");

export function writeReadmes(root: string, story: Story, report: Report): void {
  if (!story.preview) return;
  const preview = block(previewText(story.preview.stdout));
  const plan = block(pendingLines(story.preview).slice(0, -1));
  const doors = block(["before", ...doorTable(story.before), "", "after", ...doorTable(story.after), ...ending(report).slice(0, -3)]);
  const lines = ["# the rotation and plan of each resource of EDGE01", ...ofFirstEdge(story.preview)];
  draw(root, "preview", lines, "The pending rotation of EDGE01, in words");
  edit(join(root, "README.md"), { preview, doors });
  edit(join(root, "examples", "quickstart", "README.md"), { preview, plan });
}

/** docs/story.md: text and pictures of what a run of the outage showed, and its counts in the README. */
export function writeStory(root: string, { byHand, doctor, preview, still, end, before, after, healthy }: Outage): void {
  const pending = preview ? pendingLines(preview) : [];
  const repair = preview ? ofFirstEdge(preview) : [];
  draw(root, "story-doctor", ["# npx pulumi-exchange doctor --hosts hosts.json", ...doctor], "What doctor says of the broken direct trust");
  draw(root, "story-preview", ["# what `pulumi up` would do on EDGE01", ...repair], "The repair of EDGE01, in words");
  const counts = block([`after the renewal by hand   ${sentence(still)}`, `after one pulumi up         ${sentence(end)}`]);
  edit(join(root, "docs", "story.md"), {
    byhand: block(byHand),
    counts,
    doctor: block(doctor),
    preview: block(pending),
    doors: block(["by hand", ...doorTable(before), "", "after one `pulumi up`", ...doorTable(after)]),
    healthy: block(healthy),
  });
  edit(join(root, "README.md"), { story: counts });
}

function draw(root: string, name: string, lines: readonly string[], title: string): void {
  const folder = join(root, "docs", "images");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.svg`), terminalPicture(lines, title));
}

/** The pending rotation of the first Edge, without the summary of all. */
function ofFirstEdge(preview: StepResult): string[] {
  return pendingLines({ ...preview, pending: preview.pending.filter(({ resource }) => resource.includes("-edge01-")) }).slice(0, -1);
}

function edit(file: string, sections: { [name: string]: string }): void {
  const text = Object.entries(sections).reduce(
    (before, [name, content]) => replaceSection(before, name, content),
    readFileSync(file, "utf8"),
  );
  writeFileSync(file, text);
}

/** Lines of the stack's status column: `… Stack … running …`, `… Stack … create [EDGE01] …`, `… Stack … 3 messages`. */
const LIVE = /^ .{3}pulumi:pulumi:Stack .* (?:running|\[.*|\d+ messages?)/;

/** Pulumi's own text without its live lines, which stand again under Diagnostics, and the blank lines at the ends. */
export function previewText(stdout: string): string[] {
  return stdout
    .trim()
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => !LIVE.test(line) && !line.startsWith("@ "));
}

/** The JSON document of a notice, with ready texts for mail, Teams and Slack. Pure; nothing in it comes to life: texts are plain. */
import { redact } from "../../base/redact";
import { harmless } from "../output";
import type { Changes } from "./changes";
import type { Item, Kind } from "./items";

export interface NoticeDocument {
  version: 1;
  kind: Kind;
  /** When it was looked, ISO 8601. */
  at: string;
  summary: string;
  changes: Changes;
  /** Everything that is to be looked at now, news or not. */
  items: Item[];
  texts: { mail: { subject: string; body: string }; teams: object; slack: object };
}
export interface Told {
  kind: Kind;
  at: Date;
  changes: Changes;
  items: readonly Item[];
}

/** What webhooks take at most: Teams 28 KB a message, Slack 3000 characters a section and 50 blocks. Mail and document have everything. */
const MOST = 15;
const LONGEST = 600;
const CARD_BYTES = 24_000;
const SECTION = 2_900;

export function noticeDocument({ kind, at, changes, items }: Told): NoticeDocument {
  const lines = linesOf(changes);
  const summary = `${kind === "report" ? "Exchange certificates" : "Exchange mail flow"}: ${counted(changes)}; ${items.length} to look at in all`;
  const texts = {
    mail: { subject: summary, body: mailBody(summary, lines) },
    teams: teamsCard(summary, lines),
    slack: slackBlocks(summary, lines),
  };
  return clean({ version: 1, kind, at: at.toISOString(), summary, changes, items: [...items], texts });
}

interface Line {
  mark: string;
  title: string;
  more: string[];
}

function linesOf({ added, changed, resolved }: Changes): Line[] {
  const full = (mark: string, { title, detail, remedy }: Item): Line => ({
    mark,
    title,
    more: [detail, ...remedy.map((one) => `→ ${one}`)],
  });
  return [
    ...added.map((item) => full("new", item)),
    ...changed.map((item) => full(`${item.before} → ${item.state}`, item)),
    ...resolved.map(({ title }): Line => ({ mark: "over", title, more: [] })),
  ];
}

function counted({ added, changed, resolved }: Changes): string {
  const parts = [
    [added.length, "new"],
    [changed.length, "changed"],
    [resolved.length, "over"],
  ].flatMap(([count, word]) => (count ? [`${count} ${word}`] : []));
  return parts.join(", ") || "nothing new";
}

function mailBody(summary: string, lines: Line[]): string {
  const blocks = lines.map(({ mark, title, more }) => [`[${mark}] ${title}`, ...more.map((one) => `    ${one}`)].join("\n"));
  return [summary, "", blocks.join("\n\n"), "", "Sent by pulumi-exchange; nothing was changed on any server."].join("\n");
}

const cut = (text: string, longest: number): string => (text.length > longest ? `${text.slice(0, longest - 1)}…` : text);
const shortened = (text: string): string => cut(text, LONGEST);
const rest = (lines: Line[], shown: number): string[] => (lines.length > shown ? [`and ${lines.length - shown} more`] : []);

/** An Adaptive Card in the message of a Teams webhook. Runs of a RichTextBlock are not read as Markdown. */
function teamsCard(summary: string, lines: Line[]): object {
  const block = (text: string, look: object = {}): object => ({
    type: "RichTextBlock",
    inlines: [{ type: "TextRun", text: shortened(text), ...look }],
  });
  const shown = lines
    .slice(0, MOST)
    .map(({ mark, title, more }) => [
      block(`[${mark}] ${title}`, { weight: "Bolder" }),
      ...more.map((one) => block(one, { isSubtle: true })),
    ]);
  while (Buffer.byteLength(JSON.stringify(shown)) > CARD_BYTES) shown.pop();
  const body = [
    block(summary, { size: "Medium", weight: "Bolder" }),
    ...shown.flat(),
    ...rest(lines, shown.length).map((one) => block(one)),
  ];
  const content = { $schema: "http://adaptivecards.io/schemas/adaptive-card.json", type: "AdaptiveCard", version: "1.4", body };
  return { type: "message", attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", contentUrl: null, content }] };
}

/** Blocks of a Slack webhook; `plain_text` is neither Markdown nor a mention. */
function slackBlocks(summary: string, lines: Line[]): object {
  const plain = (text: string): object => ({ type: "plain_text", text: cut(text, SECTION), emoji: false });
  const section = (text: string): object => ({ type: "section", text: plain(text) });
  return {
    text: escaped(summary),
    blocks: [
      { type: "header", text: { type: "plain_text", text: summary.slice(0, 150), emoji: false } },
      ...lines.slice(0, MOST).map(({ mark, title, more }) => section([`[${mark}] ${title}`, ...more].map(shortened).join("\n"))),
      ...rest(lines, MOST).map(section),
    ],
  };
}

const escaped = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** Every text without what steers a terminal, and without any secret that this process knows. Line breaks of our own stay. */
function clean<T>(value: T): T {
  if (typeof value === "string") return redact(value.split("\n").map(harmless).join("\n")) as T;
  if (Array.isArray(value)) return value.map((one) => clean<unknown>(one)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, clean<unknown>(inner)])) as T;
}

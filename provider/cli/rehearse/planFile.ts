/** A change plan as Markdown (with its picture beside it) or as one HTML page. */
import { basename } from "node:path";
import { redact } from "../../base/redact";
import { escapeHtml, htmlDocument } from "../html";
import { harmless, writeResult } from "../output";
import { numbered, wayBack, type ChangePlan } from "./plan";
import { timelinePicture } from "./planPicture";
import { changeLines, doorLines, mailInWords, windowInWords } from "./text";

/** A part of the page: paragraphs, a list, or text that keeps its columns. */
interface Part {
  heading: string;
  /** A part of the part before. */
  sub?: true;
  picture?: boolean;
  text?: string[];
  list?: string[];
  /** First number of an ordered list. */
  from?: number;
  block?: string[];
}

/** Writes the plan; a Markdown page gets its picture as a file of the same name. @throws INVALID_ARGUMENT where it cannot be written */
export async function writePlan(file: string, plan: ChangePlan): Promise<void> {
  const picture = timelinePicture(edgesOf(plan), plan.seen.windows);
  if (file.toLowerCase().endsWith(".html")) return writeResult(file, redact(htmlPage(plan, picture)));
  await writeResult(file, redact(markdownPage(plan, basename(pictureOf(file)))));
  await writeResult(pictureOf(file), `${picture}\n`);
}

const pictureOf = (file: string): string => file.replace(/\.md$/i, ".svg");
const edgesOf = ({ seen }: ChangePlan): string[] => seen.before.filter(({ ldaps }) => ldaps !== undefined).map(({ server }) => server);

function partsOf(plan: ChangePlan): Part[] {
  const { seen, notRun, wrong, stopped, speed } = plan;
  const edges = edgesOf(plan);
  const steps = numbered(plan.resources);
  const noReturn = steps.flatMap(({ steps: all }) => all).filter((step) => step.noReturn);
  return [
    { heading: "Result", list: wrong.length === 0 ? ["As declared: the run in the copy did what the program says."] : [...wrong] },
    {
      heading: "Plan",
      text: [plan.resources.length === 0 ? "Nothing is pending." : "In this order. Steps that find their work done do nothing."],
    },
    ...steps.map(({ resource, steps: own }) => ({
      heading: `${resource.name}: ${resource.rotation}`,
      sub: true as const,
      from: own[0].number,
      list: own.map(({ text }) => text),
    })),
    {
      heading: "Points of no return",
      list: noReturn.length === 0 ? ["none"] : noReturn.map(({ number, text }) => `step ${number}: ${text}`),
    },
    {
      heading: "Out of service",
      list: seen.windows.length === 0 ? ["no Edge"] : seen.windows.map(windowInWords),
      picture: true,
      text: [
        speed === 1
          ? "Measured at the lab's real latencies, EdgeSync's refusal of five minutes included."
          : "Estimated at the lab's real latencies, EdgeSync's refusal of five minutes included. The diamond marks the point of no return.",
      ],
    },
    ...(notRun.length === 0
      ? []
      : [
          {
            heading: "Load balancer",
            text: ["Not run in the rehearsal, in this order:"],
            list: notRun.map(({ host, command }) => `${host}: ${command}`),
          },
        ]),
    { heading: "Way back", list: wayBack(edges) },
    ...(stopped === undefined
      ? []
      : [
          {
            heading: `If it is stopped at ${stopped.at}`,
            block: stopped.owed.split("\n"),
            text: [stopped.finished ? "The next `pulumi up` finished it." : "The next `pulumi up` did not finish it: see the result."],
          },
        ]),
    { heading: "Mail", text: [mailInWords(seen.mail)] },
    { heading: "Doors", block: doorLines(seen.before, seen.after) },
    { heading: "Every change, as the servers saw it", from: 1, list: changeLines(seen.changes) },
  ];
}

function head({ stack, command, rehearsed, copiedAt }: ChangePlan): string[] {
  return [
    `Change plan: certificates of ${stack}`,
    `\`${command}\`, rehearsed at ${rehearsed} against a copy of the organisation${copiedAt === undefined ? "" : ` as it was at ${copiedAt}`}.`,
  ];
}

export function markdownPage(plan: ChangePlan, picture: string): string {
  const [title, intro] = head(plan);
  const parts = partsOf(plan).map(({ heading, sub, text = [], list = [], from, block, picture: drawn }) => {
    const items = list.map((one, index) => `${from === undefined ? "-" : `${from + index}.`} ${plain(one)}`).join("\n");
    const blocks = [
      `${sub ? "###" : "##"} ${plain(heading)}`,
      ...(drawn ? [`![When each Edge is out of service](${encodeURI(picture)})`] : []),
      ...text,
      ...(items ? [items] : []),
      ...(block ? [`\`\`\`text\n${block.map(harmless).join("\n").replaceAll("```", "'''")}\n\`\`\``] : []),
    ];
    return blocks.join("\n\n");
  });
  return `# ${plain(title)}\n\n${plain(intro)}\n\n${parts.join("\n\n")}\n`;
}

/** Text from servers in Markdown: no tag, no link and no table of theirs. */
const plain = (text: string): string => harmless(text).replace(/[<>[\]|*_]/g, (character) => `\\${character}`);

const STYLE = `body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
pre { overflow-x: auto; background: #8881; padding: .6rem; } svg { width: 100%; height: auto; } li { margin: .15rem 0; }`;

export function htmlPage(plan: ChangePlan, picture: string): string {
  const [title, intro] = head(plan);
  const parts = partsOf(plan).map(({ heading, sub, text = [], list = [], from, block, picture: drawn }) => {
    const items = list.map((one) => `<li>${inline(one)}</li>`).join("\n");
    return [
      sub ? `<h3>${inline(heading)}</h3>` : `<h2>${inline(heading)}</h2>`,
      ...(drawn ? [picture] : []),
      ...text.map((one) => `<p>${inline(one)}</p>`),
      ...(items ? [from === undefined ? `<ul>${items}</ul>` : `<ol start="${from}">${items}</ol>`] : []),
      ...(block ? [`<pre>${block.map(escapeHtml).join("\n")}</pre>`] : []),
    ].join("\n");
  });
  const body = [`<h1>${escapeHtml(title)}</h1>`, `<p>${inline(intro)}</p>`, ...parts].join("\n");
  return htmlDocument({ title, style: STYLE, body });
}

const inline = (text: string): string => escapeHtml(text).replace(/`([^`]+)`/g, "<code>$1</code>");

/** References from comments and pages to the pages of docs/, and what they lead to. */
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { checkoutRoot } from "../tools/fromRoot";

/** A section of a page: `exchange.md 15.6`. */
export interface SectionReference {
  page: string;
  section: string;
}

export const readFromRoot = (file: string): string => readFileSync(join(checkoutRoot, file), "utf8");
export const isFile = (path: string): boolean => existsSync(join(checkoutRoot, path));

const NUMBER = String.raw`\d+(?:\.\d+)?`;
const JOINT = String.raw`(?:, and |, | and | to |–)`;
/** `forge.md` is a library's namespace. */
const PAGE = /(?<![\w./-])(?:docs\/)?((?!forge\b)[a-z][a-z-]*\.md)\b(?!\.\w|\()/g;
/** Numbers behind these are not exchange.md's. */
const OTHER_PAPERS = /RFC \d+(?:, \d+(?:\.\d+)*)?|[\w/-]+\.md \d+(?:\.\d+)?/g;
const PAGE_WITH_SECTIONS = new RegExp(String.raw`(?<![\w-])([a-z][a-z-]*\.md) (${NUMBER}(?:${JOINT}${NUMBER})*)(?![\w%])`, "g");

/** `exchange.md 15.6, 15.8` is two references. */
export function sectionReferences(text: string): SectionReference[] {
  return [...joined(text).matchAll(PAGE_WITH_SECTIONS)].flatMap(([, page, list]) =>
    numbersOf(list).map((section) => ({ page: page, section })),
  );
}

/** Pages that a text names by their file's name, with or without `docs/`; pages of other sites stand in source keys. */
export function pageReferences(text: string): string[] {
  const own = joined(text).replace(/\[[A-Z][A-Z0-9]*:[^\]]*\]/g, "");
  return [...own.matchAll(PAGE)].map((match) => match[1]);
}

/** `adr/0005`, with or without the rest of the file's name. */
export function decisionReferences(text: string): string[] {
  return [...text.matchAll(/\badr\/(\d+[a-z0-9-]*)/gi), ...text.matchAll(/\bADR[ -]?(\d+)/g)].map((match) => match[1].padStart(4, "0"));
}

/** Source keys: `[L15]`, `[PS:Get-Queue]`, `[owner/repo#2461]`. Links, types, progress lines of hosts and error codes are none. */
export function keyReferences(text: string): string[] {
  const keys =
    /(?<![\w\])'`.$?!=])\[((?!EDGE|MBX)[A-Z][A-Z0-9]{2,}(?:-[a-z]+)?|[A-Z][A-Z0-9]*:[^\]\n]+|JP-\w+|[\w.-]+\/[\w.-]+#\d+)\](?![(:\w])/g;
  return [...withoutCode(text).matchAll(keys)].map((match) => match[1]);
}

/** In the lab a rule's source stands behind the sentence: `… once. // [L15] 15.6, 4.4`, `// rule 10`, `// 1.3`. */
export function labReferences(text: string): { sections: string[]; rules: string[] } {
  const sources = [...text.matchAll(/(?:^\s*(?:\/\/|\*|\/\*\*).*|.*;) ?\/\/ (.+?)(?: \*\/)?$/gm)].map((match) => match[1]);
  const sections = sources.flatMap((source) => [...source.replace(OTHER_PAPERS, "").matchAll(/(?<![\w.#:-])(\d+\.\d+)(?![\w.])/g)]);
  const keyed = [...text.matchAll(new RegExp(String.raw`\[L15\] (${NUMBER}(?:${JOINT}${NUMBER})*)`, "g"))].flatMap((match) =>
    numbersOf(match[1]),
  );
  const rules = [...text.matchAll(/\brules? (\d+(?:(?:, | and )\d+)*)/g)].flatMap((match) => numbersOf(match[1]));
  return { sections: [...sections.map((match) => match[1]), ...keyed], rules };
}

/** Numbers of headings: `### 15.6 New-EdgeSubscription`, `## 2. The order`. */
export function sectionsOf(page: string): Set<string> {
  return new Set([...page.matchAll(/^#{2,4} (\d+(?:\.\d+)?)\.? /gm)].map((match) => match[1]));
}

/** What `page.md#…` may end in: explicit anchors, and the slugs that a reader's site makes of headings. */
export function anchorsOf(page: string): Set<string> {
  const explicit = [...page.matchAll(/<a id="([^"]+)">/g)].map((match) => match[1]);
  const headings = [...page.replace(/^```[\s\S]*?^```/gm, "").matchAll(/^#{1,6} (.+)$/gm)].map((match) => slugOf(match[1]));
  const counted = headings.map((slug, index) => {
    const before = headings.slice(0, index).filter((one) => one === slug).length;
    return before === 0 ? slug : `${slug}-${before}`;
  });
  return new Set([...explicit, ...counted]);
}

/** Links of a page: target and anchor; those to other sites are left out. */
export function linksOf(page: string): { target: string; anchor: string | undefined }[] {
  const prose = page.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`\n]*`/g, "");
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]);
  return targets
    .filter((target) => !/^[a-z]+:/i.test(target))
    .map((target) => ({ target: target.split("#")[0], anchor: target.split("#")[1] }));
}

/** The file that a link means. */
export const linkedFile = (file: string, target: string): string => (target === "" ? file : posix.join(posix.dirname(file), target));

function slugOf(heading: string): string {
  const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[`*]/g, "");
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}

/** Lines of a page, and those of code that have a comment or begin a text with a key. */
function withoutCode(text: string): string {
  const isCode = /^(?:import|export|const|function) /m.test(text);
  const lines = text.split("\n");
  return isCode ? lines.filter((line) => /\/\/|\/\*|^\s*\*|"\[/.test(line)).join("\n") : text;
}

/** Comments that go on in the next line, as one line. */
function joined(text: string): string {
  return text.replace(/\n\s*(?:\*|\/\/)(?!\/) ?/g, " ");
}

function numbersOf(list: string): string[] {
  return list.match(new RegExp(NUMBER, "g")) ?? [];
}

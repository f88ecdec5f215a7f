import assert from "node:assert/strict";
import {
  anchorsOf,
  decisionReferences,
  isFile,
  keyReferences,
  labReferences,
  linkedFile,
  linksOf,
  pageReferences,
  readFromRoot,
  sectionReferences,
  sectionsOf,
} from "./references";
import { sourcesOf } from "./sources";

const ENDINGS = [".ts", ".js", ".mjs", ".ps1", ".md"];
const HOUSES = ["provider", "lab", "tests", "tools", "bench", "examples", "docs"];
const ROOT_PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"];
/** Samples of references stand in these. */
const SAMPLES = ["tests/unit/architecture/references.ts", "tests/unit/architecture/references.test.ts"];

const files = [...ROOT_PAGES, ...HOUSES.flatMap((house) => sourcesOf(house, ENDINGS))].filter((file) => !SAMPLES.includes(file));
const texts = new Map(files.map((file) => [file, readFromRoot(file)]));
const pages = new Map([...texts].filter(([file]) => file.endsWith(".md")));
const exchange = texts.get("docs/exchange.md")!;

/** What is found in each file, as `file: reference`. */
function collect(find: (text: string, file: string) => string[], among = texts): string[] {
  return [...among].flatMap(([file, text]) => find(text, file).map((each) => `${file}: ${each}`));
}

/** Whether a page is named as it is: in docs/, at the root, or beside the file that names it. */
function pageExists(page: string, file: string): boolean {
  return [`docs/${page}`, page, linkedFile(file, page)].some(isFile) || /^(readme|changelog)/i.test(page);
}

/** The key's row in section 0, and its page where the key names one. */
function isKnownKey(key: string): boolean {
  const [prefix, page] = key.split(/:(.*)/s);
  if (/^[\w.-]+\/[\w.-]+#\d+$/.test(key)) return exchange.includes(`[${key}]`) || exchange.includes(key.replace(/^.*(#\d+)$/, "[$1]"));
  const keys = [...exchange.matchAll(/^\| (\[[^|]+\]) \|/gm)].flatMap((row) => row[1].match(/\[[^\]]+\]/g)!);
  const row = keys.find((one) => one === `[${prefix}]` || one.startsWith(`[${prefix}:`) || expand(one).includes(`[${prefix}]`));
  if (row === undefined || page === undefined) return row !== undefined;
  const name = page.replace(/\.(md|xml)$/, "").replace(/\*$/, "");
  return exchange
    .split(`[${prefix}:`)
    .slice(1)
    .some((rest) => rest.split("]")[0].includes(name));
}

/** `[SEL10-in/out]` are two keys. */
function expand(key: string): string[] {
  const match = /^\[(.+?)(in|1)\/(out|2)\]$/.exec(key);
  return match ? [`[${match[1]}${match[2]}]`, `[${match[1]}${match[3]}]`] : [];
}

describe("references", () => {
  it("a page that is named exists", () => {
    const own = new Map([...texts].filter(([file]) => file !== "docs/exchange.md"));
    const wrong = collect((text, file) => pageReferences(text).filter((page) => !pageExists(page, file)), own);
    assert.deepEqual(wrong, []);
  });

  it("a section that is named exists", () => {
    let followed = 0;
    const wrong = collect((text, file) =>
      sectionReferences(text).flatMap(({ page, section }) => {
        followed++;
        const target = pages.get(`docs/${page}`) ?? pages.get(linkedFile(file, page));
        return target !== undefined && sectionsOf(target).has(section) ? [] : [`${page} ${section}`];
      }),
    );
    assert.deepEqual(wrong, []);
    assert.ok(followed > 100, `only ${followed} references were followed`);
  });

  it("a decision that is named exists", () => {
    const decisions = sourcesOf("docs/adr", [".md"]).map((file) => file.slice("docs/adr/".length));
    const isThere = (name: string): boolean => decisions.some((one) => one.startsWith(name));
    assert.deepEqual(
      collect((text) => decisionReferences(text).filter((name) => !isThere(name))),
      [],
    );
  });

  it("a source key stands in exchange.md with its page", () => {
    let followed = 0;
    const among = new Map([...texts].filter(([file]) => /^(provider|lab|docs|tests\/unit\/lab)\//.test(file)));
    const wrong = collect((text) => keyReferences(text).filter((key) => (followed++, !isKnownKey(key))), among);
    assert.deepEqual(wrong, []);
    assert.ok(followed > 400, `only ${followed} keys were followed`);
  });

  it("the lab's sources are sections and rules of exchange.md", () => {
    const sections = sectionsOf(exchange);
    const list = exchange.split('<a id="11"></a>')[1].split('<a id="12"></a>')[0];
    const rules = new Set([...list.matchAll(/^(\d+)\. /gm)].map((match) => match[1]));
    const among = new Map([...texts].filter(([file]) => /^(lab|tests\/unit\/lab)\/|^docs\/lab\.md$/.test(file)));
    let followed = 0;
    const wrong = collect((text, file) => {
      const found = labReferences(file === "docs/lab.md" ? sourceColumn(text) : text);
      followed += found.sections.length + found.rules.length;
      return [
        ...found.sections.filter((one) => !sections.has(one)),
        ...found.rules.filter((one) => !rules.has(one)).map((one) => `rule ${one}`),
      ];
    }, among);
    assert.deepEqual(wrong, []);
    assert.ok(followed > 400, `only ${followed} sources were followed`);
  });

  it("a link between pages leads to a file and an anchor", () => {
    const wrong = collect((text, file) => {
      const bad = linksOf(text).filter(({ target, anchor }) => {
        const linked = linkedFile(file, target);
        if (!isFile(linked)) return true;
        return anchor !== undefined && linked.endsWith(".md") && !anchorsOf(readFromRoot(linked)).has(anchor);
      });
      return bad.map(({ target, anchor }) => `${target}${anchor === undefined ? "" : `#${anchor}`}`);
    }, pages);
    assert.deepEqual(wrong, []);
  });

  it("every form of reference is read", () => {
    assert.deepEqual(sectionReferences("(exchange.md 15.6, 15.8) and rotation.md 14, I1; exchange.md 8). pulumi.md 1.4"), [
      { page: "exchange.md", section: "15.6" },
      { page: "exchange.md", section: "15.8" },
      { page: "rotation.md", section: "14" },
      { page: "exchange.md", section: "8" },
      { page: "pulumi.md", section: "1.4" },
    ]);
    assert.deepEqual(sectionReferences("/** A rule (exchange.md\n * 15.9). */"), [{ page: "exchange.md", section: "15.9" }]);
    assert.deepEqual(pageReferences("see docs/nowhere.md, ../x/README.md, `recovery.md`"), ["nowhere.md", "recovery.md"]);
    assert.deepEqual(decisionReferences("docs/adr/0002-rooms.md, adr/0009, ADR 7"), ["0002-rooms", "0009", "0007"]);
    assert.deepEqual(keyReferences("// [L15] 15.1, [PS:Get-Queue], [a/b#12], names[HOST], [text](url)"), ["L15", "PS:Get-Queue", "a/b#12"]);
    assert.deepEqual(labReferences("/** Once. // [L15] 15.6, 4.4, RFC 5280, 4.1 */\n  open(); // rule 10"), {
      sections: ["15.6", "4.4", "15.6", "4.4"],
      rules: ["10"],
    });
    assert.deepEqual(
      [...anchorsOf('<a id="15.6"></a>\n## 15.6 New-EdgeSubscription\n# By `hand`, in [x](y)')],
      ["15.6", "156-new-edgesubscription", "by-hand-in-x"],
    );
  });
});

/** The tables of rules: number, rule, source, test. */
function sourceColumn(page: string): string {
  return [...page.matchAll(/^\| [A-Z]+\d+ \|.*\| ([^|]*) \| [^|]* \|$/gm)].map((row) => `// x // ${row[1]}`).join("\n");
}

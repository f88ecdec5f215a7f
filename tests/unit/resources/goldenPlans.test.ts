/**
 * Every sentence and plan of a preview, word by word, over all ways to declare a resource: `golden/<kind>.txt` is what they were.
 * A change there is a change of what administrators read, and belongs into the CHANGELOG. PULUMI_EXCHANGE_WRITE_GOLDEN=1 writes the files.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { JsonObject } from "../../../provider/base/json";
import { setWriter } from "../../../provider/base/progress";
import { createContext, handlers } from "../../../provider/handlers";
import { readCertificate } from "../../../provider/pki";
import { CASES, outputsOf, type GoldenCase } from "./goldenCases";
import { NOW, owner } from "./wordsOf";

/** What a preview of a change prints and what the resource's plan says. */
async function preview({ kind, before, after }: GoldenCase): Promise<string[]> {
  const lines: string[] = [];
  // What a source lacks of its chain is told once a process.
  const say = (line: string): void => void (line.includes("the path ends with") || lines.push(line));
  const ctx = { ...createContext(), now: NOW, note: say, warn: (line: string) => say(`warning: ${line}`) };
  const check = async (olds: JsonObject, news: JsonObject): Promise<JsonObject> => {
    const { inputs, failures } = await handlers[kind].check(ctx, olds, { owner, ...news });
    for (const { property, reason } of failures) say(`refused: ${property}: ${reason}`);
    return inputs;
  };
  const olds = before ? await check({}, before) : {};
  lines.length = 0;
  const news = await check(olds, after);
  // A first deployment's sentence is printed once a process: it stands in the inputs.
  if (!before) lines.splice(0, lines.length, ...lines.filter((line) => line.startsWith("refused")));
  if (before) lines.push(await compared(() => handlers[kind].diff(ctx, "id", outputsOf(kind, olds), news)));
  if (typeof news.rotation === "string") lines.push(news.rotation);
  return [...lines, ...((news.plan ?? []) as string[])].map((line) => `    ${line}`);
}

/** What `diff` answers, or the refusal that it ends with. */
async function compared(diff: () => Promise<unknown>): Promise<string> {
  try {
    return `diff: ${JSON.stringify(await diff())}`;
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
}

/** Cases with the same words share a block. */
async function goldenOf(kind: string): Promise<string> {
  const blocks = new Map<string, string[]>();
  for (const one of CASES.filter((each) => each.kind === kind)) {
    const block = (await preview(one)).join("\n");
    blocks.set(block, [...(blocks.get(block) ?? []), one.title]);
  }
  return [...blocks].map(([block, titles]) => `${titles.join("\n")}\n${block}\n`).join("\n");
}

/** The checkout's folder of the golden files, seen from wherever this was compiled to. */
function folder(): string {
  let root = __dirname;
  while (!existsSync(join(root, "Pulumi.yaml"))) root = dirname(root);
  return join(root, "tests", "unit", "resources", "golden");
}

describe("previews and plans, word by word", () => {
  let writer: ReturnType<typeof setWriter>;
  before(() => (writer = setWriter(() => undefined)));
  after(() => setWriter(writer));

  for (const kind of [...new Set(CASES.map((one) => one.kind))]) {
    it(`${kind} (${CASES.filter((one) => one.kind === kind).length} cases)`, async () => {
      const file = join(folder(), `${kind}.txt`);
      const found = await goldenOf(kind);
      if (process.env.PULUMI_EXCHANGE_WRITE_GOLDEN) return writeFileSync(file, found);
      assert.equal(found, readFileSync(file, "utf8"), "write it again with PULUMI_EXCHANGE_WRITE_GOLDEN=1 and read the difference");
    });
  }

  it("the certificates of the cases are what they are said to be", () => {
    const { A, B, C } = JSON.parse(readFileSync(join(folder(), "certificates.json"), "utf8")) as { [name: string]: string };
    const [a, b, c] = [A, B, C].map((pem) => readCertificate(Buffer.from(pem.replace(/-----[A-Z ]+-----|\s/g, ""), "base64")));
    assert.equal(a.tlsCertificateName, b.tlsCertificateName);
    assert.notEqual(a.tlsCertificateName, c.tlsCertificateName);
    assert.ok(a.notAfter < b.notAfter);
  });
});

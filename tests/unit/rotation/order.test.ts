/** The one order: what runs, what is announced and what is written down are the same rows. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runPlan, type Step } from "../../../provider/rotation/engine";
import { ANY, inOrder, ORDER, planLines, rowOf, said, stepNamed, stepsOf, type StepId } from "../../../provider/rotation/order";
import { readmeTable, rotationTable } from "./orderTables";

const IDS: StepId[] = ORDER.map(({ id }) => id);
const step = (id: StepId, ran: string[] = []): Step => {
  let done = false;
  return { id, text: id, probe: () => Promise.resolve(done), run: () => Promise.resolve(void ((done = true), ran.push(id))) };
};

/** Puts a table between a page's marks. */
function withTable(text: string, table: string): string {
  const marks = /(<!-- order:begin[^>]*-->)[\s\S]*?(<!-- order:end -->)/;
  assert.match(text, marks, "the page has a place for it");
  return text.replace(marks, (_all, begin, end) => `${begin}\n\n${table}\n\n${end}`);
}

/** The checkout's file, seen from wherever this was compiled to. */
function fromRoot(...path: string[]): string {
  let root = __dirname;
  while (!existsSync(join(root, "Pulumi.yaml"))) root = dirname(root);
  return join(root, ...path);
}

describe("the order of a rotation", () => {
  it("gives every step a name of its own", () => assert.equal(new Set(IDS).size, IDS.length));

  it("is the engine's, whatever order a caller gives", async () => {
    const ran: string[] = [];
    const steps = [...IDS].reverse().map((id) => step(id, ran));
    await runPlan({ host: "EDGE01", steps, journal: null, signal: new AbortController().signal });
    assert.deepEqual(ran, IDS);
  });

  it("takes no step twice", () => assert.throws(() => inOrder([step("drain"), step("drain")]), /drain is given twice/));

  it("puts a running transport out of the way of every step that must not meet it", async () => {
    const asked: StepId[] = [];
    for (const id of IDS) {
      const ensureDrained = () => Promise.resolve(void asked.push(id));
      await runPlan({ host: "EDGE01", steps: [step(id)], journal: null, ensureDrained, signal: new AbortController().signal });
    }
    assert.deepEqual(
      asked,
      IDS.filter((id) => rowOf(id).drained),
    );
    for (const id of ["make", "import", "enable", "export", "predecessor"] as const) assert.ok(asked.includes(id), id);
    for (const id of ["request", "drain", "start"] as const) assert.ok(!asked.includes(id), id);
  });

  it("numbers a plan, with host and point of no return", () => {
    const lines = planLines({ ...ANY, host: "EDGE01", certificate: "BBBBBBBB…" }, ["start", "enable", "drain", "predecessor"]);
    assert.deepEqual(lines, [
      "1. EDGE01: suspend transport, let the queues empty, stop it (mail goes through the other Edges meanwhile)",
      "2. EDGE01: enable SMTP and make it the default (point of no return without the old key: EdgeSync needs a new subscription from here)",
      "3. EDGE01: remove a same-name predecessor (no way back without its key from here)",
      "4. EDGE01: start transport and look at STARTTLS; a wrong certificate suspends it again",
    ]);
  });

  it("says of every step what it does", () => {
    for (const row of IDS.map(rowOf)) assert.ok(said(row, { ...ANY, otherServices: ["IIS"] }).length > 0 || row.silent, row.id);
  });

  it("announces nothing that happens on the way back alone", () => {
    const announced = stepsOf("certificate", "subscription", "receiveConnector", "end", "sendConnector", "hybrid", "removal", "auth");
    assert.deepEqual(
      IDS.filter((id) => !announced.includes(id)),
      ["restore-default", "take-out"],
    );
  });

  it("knows what earlier versions called a step", () => {
    const edge = { isEdge: true, restores: false };
    assert.equal(stepNamed("services", edge), "directory-services");
    assert.equal(stepNamed("services", { isEdge: false, restores: false }), "other-services");
    assert.equal(stepNamed("enable", edge), "enable");
    assert.equal(stepNamed("enable", { isEdge: true, restores: true }), "restore-default");
    assert.equal(stepNamed("set-receiveConnector", edge), "set-receive-connector");
    assert.equal(stepNamed("export", edge), "export");
    assert.equal(stepNamed("of a version to come", edge), null);
  });

  const tables: [string, string[], () => string][] = [
    ["README.md", ["README.md"], readmeTable],
    ["docs/rotation.md", ["docs", "rotation.md"], rotationTable],
  ];
  for (const [name, path, printed] of tables) {
    it(`${name} shows it (PULUMI_EXCHANGE_WRITE_README=1 writes the table)`, () => {
      const file = fromRoot(...path);
      const text = readFileSync(file, "utf8");
      const shown = withTable(text, printed());
      if (process.env.PULUMI_EXCHANGE_WRITE_README) writeFileSync(file, shown);
      else assert.equal(text, shown);
    });
  }
});

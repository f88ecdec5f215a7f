import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readToggles } from "../../../lab/toggles/file";
import { scenarioFolder } from "../../../lab/model/scenarioFile";
import { TOGGLES } from "../../../lab/model/settings";
import { among, notSeen, outcomeOf, seen, type Answer } from "../../../provider/cli/conformance/answers";
import { compareForms, kindOf } from "../../../provider/cli/conformance/looks/shapes";
import { POINTS, pointsOf, POINT_NAMES } from "../../../provider/cli/conformance/points";
import { READ_QUESTIONS } from "../../../provider/cli/conformance/read";
import { tailOf12018 } from "../../../provider/cli/conformance/read/traces";

describe("conformance: points", () => {
  it("has every toggle of the lab, with its values and its default", () => {
    const toggles = Object.entries(TOGGLES).map(([name, { default: assumed, values }]) => [name, { assumed, values: [...(values ?? [])] }]);
    const points = POINT_NAMES.map((name) => [name, { assumed: POINTS[name].assumed, values: [...POINTS[name].values] }]);
    assert.deepEqual(Object.fromEntries(points), Object.fromEntries(toggles));
  });

  it("asks every read-only point, and no other one, without a change", () => {
    assert.deepEqual([...new Set(READ_QUESTIONS.map(({ point }) => point))].sort(), pointsOf("read-only").sort());
  });

  it("is the table of docs/conformance.md", () => {
    const page = readFileSync(join(scenarioFolder(), "..", "..", "docs", "conformance.md"), "utf8");
    const rows = page
      .split("\n## The points\n")[1]
      .split("\n")
      .filter((line) => line.startsWith("| `") && line.split("|").length === 6);
    const cells = rows.map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
    const expected = POINT_NAMES.map((name) => {
      const { class: where, assumed, values, how } = POINTS[name];
      const sorted = [assumed, ...values.filter((value) => value !== assumed)];
      return [`\`${name}\``, where, sorted.map((value) => `\`${String(value)}\``).join(", "), how];
    });
    const byName = (all: string[][]) => new Map(all.map((row) => [row[0], row]));
    assert.deepEqual(byName(cells), byName(expected));
    assert.equal(cells.length, expected.length);
  });

  it("says what is done for every point, or why it cannot be asked", () => {
    for (const name of POINT_NAMES) assert.ok(POINTS[name].how.length > 20, name);
  });
});

const at = (answer: Answer, host = "EDGE01") => ({ host, ...answer });
const verdict = (...observations: ReturnType<typeof at>[]) => {
  const { verdict: word, value } = outcomeOf("certificateObjects", observations);
  return [word, value];
};

describe("conformance: answers", () => {
  it("takes what fits everything that was seen", () => {
    assert.deepEqual(verdict(), ["not asked", null]);
    assert.deepEqual(verdict(at(notSeen("nothing there"))), ["not seen", null]);
    assert.deepEqual(verdict(at(among(["shell", "full"], ""))), ["open", null]);
    assert.deepEqual(verdict(at(among(["shell", "full"], "")), at(among(["shell", "rawData"], ""))), ["as assumed", "shell"]);
    assert.deepEqual(verdict(at(seen("full", "")), at(notSeen(""))), ["differs", "full"]);
    assert.deepEqual(verdict(at(seen("full", "")), at(seen("rawData", ""), "MBX01")), ["contradictory", null]);
  });

  it("tells a date from hours behind a thumbprint, whatever the language", () => {
    const head = `Das STARTTLS-Zertifikat läuft bald ab: Antragsteller: CN=mail.2026-12.contoso.com, Fingerabdruck: ${"AB".repeat(20)}`;
    assert.equal(tailOf12018(`${head}, verbleibende Stunden: 240. Führen Sie New-ExchangeCertificate aus.`), "hours");
    assert.equal(tailOf12018(`${head}, läuft ab: 09.12.2026 08:00:00.`), "date");
    assert.equal(tailOf12018(`${head}, expires: 12/9/2026 8:00:00 AM.`), "date");
    assert.equal(tailOf12018(`${head}.`), null);
    assert.equal(tailOf12018("nothing"), null);
  });

  it("names another form by its kind, never by its value", () => {
    assert.equal(kindOf(["secret", 1]), "list: a string or a number");
    const [look] = compareForms("EDGE01", "Get-TransportService", [
      { Name: "edge01.contoso.com", InternalTransportCertificateThumbprint: "A" },
    ]);
    assert.deepEqual(look, {
      host: "EDGE01",
      what: "Name of Get-TransportService",
      expected: "a short name",
      seen: "another form (a string) in 1 of 1 objects",
    });
  });
});

describe("lab --toggles", () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), "pulumi-exchange-toggles-"))));
  after(() => rm(folder, { recursive: true, force: true }));
  const read = async (content: unknown): ReturnType<typeof readToggles> => {
    const file = join(folder, "toggles.json");
    await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
    return readToggles(file);
  };

  it("takes what was seen of a conformance file, and says what was not", async () => {
    const points = { getWrongIdentity: { value: "error", verdict: "differs" }, elevated: { value: true }, tlsNameChoice: { value: null } };
    assert.deepEqual(await read({ conformance: 1, taken: "", points }), {
      toggles: { getWrongIdentity: "error", elevated: true },
      different: ["getWrongIdentity"],
      unseen: ["tlsNameChoice"],
    });
  });

  it("takes an object of toggles, and refuses what the lab does not know", async () => {
    assert.deepEqual((await read({ shadowQueues: false })).different, ["shadowQueues"]);
    await assert.rejects(read({ noSuchToggle: true }), /Unknown toggle 'noSuchToggle'/);
    await assert.rejects(read({ conformance: 1, points: { elevated: { value: "perhaps" } } }), /cannot be "perhaps"/);
    await assert.rejects(read({ elevated: 7 }), /neither what/);
    await assert.rejects(read("{"), /is not JSON/);
  });
});

import assert from "node:assert/strict";
import { anonymised } from "../../../lab/anonymise";
import { readCertificate } from "../../../provider/pki";
import type { Snapshot } from "../../../provider/cli/snapshot/take";
import { startTestLab } from "../../support/lab";
import { Dice, disturb, generated } from "../../support/organisations";
import { snapshotOf } from "../../support/snapshot";
import { original, saidOf, type Said } from "./copies";
import { seedOf } from "../../support/seed";

/** Every name of the organisations below. */
const REAL = /contoso|fabrikam|generated|zürich|berlin|köln|secret project|10\.1\.2\.3|f00dfeed/i;

describe("snapshot --anonymise", function () {
  this.timeout(120_000);

  it("leaves no name, key, thumbprint or comment, and the same findings", async () => {
    const seed = seedOf("SNAPSHOT_SEED");
    console.log(`      seed ${seed} (SNAPSHOT_SEED repeats it)`);
    const dice = new Dice(seed);
    for (const scenario of ["contoso", generated(dice)]) {
      const lab = await original(scenario);
      if (scenario !== "contoso") await disturb(lab, dice);
      const { name } = lab.ready.hosts.find(({ role }) => role === "Mailbox")!;
      lab.organisation.files(name).set("claims.json", Buffer.from(CLAIMS));
      await saidOf(lab);
      const real = await snapshotOf(lab);
      const made = await anonymised(real);
      const said = await saidOf(lab);
      await lab.close();
      assertNothingLeft(real, made);
      assert.deepEqual(spans(made), spans(real), "a time limit is no address");
      assert.notEqual(spans(real).length, 0);

      const copy = await startTestLab({ scenario: made, speed: 1, latencies: { edgeSyncConfiguration: 86_400, queueRetry: 86_400 } });
      assert.deepEqual(kinds(await saidOf(copy)), kinds(said), `seed ${seed}`);
      await copy.close();
    }
  });
});

const spans = (snapshot: unknown): string[] => JSON.stringify(snapshot).match(/"(\d+\.)?\d\d:\d\d:\d\d"/g) ?? [];

const CLAIMS = JSON.stringify({
  schema: 1,
  objects: { [`certificate:${"F00DFEED".repeat(5)}`]: { claims: { "secret project/prod/edge": "x" }, made: true, previous: "10.1.2.3" } },
  current: { "certificate|secret project/prod/edge": "F00DFEED".repeat(5) },
});

function assertNothingLeft({ copy: real }: Snapshot, made: Snapshot): void {
  const text = JSON.stringify(made);
  assert.doesNotMatch(text, REAL);
  assert.equal(made.copy.anonymised, true);
  const certificates = Object.values(made.copy.certificates).map((der) => readCertificate(Buffer.from(der, "base64")));
  const before = Object.values(real.certificates).map((der) => readCertificate(Buffer.from(der, "base64")));
  assert.equal(certificates.length, before.length);
  for (const one of certificates) {
    assert.doesNotMatch(one.der.toString("latin1"), REAL);
    assert.ok(
      before.every(({ publicKeySha256, serialNumber }) => publicKeySha256 !== one.publicKeySha256 && serialNumber !== one.serialNumber),
    );
  }
  for (const { thumbprint, serialNumber, publicKeySha256 } of before)
    for (const known of [thumbprint, serialNumber, publicKeySha256]) assert.ok(!text.toUpperCase().includes(known), known);
  // What belongs together still does.
  const keys = (all: typeof before): number => new Set(all.map(({ publicKeySha256 }) => publicKeySha256)).size;
  assert.equal(keys(certificates), keys(before));
}

const kinds = ({ diagnosis }: Said): string[] =>
  diagnosis.findings.map(({ id, severity, places }) => `${id} ${severity} ${places.length}`).sort();

import assert from "node:assert/strict";
import { scenarioNames } from "../../../lab/model/scenarioFile";
import type { ScenarioInput } from "../../../lab/open";
import { organisationOf } from "../../support/directory";
import { control } from "../../support/lab";
import { missingIn } from "../../../provider/cli/snapshot/take";
import { snapshotOf } from "../../support/snapshot";
import { assertSame, original } from "./copies";

describe("snapshot", function () {
  this.timeout(120_000);

  for (const name of scenarioNames())
    it(`${name}: the copy tells what the organisation tells, and is copied equally`, async () => {
      const lab = await original(name);
      assert.deepEqual(missingIn(await assertSame(lab)), []);
      const history = await control(lab).history();
      assert.ok(
        history.length > 0 && history.every(({ mutating, cmdlet }) => !mutating && !/^file\.(write|append|createNew|remove)/.test(cmdlet)),
      );
      await lab.close();
    });

  it("subscriptions of Edges with like names stay apart in the copy", async () => {
    const alike = JSON.stringify(organisationOf(2, 1)).replaceAll("EDGE0", "EDGE-BERLIN-");
    const lab = await original(JSON.parse(alike) as ScenarioInput);
    const copy = await original(await snapshotOf(lab));
    const { objects } = await control(copy).operator("MBX01", "Get-EdgeSubscription");
    assert.equal(new Set(objects.map(({ Guid }) => Guid)).size, 2);
    for (const one of [lab, copy]) await one.close();
  });
});

import assert from "node:assert/strict";
import { scenarioNames } from "../../../lab/model/scenarioFile";
import { control } from "../../support/lab";
import { missingIn } from "../../../provider/cli/snapshot/take";
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
});

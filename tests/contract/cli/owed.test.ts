/** What a renewal has replaced and a guard has kept: `report` and `doctor` show it, until it has gone from the store. */
import assert from "node:assert/strict";
import type { Report } from "../../../provider/cli/report/model";
import { labForAll } from "../../support/lab";
import { cli, hostsFile, mutations, removeFolders, thumbprintOf } from "./support";

describe("what earlier renewals owe", function () {
  this.timeout(60_000);
  const lab = labForAll();
  after(removeFolders);
  const remember = (thumbprint: string): void => {
    const leftover = { thumbprint, owner: "shop/prod/copy", since: "2026-11-22T07:24:46Z", why: "IIS uses it" };
    lab()
      .organisation.files("MBX01")
      .set(`leftovers/${thumbprint}.json`, Buffer.from(JSON.stringify(leftover)));
  };

  it("is told by report, as a line and in JSON, and by doctor as a notice", async () => {
    const v1 = await thumbprintOf(lab(), "v1");
    remember(v1);
    remember("F".repeat(40));
    const hosts = await hostsFile(lab());
    const table = await cli(["report", "--hosts", hosts]);
    assert.match(table.out, new RegExp(`^owed: MBX01: ${v1.slice(0, 8)}… was replaced on 2026-11-22 and stays: IIS uses it$`, "m"));
    const { rows } = JSON.parse((await cli(["report", "--hosts", hosts, "--json"])).out) as Report;
    assert.deepEqual(
      rows.filter(({ owed }) => owed).map(({ host, thumbprint, owed }) => [host, thumbprint, owed]),
      [["MBX01", v1, { since: "2026-11-22T07:24:46Z", why: "IIS uses it" }]],
    );
    const { findings } = JSON.parse((await cli(["doctor", "--hosts", hosts, "--json"])).out) as {
      findings: { id: string; severity: string; host: string; object: string; cause: string }[];
    };
    const owed = findings.filter(({ id }) => id === "replaced-stays");
    assert.deepEqual(
      owed.map(({ severity, host, object }) => [severity, host, object]),
      [["notice", "MBX01", v1]],
    );
    assert.match(owed[0].cause, /IIS uses it/);
    assert.equal(await mutations(lab()), 0);
  });
});

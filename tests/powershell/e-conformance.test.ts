/** `conformance`, asked of the shipped script in a real PowerShell behind real sshd: reading, on an Edge, and in the organisation. */
import { strict as assert } from "node:assert";
import { removeFolders } from "../contract/cli/support";
import { conformance, OTHER_READINGS, valuesOf, type Asked } from "../contract/conformance/support";
import { standing, throwaway } from "../contract/conformance/throwaway";
import type { LabOptions } from "../../lab/start";
import { pwshMissing } from "../support/agents/stage";
import { passwordMissing, RealContoso } from "../support/interop/contoso";
import { skipUnless } from "../support/skip";

const missing = pwshMissing ?? passwordMissing;
const EVERYTHING = ["--edge", "EDGE09", "--may-change-it", "--patience", "6", "--organisation", "contoso"];

/** The script itself knows all operations; events are written by what happens, which the contract tier makes happen. */
const { agentOperations: _script, edgeSyncLevels: _log, expiresSoonText: _too, ...OTHER } = OTHER_READINGS;

skipUnless(missing === undefined, missing ?? "").describe("npx pulumi-exchange conformance with a real PowerShell", function () {
  this.timeout(600_000);
  after(removeFolders);

  /** Asks EDGE09 and MBX01; what is asked must leave no trace, in Exchange and in the agents' folders. */
  async function ask(toggles: LabOptions["toggles"], args: string[]): Promise<Asked> {
    const real = await RealContoso.open({ logon: "either", lab: { scenario: throwaway(), toggles }, powershell: {} });
    // the lab's own record of files does not know what the agents remove
    const traces = async (): Promise<unknown> => {
      const { kept, ...organisation } = (await standing(real.lab)) as { kept: { files?: unknown }[] };
      const files = ["EDGE09", "MBX01"].map((host) =>
        [...real.stage!.files(host).keys()].filter((path) => !/^(lease|\.agent)\//.test(path)),
      );
      return { ...organisation, servers: kept.map(({ files: _made, ...server }) => server), files };
    };
    try {
      const before = await traces();
      // whether a bind fails for logons by key only, a logon by password alone does not tell
      const changes = { EDGE01: null, EDGE02: null, EDGE09: { privateKey: real.key.privateKey } };
      const asked = await conformance(real.throughSshd(), args, changes);
      assert.equal(asked.code, 0, asked.out + asked.err);
      assert.deepEqual(await traces(), before);
      return asked;
    } finally {
      await real.close();
    }
  }

  it("sees what the lab assumes at every point, and leaves everything as it was", async () => {
    const { found, out } = await ask({}, EVERYTHING);
    // what is read may have met nothing; on a slow machine a certificate may end before an Edge was subscribed with it
    const unsettled = (point: string, asked: string): boolean => asked === "read-only" || point === "expiredLdapsRefused";
    const others = Object.entries(found.points).filter(([point, { class: asked, verdict }]) => {
      if (verdict === "not asked") return asked !== "not askable";
      return verdict !== "as assumed" && !(verdict === "not seen" && unsettled(point, asked));
    });
    assert.deepEqual(others, [], out);
    assert.ok(found.looks.length > 100);
    assert.deepEqual(
      found.looks.filter((look) => look.expected !== look.seen),
      [],
    );
  });

  it("finds toggles set the other way, by reading", async () => {
    const asked = await ask(OTHER, []);
    assert.deepEqual(valuesOf(asked, Object.keys(OTHER)), OTHER, asked.out);
  });
});

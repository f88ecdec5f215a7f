import assert from "node:assert/strict";
import { pointsOf } from "../../../provider/cli/conformance/points";
import type { Lab } from "../../../lab/start";
import { control, startTestLab, until } from "../../support/lab";
import { ended, hostsFile, mutations, removeFolders, startCli } from "../cli/support";
import { conformance, valuesOf } from "./support";
import { standing, throwaway } from "./throwaway";

const CHANGE = ["--edge", "EDGE09", "--may-change-it", "--patience", "2", "--organisation", "contoso"];

const OTHER = {
  setSendConnector: "lenient",
  nameNeedsRequireTls: true,
  newDefaultServices: "IMAP, POP, SMTP",
  mailboxDefaultReencrypts: false,
  overwriteKeepsSources: false,
  refusal2OnEdge: false,
  directTrust: "publicKey",
  directTrustLearns: "edgeSync",
  edgeSyncCompares: "certificate",
  expiredLdapsRefused: true,
  restartNeededForConnectors: true,
  edgesMayShareKey: false,
  subscriptionVersion: "minor",
};

describe("npx pulumi-exchange conformance --organisation", function () {
  this.timeout(240_000);
  after(removeFolders);
  const start = (toggles = {}): Promise<Lab> => startTestLab({ scenario: throwaway(), toggles });

  it("finds what the lab assumes, and leaves everything as it was", async () => {
    const lab = await start();
    const before = await standing(lab);
    const asked = await conformance(lab, CHANGE);
    const points = Object.entries(asked.found.points).filter(([, report]) => /Edge|organisation/.test(report.class));
    const others = points.filter(([, { verdict }]) => verdict !== "as assumed");
    // whether a logon by key can bind, a logon by password does not tell
    assert.deepEqual(
      others.map(([name, { verdict, observations }]) => [name, verdict, observations[0]?.seen]),
      [["adLdsBind", "open", "works after a logon by password"]],
      asked.out + asked.err,
    );
    assert.equal(asked.code, 0, asked.err);
    assert.deepEqual(await standing(lab), before);
    await lab.close();
  });

  it("finds every toggle of this class set the other way", async () => {
    assert.deepEqual(Object.keys(OTHER).sort(), pointsOf("the organisation").sort());
    const lab = await start(OTHER);
    const before = await standing(lab);
    const asked = await conformance(lab, CHANGE);
    assert.deepEqual(valuesOf(asked, Object.keys(OTHER)), OTHER, asked.out + asked.err);
    assert.equal(asked.code, 0, asked.err);
    assert.deepEqual(await standing(lab), before);
    await lab.close();
  });

  it("wants the organisation's name, and an Edge", async () => {
    const lab = await start();
    const refused = async (args: string[], what: RegExp): Promise<void> => {
      const { err, code } = await conformance(lab, args);
      assert.match(err, what);
      assert.equal(code, 2);
      assert.equal(await mutations(lab), 0);
    };
    await refused(["--organisation", "contoso"], /\[INVALID_ARGUMENT\] --organisation needs --edge/);
    await refused(
      [...CHANGE.slice(0, -1), "Fabrikam"],
      /\[INVALID_ARGUMENT\] MBX01 belongs to the organisation "Contoso", not to "Fabrikam"/,
    );
    await lab.close();
  });

  it("puts Edge and organisation back at its next run after a kill", async () => {
    const lab = await start({ subscriptionVersion: "build" });
    const before = await standing(lab);
    const child = startCli(["conformance", "--hosts", await hostsFile(lab), "-o", "/dev/null", ...CHANGE]);
    const result = ended(child);
    const imported = async (): Promise<boolean> =>
      (await control(lab).history()).some(({ host, cmdlet }) => host === "MBX01" && cmdlet === "New-EdgeSubscription");
    await until("the Edge was subscribed again", imported, 120_000);
    child.kill("SIGKILL");
    await result;
    await control(lab).clock(120);
    const alone = await conformance(lab, CHANGE.slice(0, -2));
    assert.equal(alone.code, 1);
    assert.match(alone.err, /\[EDGE_IN_USE\] EDGE09: an earlier run has left changes in the organisation/);
    const again = await conformance(lab, CHANGE);
    assert.match(again.err, /MBX01: putting back what a run of/);
    assert.equal(again.code, 0, again.err);
    assert.equal(again.found.points.subscriptionVersion.value, "build");
    assert.deepEqual(await standing(lab), before);
    await lab.close();
  });
});

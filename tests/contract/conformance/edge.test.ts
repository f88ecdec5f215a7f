import assert from "node:assert/strict";
import { utils } from "ssh2";
import { MailStream } from "../../../lab/mailstream";
import type { Lab, LabOptions } from "../../../lab/start";
import { pointsOf } from "../../../provider/cli/conformance/points";
import { control, startTestLab, until } from "../../support/lab";
import { connection, ended, hostsFile, mutations, removeFolders, startCli } from "../cli/support";
import { conformance, valuesOf } from "./support";
import { standing, throwaway } from "./throwaway";

const CHANGE = ["--edge", "EDGE09", "--may-change-it", "--patience", "0.2"];

describe("npx pulumi-exchange conformance --edge", function () {
  this.timeout(240_000);
  after(removeFolders);

  const start = (toggles: LabOptions["toggles"], more: LabOptions = {}): Promise<Lab> =>
    startTestLab({ scenario: throwaway(), toggles, ...more });

  async function finds(lab: Lab, toggles: { [name: string]: string | boolean }, changes = {}): Promise<void> {
    const before = await standing(lab);
    const asked = await conformance(lab, CHANGE, changes);
    assert.deepEqual(valuesOf(asked, Object.keys(toggles)), toggles, asked.out + asked.err);
    assert.equal(asked.code, 0, asked.out + asked.err);
    assert.deepEqual(await standing(lab), before);
  }

  const GROUPS: { [name: string]: { [toggle: string]: string | boolean } } = {
    "the ones that refuse": {
      enableWithoutForce: "answersNo",
      enableConfirmFalse: "answersYes",
      servicesNoneGrantsAccess: false,
      newCertificateReplacesDefault: true,
      fewerServicesUnbind: true,
      adLdsBind: "fails",
      edgeCmdletsNeedAdLds: true,
      edgeComponentState: "closesDoor",
      restartNeededForCertificates: true,
      tlsNameChoice: "latest",
      ecdsaCertificates: "accepted",
      exportedChain: "none",
    },
    "the ones that take": {
      enableWithoutForce: "answersYes",
      enableConfirmFalse: "answersNo",
      smtpEnableCopiesToAdLds: true,
      exportedChain: "issuers",
      adLdsBind: "works",
    },
    "AD LDS": { adLdsChoice: "newest", adLdsBind: "failsWithKey" },
  };
  // whether a bind fails for logons by key only, a logon by password alone does not tell
  const pair = utils.generateKeyPairSync("ed25519");
  for (const [name, toggles] of Object.entries(GROUPS))
    it(`finds toggles set the other way: ${name}`, async () => {
      const lab = await start(toggles, { ssh: { authorizedKeys: [pair.public] } });
      await finds(lab, toggles, { EDGE09: { ...connection(lab, "EDGE09"), privateKey: pair.private } });
      await lab.close();
    });

  it("sets every point of this class another way", () => {
    const set = new Set(Object.values(GROUPS).flatMap((toggles) => Object.keys(toggles)));
    assert.deepEqual([...set].sort(), pointsOf("this Edge").sort());
  });

  it("refuses an Edge that is in use, with nothing changed", async () => {
    const lab = await start({});
    const refused = async (args: string[], code: number, what: RegExp): Promise<void> => {
      const { err, code: ended } = await conformance(lab, args);
      assert.match(err, what);
      assert.equal(ended, code);
      assert.equal(await mutations(lab), 0);
    };
    await refused(["--edge", "EDGE09"], 2, /\[INVALID_ARGUMENT\] --edge and --may-change-it go together/);
    await refused(["--edge", "MBX01", "--may-change-it"], 2, /\[INVALID_ARGUMENT\] MBX01 is none of the Edges/);
    await refused(
      ["--edge", "EDGE01", "--may-change-it"],
      1,
      /\[EDGE_IN_USE\] EDGE01 is no throw-away Edge: it is a source of the connector/,
    );
    const { smtp } = lab.ready.hosts.find(({ name }) => name === "EDGE09")!;
    const stream = new MailStream({ hosts: [smtp], to: "somebody@contoso.com" });
    stream.start();
    await until("mail was sent", () => stream.ids.length > 0);
    await stream.stop(1);
    await refused(CHANGE, 1, /\[EDGE_IN_USE\] EDGE09 is no throw-away Edge: it carried mail within a day/);
    await lab.close();
  });

  /** Starts it and waits for a mutation of that cmdlet. */
  async function begun(lab: Lab, cmdlet: string): Promise<{ child: ReturnType<typeof startCli>; result: ReturnType<typeof ended> }> {
    const child = startCli(["conformance", "--hosts", await hostsFile(lab), "-o", "/dev/null", ...CHANGE]);
    const result = ended(child);
    await until(`${cmdlet} was called`, async () => (await control(lab).history()).some((entry) => entry.cmdlet === cmdlet), 60_000);
    return { child, result };
  }

  it("puts everything back when a signal stops it, and after a kill at its next run", async () => {
    const lab = await start({ enableWithoutForce: "answersYes" });
    const before = await standing(lab);
    const stopped = await begun(lab, "Enable-ExchangeCertificate");
    stopped.child.kill("SIGTERM");
    const { code, err } = await stopped.result;
    assert.equal(code, 1, err);
    assert.match(err, /Stopped by a signal: what was changed is put back/);
    assert.deepEqual(await standing(lab), before);

    await control(lab).fault({ host: "EDGE09", cmdlet: "New-EdgeSubscription", at: "before", kind: "delay", ms: 3_000 });
    const killed = await begun(lab, "New-EdgeSubscription");
    killed.child.kill("SIGKILL");
    await killed.result;
    await control(lab).clearFaults();
    await control(lab).clock(120);
    const again = await conformance(lab, CHANGE);
    assert.match(again.err, /EDGE09: putting back what a run of/);
    assert.equal(again.code, 0, again.err);
    assert.deepEqual(await standing(lab), before);
    await lab.close();
  });

  it("ends with 1 and keeps its record when something cannot be put back", async () => {
    const lab = await start({ enableWithoutForce: "answersYes" });
    const before = await standing(lab);
    await control(lab).fault({
      host: "EDGE09",
      cmdlet: "Remove-ExchangeCertificate",
      at: "before",
      kind: "error",
      message: "no",
      times: 100,
    });
    await control(lab).fault({ host: "EDGE09", cmdlet: "certificate.remove", at: "before", kind: "error", message: "no", times: 100 });
    const owing = await conformance(lab, CHANGE);
    assert.equal(owing.code, 1);
    assert.match(owing.err, /^not put back on EDGE09: the kit's certificates/m);
    await control(lab).clearFaults();
    const again = await conformance(lab, CHANGE);
    assert.equal(again.code, 0, again.err);
    assert.deepEqual(await standing(lab), before);
    await lab.close();
  });
});

/** Whether a server takes a certificate with an EC key: by its build, what turns it on there, and what the certificate is for. */
import assert from "node:assert/strict";
import { eccSwitch, judgeEcc, type EccFacts } from "../../../provider/exchange/ecc";

const on: EccFacts = { version: "15.2.1544.13", role: "Mailbox", registry: "1", override: false, adfs: false, subscriptions: false };
const web = { services: ["IIS"], makesDefault: false };
const mail = { services: ["SMTP"], makesDefault: false };

describe("EC keys by build", () => {
  for (const [version, by] of [
    ["14.3.123.4", "none"],
    ["15.0.1497.48", "none"],
    ["15.1.2375.7", "none"],
    ["15.1.2507.37", "none"],
    ["15.1.2507.39", "override"],
    ["15.1.2507.42", "override"],
    ["15.1.2507.43", "registry"],
    ["15.2.1118.40", "none"],
    ["15.2.1258.32", "none"],
    ["15.2.1258.34", "override"],
    ["15.2.1258.38", "registry"],
    ["15.2.1544.9", "none"],
    ["15.2.1544.11", "override"],
    ["15.2.1544.13", "registry"],
    ["15.2.1748.10", "registry"],
    ["15.2.2562.17", "registry"],
    ["", "none"],
  ] as const)
    it(`${version || "an unknown build"}: ${by}`, () => assert.equal(eccSwitch(version), by));
});

describe("EC keys by setting and use", () => {
  const refused = (facts: Partial<EccFacts>, use = web): string | undefined => judgeEcc({ ...on, ...facts }, use).refused?.why;

  it("is taken for every service where it is on", () => {
    for (const service of ["IIS", "SMTP", "POP", "IMAP"])
      assert.deepEqual(judgeEcc(on, { services: [service], makesDefault: false }), { refused: null, unproven: [] }, service);
  });

  it("is refused where nothing turns it on, with the way to do it", () => {
    for (const [facts, why, hint] of [
      [{ version: "15.2.1118.7" }, /15\.2\.1118\.7 takes no certificate with an EC key/, /April 2024/],
      [{ version: "15.2.1544.11" }, /setting override .* is not enabled/, /New-SettingOverride/],
      [{ registry: null }, /is not set/, /New-ItemProperty .*EnableEccCertificateSupport -Value 1 -Type String/],
      [{ registry: "0" }, /is "0"/, /New-ItemProperty/],
      [{ registry: null, override: true }, /override does not count in this build any more/, /New-ItemProperty/],
      [{ registry: undefined }, /does not tell/, /New-ItemProperty/],
    ] as const) {
      const verdict = judgeEcc({ ...on, ...facts }, web).refused!;
      assert.match(verdict.why, why);
      assert.match(verdict.hint, hint);
    }
    assert.equal(refused({ version: "15.2.1544.11", override: true, registry: null }), undefined);
  });

  it("is refused for what the documentation excludes, and where EdgeSync would meet it", () => {
    assert.match(refused({ adfs: true })!, /AD FS/);
    assert.equal(refused({ adfs: true }, mail), undefined);
    assert.match(refused({ role: "Edge" }, { services: ["SMTP"], makesDefault: true })!, /CryptoAPI.*EdgeSync/);
    assert.match(refused({ subscriptions: true }, { services: ["SMTP"], makesDefault: true })!, /EdgeSync/);
    assert.match(refused({ role: "Edge", version: "15.2.1544.11", override: true })!, /Active Directory/);
  });

  it("is warned of where no public document proves it", () => {
    const unproven = (facts: Partial<EccFacts>, use: typeof web): string => judgeEcc({ ...on, ...facts }, use).unproven.join();
    assert.match(unproven({ role: "Edge" }, mail), /STARTTLS of an Edge/);
    assert.match(unproven({}, { services: ["SMTP"], makesDefault: true }), /default certificate/);
    assert.match(unproven({ version: "15.2.1258.34", override: true }, { services: ["POP", "IMAP"], makesDefault: false }), /POP and IMAP/);
  });
});

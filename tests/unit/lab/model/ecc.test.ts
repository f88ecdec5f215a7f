/** Certificates with EC keys: builds, the registry value, the setting override. */
import assert from "node:assert/strict";
import { closeAll, open } from "./support";

const ENABLED = { eccRegistryValue: "1" };
const OVERRIDDEN = { eccOverride: "enabled" };

describe("lab model: EC keys", () => {
  afterEach(closeAll);

  it("J5 EC keys: what turns them on in each build", async () => {
    const cases: [version: string, toggles: { [name: string]: unknown }, host: "MBX01" | "EDGE01", taken: boolean][] = [
      ["15.2.1118.7", { ...ENABLED, ...OVERRIDDEN }, "MBX01", false],
      ["15.2.1544.11", {}, "MBX01", false],
      ["15.2.1544.11", ENABLED, "MBX01", false],
      ["15.2.1544.11", OVERRIDDEN, "MBX01", true],
      ["15.2.1544.11", OVERRIDDEN, "EDGE01", false],
      ["15.2.1544.13", OVERRIDDEN, "MBX01", false],
      ["15.2.1544.13", ENABLED, "EDGE01", true],
      ["15.2.1258.34", OVERRIDDEN, "MBX01", true],
      ["15.2.1258.38", ENABLED, "MBX01", true],
      ["15.1.2507.39", OVERRIDDEN, "MBX01", true],
      ["15.1.2507.43", { eccRegistryValue: "0" }, "MBX01", false],
      ["15.1.2507.43", ENABLED, "MBX01", true],
      ["15.2.2562.17", ENABLED, "MBX01", true],
    ];
    for (const [version, toggles, host, taken] of cases) {
      const lab = await open(
        {
          name: "ecc",
          domain: "contoso.com",
          version,
          authorities: { ca: { subject: "CN=CA" } },
          certificates: { ec: { authority: "ca", subject: "CN=mail.contoso.com", domainNames: ["mail.contoso.com"], keyType: "ec" } },
          servers: [
            { name: "MBX01", fqdn: "mbx01.contoso.com", role: "Mailbox" },
            { name: "EDGE01", fqdn: "edge01.contoso.com", role: "Edge" },
          ],
        },
        { toggles },
      );
      const thumbprint = await lab.import(host, "ec");
      const enable = lab.run(host, "Enable-ExchangeCertificate", { Thumbprint: thumbprint, Services: "SMTP", Force: true });
      assert.equal(
        await enable.then(
          () => true,
          () => false,
        ),
        taken,
        `${version} ${JSON.stringify(toggles)} ${host}`,
      );
      closeAll();
    }
  });
});

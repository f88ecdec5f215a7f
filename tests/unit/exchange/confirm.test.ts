/** Every change whose cmdlet knows `-Confirm` says no to its question, whatever preference the shell has. */
import assert from "node:assert/strict";
import * as certificates from "../../../provider/exchange/certificates";
import { setHybridConfiguration } from "../../../provider/exchange/hybrid";
import { recreateSendConnector, setSendConnector } from "../../../provider/exchange/sendConnectors";
import type { Shell } from "../../../provider/exchange/shell";
import { exportSubscription, importSubscription, removeSubscription, startSynchronization } from "../../../provider/exchange/subscriptions";
import { CMDLETS } from "../../../provider/remote/cmdlets";

/** What each change asks for; answers are not looked at. */
async function asked(change: (shell: Shell) => Promise<unknown>): Promise<[string, object][]> {
  const calls: [string, object][] = [];
  const shell = {
    facts: { name: "EDGE01", folder: "C:\\work" },
    request: () => Promise.resolve({}),
    invoke: (cmdlet: string, parameters: object) => {
      calls.push([cmdlet, parameters]);
      return Promise.resolve({ objects: [], warnings: [] });
    },
  };
  await change(shell as unknown as Shell).catch(() => undefined);
  return calls.filter(([cmdlet]) => CMDLETS[cmdlet].mutating);
}

const NEW = { domainNames: ["mail.contoso.com"], exportable: false };
const CHANGES: { [name: string]: (shell: Shell) => Promise<unknown> } = {
  importCertificate: (shell) => certificates.importCertificate(shell, { pfx: Buffer.from("a"), password: "p", exportable: false }),
  importAnswer: (shell) => certificates.importAnswer(shell, Buffer.from("a")),
  newSelfSigned: (shell) => certificates.newSelfSigned(shell, NEW),
  newRequest: (shell) => certificates.newRequest(shell, NEW),
  removeCertificate: (shell) => certificates.removeCertificate(shell, "A".repeat(40)),
  setHybridConfiguration: (shell) => setHybridConfiguration(shell, { TlsCertificateName: null }),
  setSendConnector: (shell) => setSendConnector(shell, "a", { RequireTLS: true }),
  recreateSendConnector: (shell) => recreateSendConnector(shell, { Name: "a" }),
  exportSubscription: (shell) => exportSubscription(shell),
  importSubscription: (shell) =>
    importSubscription(shell, { file: Buffer.from("a"), site: "s", createInternet: false, createInbound: false }),
  removeSubscription: (shell) => removeSubscription(shell, "EDGE01"),
  startSynchronization: (shell) => startSynchronization(shell, "edge01.contoso.com"),
};

describe("a change whose cmdlet knows -Confirm", () => {
  for (const [name, change] of Object.entries(CHANGES)) {
    it(`says no to the question: ${name}`, async () => {
      const calls = await asked(change);
      assert.ok(calls.length > 0);
      for (const [cmdlet, parameters] of calls) {
        assert.ok("Confirm" in CMDLETS[cmdlet].parameters, cmdlet);
        assert.equal((parameters as { Confirm?: boolean }).Confirm, false, cmdlet);
      }
    });
  }

  it("leaves the question of Enable-ExchangeCertificate alone: its answer is Force", async () => {
    const [[cmdlet, parameters]] = await asked((shell) => certificates.enableServices(shell, "A".repeat(40), ["SMTP"], false));
    assert.deepEqual([cmdlet, parameters], ["Enable-ExchangeCertificate", { Thumbprint: "A".repeat(40), Services: "SMTP" }]);
  });
});

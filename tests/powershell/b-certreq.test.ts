/** `certreq` as the shipped script reads it in a real PowerShell: an official's decisions, other languages, and an authority that is away. */
import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { control } from "../support/lab";
import { pwshMissing, stageForAll } from "../support/agents/stage";
import { skipUnless } from "../support/skip";

const ca = "dc01\\Contoso Issuing CA";

skipUnless(pwshMissing === undefined, pwshMissing ?? "").describe("certreq in the hands of the shipped script", () => {
  const stage = stageForAll();

  it("asks for a request that an official decides on", async () => {
    const agent = await stage().agent("MBX01");
    const made = await agent.value<{ objects: { FileData: string }[] }>(
      "invoke",
      { cmdlet: "New-ExchangeCertificate", parameters: { GenerateRequest: true, BinaryEncoded: true }, select: ["FileData"] },
      { fence: 1 },
    );
    const request = made.objects[0].FileData;
    const submit = (): Promise<{ requestId: number; disposition: string }> =>
      agent.value("certreq.submit", { ca, template: "WebServerManual", request }, { fence: 1 });
    const ask = (requestId: number): Promise<{ disposition: string; certificate?: string }> =>
      agent.value("certreq.retrieve", { ca, requestId });
    const [{ requestId, disposition }, other] = [await submit(), await submit()];
    assert.deepEqual([disposition, (await ask(requestId)).disposition], ["pending", "pending"]);
    await control(stage().lab).decide(requestId, "approve");
    await control(stage().lab).decide(other.requestId, "deny");
    assert.match((await ask(requestId)).certificate!, /^-----BEGIN CERTIFICATE-----/);
    assert.equal((await ask(other.requestId)).disposition, "denied");
    await control(stage().lab).decide(other.requestId, "withdraw");
    assert.equal((await ask(other.requestId)).disposition, "unknown");
    assert.equal(await agent.refusal("certreq.retrieve", { ca: "dc01\\No such CA", requestId }), "ExecutableFailed");
    for (const wrong of [0, 1_000_000_000, "1"])
      assert.equal(await agent.refusal("certreq.retrieve", { ca, requestId: wrong }), "BadRequest");
    await agent.end();
  });

  it("decides by numbers, whatever the language", async () => {
    // [certreq on German and French Windows]: the words differ, the numbers of errors do not
    const printed: [string, string][] = [
      ['Anforderungs-ID: 22\\r\\nAnforderungs-ID: "22"\\r\\nDie Zertifikatanforderung steht aus: Taken Under Submission (0)', "pending"],
      ["IDDemande : 22\\r\\nCertificat non émis (Refusé) 0x80094014 (-2146877420 CERTSRV_E_ADMIN_DENIED_REQUEST)", "denied"],
      ["0x80094004 (-2146877436 CERTSRV_E_PROPERTY_EMPTY)", "unknown"],
      ["Zugriff verweigert 0x80070005 (WIN32: 5 ERROR_ACCESS_DENIED)", "ExecutableFailed"],
    ];
    const agent = await stage().agent("EDGE01");
    const program = join(stage().stage.binOf("EDGE01"), "certreq");
    for (const [text, expected] of printed) {
      writeFileSync(program, `#!/bin/sh\nprintf '%b' '${text}\\r\\n'\n`);
      chmodSync(program, 0o755);
      const params = { ca, requestId: 22 };
      const got =
        expected === "ExecutableFailed"
          ? await agent.refusal("certreq.retrieve", params)
          : (await agent.value<{ disposition: string }>("certreq.retrieve", params)).disposition;
      assert.equal(got, expected, text);
    }
    await agent.end();
  });
});

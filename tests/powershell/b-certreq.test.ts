/** `certreq` as the shipped script reads it in a real PowerShell: an official's decisions, other languages, and an authority that is away. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
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

  it("is told what was asked of a certificate with a lifetime; a failure is told", async () => {
    const agent = await stage().agent("EDGE01");
    const wanted = {
      domainNames: ["edge01.contoso.com", "*.contoso.com", "_dmarc.contoso.com"],
      days: 90,
      keySize: 1024,
      friendlyName: 'Ädge; "90 %" = ключ \\',
      exportable: true,
    };
    const make = (more: object = {}, extra: object = { fence: 1, key: "made" }): Promise<{ raw: string }> =>
      agent.value("certificate.makeSelfSigned", { ...wanted, ...more }, extra);
    const { raw } = await make();
    assert.deepEqual(await make(), { raw }, "once for a key");
    const { subject, subjectAltName, validFrom, validTo, fingerprint } = new X509Certificate(Buffer.from(raw, "base64"));
    assert.equal(subject, "CN=edge01.contoso.com");
    assert.equal(subjectAltName, wanted.domainNames.map((name) => `DNS:${name}`).join(", "));
    assert.equal(Date.parse(validTo) - Date.parse(validFrom), 90 * 86_400_000);
    const thumbprint = fingerprint.replaceAll(":", "");
    const { found, keyProvider, exportable, networkService } = await agent.value("certificate.inspect", { thumbprint });
    assert.deepEqual([found, keyProvider, exportable, networkService], [true, "CAPI", true, false]);
    const told = stage().lab.history.entries.find(({ cmdlet }) => cmdlet === "certificate.makeSelfSigned");
    assert.deepEqual(told?.parameters, wanted);

    const wrong: object[] = [
      ...[{ domainNames: [] }, { domainNames: ["a&b"] }, { domainNames: ['a"b'] }, { domainNames: ["-a"] }, { domainNames: "a" }],
      ...[{ domainNames: [`${"a".repeat(61)}.com`] }, { domainNames: ["a\r\n[Extensions]"] }, { domainNames: ["mÿ.com"] }],
      ...[{ days: 0 }, { days: 36_501 }, { days: "90" }, { days: 1.5 }, { keySize: 512 }, { keySize: 3072 }, { friendlyName: "" }],
      ...[{ friendlyName: "a\nb" }, { friendlyName: "a".repeat(257) }, { exportable: "true" }, { exportable: 1 }, { more: 1 }],
      ...["domainNames", "days", "keySize", "friendlyName", "exportable"].map((name) => ({ [name]: null })),
    ];
    for (const more of wrong)
      assert.equal(await agent.refusal("certificate.makeSelfSigned", { ...wanted, ...more }), "BadRequest", JSON.stringify(more));
    assert.equal(await agent.refusal("certificate.makeSelfSigned", wanted), "FenceRequired");

    const program = join(stage().stage.binOf("EDGE01"), "certreq");
    writeFileSync(program, "#!/bin/sh\nprintf 'Anbieter nicht gefunden. 0x80090019\\r\\n'\nexit 25\n");
    chmodSync(program, 0o755);
    const failed = await agent.request("certificate.makeSelfSigned", wanted, { fence: 1 });
    assert.ok(failed && !failed.ok);
    assert.deepEqual(
      [failed.error.class, failed.error.message],
      ["ExecutableFailed", "certreq ended with 25: Anbieter nicht gefunden. 0x80090019"],
    );
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

/** What a session in which RawData alone arrives tells of a certificate (exchange.md 1.3). */
import assert from "node:assert/strict";
import type { Shell } from "../../../provider/exchange/shell";
import { listCertificates } from "../../../provider/exchange/certificates";
import type { CertificateInspection } from "../../../provider/remote/protocol";
import { makeAuthority } from "../../support/certificates";

describe("listCertificates where RawData alone arrives", () => {
  const listed = async (inspection: CertificateInspection) => {
    const { certificate } = await (await makeAuthority("CN=Contoso CA")).issue({ subject: "CN=mail.contoso.com" });
    const shell = {
      facts: { name: "MBX01" },
      invoke: () => Promise.resolve({ objects: [{ RawData: certificate.der.toString("base64") }], warnings: [] }),
      request: (op: string, params: { thumbprint: string }) => {
        assert.deepEqual([op, params.thumbprint], ["certificate.inspect", certificate.thumbprint]);
        return Promise.resolve(inspection);
      },
    } as unknown as Shell;
    return (await listCertificates(shell)).map(({ friendlyName, hasPrivateKey, services }) => ({ friendlyName, hasPrivateKey, services }));
  };

  it("takes friendly name and key from the store", async () => {
    const seen = await listed({ found: true, friendlyName: "mail", hasPrivateKey: true });
    assert.deepEqual(seen, [{ friendlyName: "mail", hasPrivateKey: true, services: null }]);
  });
  it("knows no friendly name where the agent does not tell one", async () => {
    assert.deepEqual(await listed({ found: true, hasPrivateKey: false }), [{ friendlyName: "", hasPrivateKey: false, services: null }]);
  });
  it("passes over what is in no store: a pending request", async () => {
    assert.deepEqual(await listed({ found: false }), []);
  });
});

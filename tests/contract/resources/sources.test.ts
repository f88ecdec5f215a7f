/** Containers and keys as tools outside Windows write them. */
import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { readPemBundle, writePfx } from "../../../provider/pki";
import type { CertificateSourceArgs } from "../../../provider/resources";
import { rigForEach } from "../../support/stories/rig";

describe("sources of a certificate", () => {
  const rig = rigForEach();
  const pem = () => {
    const { pem: certificate, keyPem: privateKey, chainPem: chain } = rig().issued("web");
    return { certificate, privateKey, chain };
  };
  const deploys = async (source: CertificateSourceArgs): Promise<void> => {
    await rig().apply(rig().one("Certificate", { host: rig().host("MBX01"), source, services: [] }));
    assert.ok(rig().certificate("MBX01", rig().thumbprint("web")));
  };

  it("a PFX with an empty password", async () => {
    const pfx = await writePfx({ ...readPemBundle(pem()), password: "" });
    await deploys({ pfx: pfx.toString("base64"), password: "" });
  });

  it("an encrypted private key with its password", async () => {
    const { certificate, privateKey, chain } = pem();
    const cipher = { format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "a passphrase" } as const;
    const encrypted = createPrivateKey(privateKey).export(cipher).toString();
    await deploys({ certificate, privateKey: encrypted, privateKeyPassword: "a passphrase", chain: chain.join("\n") });
  });
});

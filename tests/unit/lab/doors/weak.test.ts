/** Doors with certificates of old days: SHA-1 and 1024 bits are what some servers still present, and OpenSSL's defaults refuse. */
import { strict as assert } from "node:assert";
import { connect, type Socket } from "node:net";
import forge from "node-forge";
import { readCertificate } from "../../../../provider/pki";
import { probeLdaps } from "../../../../provider/probes/ldaps";
import { probeStarttls } from "../../../../provider/probes/starttls";
import { labForAll } from "../../../support/lab";

const EDGE = "edge01.tailspintoys.com";

interface Issuer {
  name: string;
  key: forge.pki.rsa.PrivateKey;
}

/** Signed with SHA-1 over a key of 1024 bits. */
function weak(name: string, issuer?: Issuer): { pem: string; key: forge.pki.rsa.PrivateKey } {
  const keys = forge.pki.rsa.generateKeyPair(1024);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = keys.publicKey;
  certificate.serialNumber = `4${Buffer.from(name).toString("hex").slice(0, 12)}`;
  certificate.validity.notBefore = new Date(Date.now() - 86_400_000);
  certificate.validity.notAfter = new Date(Date.now() + 100 * 86_400_000);
  certificate.setSubject([{ name: "commonName", value: name }]);
  certificate.setIssuer([{ name: "commonName", value: issuer?.name ?? name }]);
  certificate.setExtensions(
    name.includes(".")
      ? [
          { name: "keyUsage", digitalSignature: true, keyEncipherment: true },
          { name: "extKeyUsage", serverAuth: true },
          { name: "subjectAltName", altNames: [{ type: 2, value: name }] },
        ]
      : [{ name: "basicConstraints", cA: true }],
  );
  certificate.sign(issuer?.key ?? keys.privateKey, forge.md.sha1.create());
  return { pem: forge.pki.certificateToPem(certificate), key: keys.privateKey };
}

describe("lab: doors with a SHA-1 certificate of 1024 bits", () => {
  const root = weak("Old Root");
  const leaf = weak(EDGE, { name: "Old Root", key: root.key });
  const alone = weak("edge02.tailspintoys.com");
  const given = ({ pem, key }: typeof leaf, chainPem: string[] = []) => ({ pem, keyPem: forge.pki.privateKeyToPem(key), chainPem });
  const server = (name: string, certificate: string) => {
    const fqdn = `${name.toLowerCase()}.tailspintoys.com`;
    return { name, fqdn, role: "Edge" as const, setup: false, certificates: [{ certificate, smtp: true }], default: certificate };
  };
  const lab = labForAll(() => ({
    scenario: {
      name: "old",
      domain: "tailspintoys.com",
      certificates: { issued: given(leaf, [root.pem]), alone: given(alone) },
      servers: [
        { name: "MBX01", fqdn: "mbx01.tailspintoys.com", role: "Mailbox" as const },
        server("EDGE01", "issued"),
        server("EDGE02", "alone"),
      ],
      subscriptions: [{ edge: "EDGE01" }, { edge: "EDGE02" }],
    },
  }));
  const open = (address: { host: string; port: number }) => (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect(address, () => resolve(socket)).once("error", reject);
    });
  const edge = (name: string) => lab().ready.hosts.find((one) => one.name === name)!;

  it("is presented on LDAPS, its root beside it, and seen by the probe", async () => {
    const { thumbprint } = await probeLdaps(open(edge("EDGE01").ldaps!), { name: EDGE });
    assert.equal(thumbprint, readCertificate(leaf.pem).thumbprint);
  });

  it("is presented on STARTTLS and seen by the probe", async () => {
    const look = await probeStarttls(open(edge("EDGE02").smtp), { name: "edge02.tailspintoys.com" });
    assert.equal(look.offered && look.thumbprint, readCertificate(alone.pem).thumbprint);
  });
});

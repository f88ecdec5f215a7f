/** A certificate for the lab's own infrastructure (never one of the organisation's: those come from the model). */
import { randomBytes } from "node:crypto";
import { pki } from "node-forge";
import { rsaKeyPair } from "../model/authority";

/** A self-signed certificate for an address and `localhost`, valid five years to either side of now; PEM. */
export async function selfSigned(commonName: string, address: string): Promise<{ key: string; cert: string }> {
  const { privateKey } = await rsaKeyPair();
  const key = privateKey.export({ type: "pkcs1", format: "pem" }) as string;
  const forgeKey = pki.privateKeyFromPem(key);
  const certificate = pki.createCertificate();
  certificate.publicKey = pki.setRsaPublicKey(forgeKey.n, forgeKey.e);
  certificate.serialNumber = `01${randomBytes(8).toString("hex")}`;
  const year = 365 * 86_400_000;
  certificate.validity.notBefore = new Date(Date.now() - 5 * year);
  certificate.validity.notAfter = new Date(Date.now() + 5 * year);
  const name = [{ name: "commonName", value: commonName }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.setExtensions([
    { name: "basicConstraints", cA: true },
    {
      name: "subjectAltName",
      altNames: [
        { type: 7, ip: address },
        { type: 2, value: "localhost" },
      ],
    },
  ]);
  certificate.sign(forgeKey);
  return { key, cert: pki.certificateToPem(certificate) };
}

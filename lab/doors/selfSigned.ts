/** A certificate for the lab's own infrastructure (never one of the organisation's: those come from the model). */
import { randomBytes } from "node:crypto";
import { pki } from "node-forge";
import { rsaKeyPair } from "../model/authority";

interface Pair {
  key: string;
  cert: string;
}
const made = new Map<string, Promise<Pair>>();

/** A self-signed certificate for an address and `localhost`, valid five years to either side of now; PEM. Made once a process. */
export function selfSigned(commonName: string, address: string): Promise<Pair> {
  const id = `${commonName} ${address}`;
  let pair = made.get(id);
  if (!pair) made.set(id, (pair = make(commonName, address)));
  return pair;
}

async function make(commonName: string, address: string): Promise<Pair> {
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

/** PKCS#10 requests, as New-ExchangeCertificate -GenerateRequest writes them. */
import forge from "node-forge";
import type { KeyPair } from "./authority";

const SHORT: Record<string, string> = { S: "ST", E: "emailAddress" };

/** Subject as `CN=mail.contoso.com, O=Contoso`: most specific first. */
export function certificateRequest(subject: string, domainNames: string[], key: KeyPair): { pem: string; der: Buffer } {
  const request = forge.pki.createCertificationRequest();
  request.publicKey = forge.pki.publicKeyFromPem(key.publicKey.export({ format: "pem", type: "spki" }) as string);
  request.setSubject(attributes(subject).reverse());
  const altNames = domainNames.map((value) => ({ type: 2, value }));
  const extensions = [
    { name: "keyUsage", critical: true, digitalSignature: true, keyEncipherment: true },
    { name: "subjectAltName", altNames },
  ];
  request.setAttributes([{ name: "extensionRequest", extensions }]);
  request.sign(forge.pki.privateKeyFromPem(key.privateKey.export({ format: "pem", type: "pkcs8" }) as string), forge.md.sha256.create());
  const der = Buffer.from(forge.asn1.toDer(forge.pki.certificationRequestToAsn1(request)).getBytes(), "binary");
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return { der, pem: `-----BEGIN NEW CERTIFICATE REQUEST-----\r\n${lines.join("\r\n")}\r\n-----END NEW CERTIFICATE REQUEST-----\r\n` };
}

function attributes(subject: string): forge.pki.CertificateField[] {
  const parts = subject.match(/(?:"(?:[^"]|"")*"|[^,"])+/g) ?? [];
  return parts.map((part) => {
    const at = part.indexOf("=");
    const type = part.slice(0, at).trim().toUpperCase();
    const value = part
      .slice(at + 1)
      .trim()
      .replace(/^"([\s\S]*)"$/, "$1")
      .replaceAll('""', '"');
    const shortName = SHORT[type] ?? type;
    return shortName === "emailAddress" ? { name: shortName, value } : { shortName, value };
  });
}

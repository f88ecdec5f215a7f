/** The certificate authority: its certificate and, as a secret, its key are in the stack's configuration. */
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

const config = new pulumi.Config();

/** Certificate of the authority (PEM): installed on the server before what it signed. */
export const caCertificate = config.require("caCertificate");

/** A certificate (PEM) for a request, valid for a year. Exchange needs both key usages, and Server Authentication. */
export function sign(name: string, csr: pulumi.Input<string>): pulumi.Output<string> {
  const signed = new tls.LocallySignedCert(name, {
    certRequestPem: csr,
    caCertPem: caCertificate,
    caPrivateKeyPem: config.requireSecret("caKey"),
    validityPeriodHours: 365 * 24,
    allowedUses: ["digital_signature", "key_encipherment", "server_auth"],
  });
  return signed.certPem;
}

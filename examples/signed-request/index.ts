/** A certificate whose key is born on the server and never leaves it: request, signature, installation, in one `pulumi up`. */
import * as pulumi from "@pulumi/pulumi";
import { Certificate, CertificateRequest } from "pulumi-exchange";
import { caCertificate, sign } from "./authority";
import { readHost } from "./servers";

const config = new pulumi.Config();
const MBX01 = readHost(config, "MBX01");

/** A request is used up by its answer: the next certificate needs a new one, so the names carry the edition. */
const edition = config.get("edition") ?? "1";

const request = new CertificateRequest(`mail-${edition}`, {
  host: MBX01,
  subject: config.get("subject") ?? "CN=mail.contoso.com, O=Contoso, C=US",
  domainNames: config.getObject<string[]>("domainNames") ?? ["mail.contoso.com", "autodiscover.contoso.com"],
});

const certificate = new Certificate("mail", {
  host: MBX01,
  source: { request: request.publicKeySha256, certificate: sign(`mail-${edition}`, request.csr), chain: caCertificate },
  services: ["IIS", "SMTP"],
  // The default stays what it is: EdgeSync and direct trust hang on it.
  defaultSmtp: "keep",
});

export const csr = request.csr;
export const thumbprint = certificate.thumbprint;
export const notAfter = certificate.notAfter;

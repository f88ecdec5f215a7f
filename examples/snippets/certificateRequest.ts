/** A key born on the server; only the request leaves it. */
import { CertificateRequest } from "pulumi-exchange";
import { mbx01 } from "./hosts";

export const request = new CertificateRequest("mail", {
  host: mbx01,
  subject: "CN=mail.contoso.com, O=Contoso, C=DE",
  domainNames: ["mail.contoso.com", "autodiscover.contoso.com"],
});
export const csr = request.csr;

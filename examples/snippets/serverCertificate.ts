/** One certificate for the web services of two Mailbox servers. */
import { ServerCertificate } from "pulumi-exchange";
import { mbx01 } from "./hosts";

export const web = new ServerCertificate("web", {
  hosts: [mbx01, { ...mbx01, host: "mbx02.contoso.com" }],
  source: { pfx: { file: "certificates/mail.pfx" }, password: { env: "PFX_PASSWORD" } },
  services: ["IIS"],
});

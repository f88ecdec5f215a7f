/** Installs a certificate from PEM files on a Mailbox server and enables it for IIS. */
import { Certificate } from "pulumi-exchange";
import { mbx01 } from "./hosts";

export const web = new Certificate("web", {
  host: mbx01,
  source: {
    certificate: { file: "certificates/mail.pem" },
    privateKey: { file: "certificates/mail.key" },
    chain: { file: "certificates/chain.pem" },
  },
  services: ["IIS"],
});

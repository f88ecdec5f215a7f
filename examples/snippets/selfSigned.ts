/** A self-signed certificate that the Edge itself makes, valid for 398 days, and made anew when fewer than 30 are left. */
import { Certificate } from "pulumi-exchange";
import { edge01, mbx01 } from "./hosts";

export const own = new Certificate("own", {
  host: edge01,
  organization: mbx01,
  source: { selfSigned: { domainNames: ["edge01.contoso.com", "EDGE01"], lifetime: 398 } },
  services: ["SMTP"],
  renewBefore: 30,
});

/** The organisation's OAuth certificate is renewed in time; a later `pulumi up` clears the one before. */
import { AuthCertificate } from "pulumi-exchange";
import { mbx01 } from "./hosts";

export const auth = new AuthCertificate("auth", { host: mbx01, renewBefore: 90 });

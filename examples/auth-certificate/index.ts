/** The certificate that signs the organisation's OAuth tokens: watched, renewed in time over several runs, cleared when it is due. */
import * as pulumi from "@pulumi/pulumi";
import { AuthCertificate } from "pulumi-exchange";
import { readHost } from "./servers";

const config = new pulumi.Config();

/** One resource for the whole organisation; any of its Mailbox servers will do. */
const auth = new AuthCertificate("auth", {
  host: readHost(config, config.get("server") ?? "MBX01"),
  renewBefore: config.getNumber("renewBefore") ?? 60,
  effectiveAfter: config.getNumber("effectiveAfter") ?? 48,
  // With hybrid: the certificate that the Hybrid Configuration Wizard has uploaded to the tenant. Nothing happens before.
  ...(config.get("uploadedThumbprint") ? { uploadedThumbprint: config.require("uploadedThumbprint") } : {}),
});

export const current = auth.current;
export const next = auth.next;
export const previous = auth.previous;
export const notAfter = auth.notAfter;

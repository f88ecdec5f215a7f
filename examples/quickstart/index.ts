/** One certificate on two Edge Transport servers, and on the send connectors that use it. */
import * as pulumi from "@pulumi/pulumi";
import { EdgeFleet, type CertificateSettings } from "pulumi-exchange";
import { readHosts } from "./servers";

const config = new pulumi.Config();
const { EDGE01, EDGE02, MBX01 } = readHosts(config);

/** The path of the PFX is all that changes when the certificate is renewed: `pulumi config set pfxFile …`. */
const certificate: CertificateSettings = {
  source: {
    pfx: { file: process.env.EXCHANGE_PFX_FILE ?? config.require("pfxFile") },
    password: { env: "EXCHANGE_PFX_PASSWORD" },
  },
  services: ["SMTP"],
  defaultSmtp: "replace",
};

const fleet = new EdgeFleet("edges", {
  organization: MBX01,
  site: config.get("site") ?? "Default-First-Site-Name",
  edges: [
    { edge: EDGE01, certificate },
    { edge: EDGE02, certificate },
  ],
  mailboxHosts: [MBX01],
  sendConnectors: [{ connector: "Outbound to Office 365" }],
});

export const thumbprints = fleet.thumbprints;

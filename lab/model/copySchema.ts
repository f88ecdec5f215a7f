/** The form of `copy` in a scenario file: what `npx pulumi-exchange snapshot` read from a live organisation. No secret, no key. */
import { z } from "zod";

const bag = z
  .record(z.string(), z.unknown())
  .describe("Properties under Exchange's names; what is null or left out has Exchange's default.");
const thumbprint = z.string().regex(/^[0-9A-F]{40}$/);
const moment = z.string().describe("ISO 8601, UTC.");
const running = z.enum(["Running", "Paused", "Stopped"]);

const stored = z.strictObject({
  thumbprint,
  services: z.array(z.string()).describe("As Exchange shows them: IMAP, POP, UM, IIS, SMTP, Federation, UMCallRouter."),
  friendlyName: z.string(),
  keyProvider: z.enum(["CAPI", "CNG", "none", "unknown"]),
  providerName: z.string().nullable(),
  exportable: z.boolean(),
  networkService: z.boolean().describe("NETWORK SERVICE may read the key."),
  status: z.string(),
  rootCaType: z.string().nullable(),
  root: thumbprint.nullable().describe("The root that its chain ends in on this server; null where that is not known."),
});

const server = z.strictObject({
  boot: moment,
  fence: z.number().int().nonnegative().describe("The highest that the agent has seen."),
  skewSeconds: z.number().describe("The server's clock minus that of the machine that looked."),
  store: z.array(stored).describe("The personal store, as Get-ExchangeCertificate lists it."),
  requests: z
    .array(z.strictObject({ thumbprint, csr: z.string(), friendlyName: z.string(), exportable: z.boolean() }))
    .describe("Certificate requests whose key waits on the server."),
  issuers: z.array(thumbprint).describe("Intermediate certificates that the server sends or has."),
  roots: z.record(thumbprint, z.string()).describe("Roots that it trusts, and their subjects (empty where it was not seen)."),
  default: thumbprint.nullable(),
  services: z.record(z.string(), z.strictObject({ status: running, startType: z.enum(["Automatic", "Manual", "Disabled"]) })),
  httpSys: z.array(thumbprint).default([]).describe("Certificates that http.sys is bound to; a Mailbox server."),
  components: z.record(z.string(), z.string()).describe("Component states that are not Active."),
  receiveConnectors: z.array(bag),
  sendConnectors: z.array(bag).describe("An Edge: those that EdgeSync brought."),
  acceptedDomains: z.array(bag).describe("An Edge: those that EdgeSync brought."),
  remoteDomains: z.array(bag).describe("An Edge: those that EdgeSync brought."),
  starttls: thumbprint.nullable().describe("What port 25 presented; null where it presents nothing."),
  ldaps: thumbprint.nullable().describe("What AD LDS presented."),
  synchronisation: z.array(bag).describe("A Mailbox server: Test-EdgeSynchronization."),
  queues: z.array(bag),
  monitors: z.record(z.string(), z.string()).describe("Managed Availability: monitors that are not Healthy."),
  events: z.array(
    z.strictObject({
      utc: moment,
      source: z.string(),
      id: z.number(),
      level: z.enum(["Error", "Warning", "Information"]),
      text: z.string(),
    }),
  ),
  files: z
    .array(z.strictObject({ path: z.string(), text: z.string() }))
    .describe("Journals, claims, windows and leases of the working folder."),
});

export const copySchema = z.strictObject({
  taken: moment,
  anonymised: z.boolean().default(false).describe("Names, thumbprints and keys are made up: real state does not fit it."),
  unread: z.array(z.strictObject({ host: z.string(), what: z.string(), why: z.string() })).describe("What could not be read."),
  certificates: z.record(thumbprint, z.string()).describe("Base64 DER."),
  sendConnectors: z.array(bag),
  acceptedDomains: z.array(bag),
  remoteDomains: z.array(bag),
  hybrid: bag.nullable(),
  auth: z
    .strictObject({
      current: thumbprint.nullable(),
      previous: thumbprint.nullable(),
      next: thumbprint.nullable(),
      nextEffective: moment.nullable(),
    })
    .nullable(),
  edgeSync: bag.describe("Get-EdgeSyncServiceConfig."),
  edges: z.array(
    z.strictObject({
      name: z.string(),
      fqdn: z.string(),
      site: z.string(),
      version: z.string(),
      certificate: thumbprint.nullable().describe("On the Edge's object in Active Directory."),
    }),
  ),
  servers: z.record(z.string(), server),
});

export type Copy = z.output<typeof copySchema>;
export type CopiedServer = Copy["servers"][string];

/** The form of a scenario file. lab/scenarios/schema.json is generated from it, so that editors can check a user's own files. */
import { z } from "zod";
import { copySchema } from "./copySchema";
import { LATENCIES, TOGGLES } from "./settings";

const days = z.number().describe("Days from the lab's start; negative = before it.");
const subject = z.string().describe("X.500 name, most specific first: `CN=mail.contoso.com, O=Contoso`.");

const placed = {
  parent: z.string().optional().describe("Name of the authority above; none = a root."),
  trustedOutside: z.boolean().default(true).describe("A root: servers outside trust it. false = an internal authority."),
};
const authority = z.union([
  z.strictObject({ subject, ...placed, notBeforeDays: days.default(-1000), notAfterDays: days.default(2650) }),
  z.strictObject({ ...placed, pem: z.string(), keyPem: z.string() }),
]);

const generated = {
  description: z.string().default(""),
  subject,
  domainNames: z.array(z.string()).default([]),
  notBeforeDays: days.default(-1),
  notAfterDays: days.default(365),
  keyType: z.enum(["rsa", "ec"]).default("rsa"),
  keyBits: z.number().default(2048),
  keyOf: z.string().optional().describe("Shares the key of that certificate: a renewal that keeps the key."),
  keyUsage: z.array(z.string()).nullable().optional(),
  extendedKeyUsage: z.array(z.string()).nullable().optional(),
};
const certificate = z.union([
  z.strictObject({ ...generated, authority: z.string() }),
  z.strictObject({ ...generated, selfSigned: z.literal(true) }),
  z.strictObject({ description: z.string().default(""), pfx: z.string().describe("Base64."), password: z.string() }),
  z.strictObject({ description: z.string().default(""), pem: z.string(), keyPem: z.string(), chainPem: z.array(z.string()).default([]) }),
]);

const installed = z.strictObject({
  certificate: z.string().describe("A name of `certificates`; `setup`, `auth` and `wmsvc` are what setup makes."),
  smtp: z.boolean().default(false).describe("NETWORK SERVICE may read the key: Exchange shows SMTP."),
  iis: z.boolean().default(false),
  httpSys: z.array(z.string()).default([]).describe("Bindings of http.sys (address:port) to it."),
  exportable: z.boolean().default(false),
  keyProvider: z.enum(["CAPI", "CNG", "none"]).default("CAPI"),
  friendlyName: z.string().default(""),
});

const bag = z.record(z.string(), z.unknown());
const server = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9-]{1,15}$/),
  fqdn: z.string(),
  role: z.enum(["Edge", "Mailbox"]),
  site: z.string().optional().describe("Mailbox servers: their Active Directory site; the first one without."),
  version: z.string().optional(),
  setup: z.boolean().default(true).describe("Setup's own certificates are there."),
  certificates: z.array(installed).default([]).describe("In the order of the store, after those of setup."),
  default: z.string().default("setup").describe("The default certificate now."),
  removed: z.array(z.string()).default([]).describe("Certificates that someone took out of the store after everything was set up."),
  chain: z.array(z.string()).default([]).describe("Authorities in the CA and Root stores."),
  services: z.record(z.string(), z.enum(["Running", "Paused", "Stopped"])).default({}),
  receiveConnectors: z.record(z.string(), bag).default({}).describe("Changes to setup's connectors, by name."),
  skewSeconds: z.number().default(0),
});

export const scenarioSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string(),
  description: z.string().default(""),
  organisation: z.string().default("First Organization"),
  domain: z.string(),
  sites: z.array(z.string()).min(1).default(["Default-First-Site-Name"]),
  version: z.string().default("15.2.1544.4").describe("Exchange's version on servers without one of their own."),
  authorities: z.record(z.string(), authority).default({}),
  certificates: z.record(z.string(), certificate).default({}),
  servers: z.array(server).min(1),
  subscriptions: z
    .array(
      z.strictObject({
        edge: z.string(),
        site: z.string().optional(),
        certificate: z.string().optional().describe("The Edge's default when it was subscribed; its default now without."),
        createConnectors: z.boolean().default(true),
      }),
    )
    .default([]),
  sendConnectors: z
    .array(
      z.looseObject({ Name: z.string(), certificate: z.string().optional().describe("TlsCertificateName is that of this certificate.") }),
    )
    .default([])
    .describe("Properties under Exchange's names; what is left out has Exchange's default. A connector that exists already is changed."),
  auth: z
    .strictObject({ notBeforeDays: days.default(-700), notAfterDays: days.default(1125) })
    .default({ notBeforeDays: -700, notAfterDays: 1125 })
    .describe("Life of setup's Auth certificate, which signs OAuth tokens."),
  acceptedDomains: z.array(z.string()).default([]),
  hybrid: z.looseObject({ certificate: z.string().optional() }).nullable().default(null),
  toggles: z.partialRecord(z.enum(Object.keys(TOGGLES) as [keyof typeof TOGGLES]), z.union([z.boolean(), z.string()])).default({}),
  latencies: z
    .partialRecord(z.enum(Object.keys(LATENCIES) as [keyof typeof LATENCIES]), z.number())
    .default({})
    .describe("Seconds at speed 1."),
  copy: copySchema
    .optional()
    .describe("What was read from a live organisation (`npx pulumi-exchange snapshot`): it decides everything but the list of servers."),
});

export type Scenario = z.output<typeof scenarioSchema>;
export type ScenarioInput = z.input<typeof scenarioSchema>;
export type ServerSpec = Scenario["servers"][number];
export type CertificateSpec = Scenario["certificates"][string];

/** The text of lab/scenarios/schema.json. */
export function schemaText(): string {
  const schema = z.toJSONSchema(scenarioSchema, { io: "input", target: "draft-7" });
  return `${JSON.stringify({ title: "Lab scenario", ...schema }, null, 2)}\n`;
}

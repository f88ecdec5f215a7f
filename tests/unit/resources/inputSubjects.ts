/** A full set of arguments for every class, and walks through their positions. */
import type { JsonObject, Json } from "../../../provider/base/json";
import { makeAuthority, makeLeaf, makePfx, keyPem } from "../../support/certificates";

export interface Subject {
  title: string;
  kind: string;
  args: JsonObject;
  required: string[];
}

const PASSWORD = "canary-Password-1";
const KEY = "canary-Private-key-2";
const PASSPHRASE = "canary-Passphrase-3";
const PFX_PASSWORD = "canary-Pfx-4";
/** Values that no message may repeat. */
export const SECRETS = [PASSWORD, KEY, PASSPHRASE, PFX_PASSWORD];

const pin = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5";
const host = (name: string): JsonObject => ({
  name,
  host: `${name.toLowerCase()}.contoso.com`,
  port: 22,
  user: "admin",
  password: PASSWORD,
  privateKey: KEY,
  privateKeyPassword: PASSPHRASE,
  agentSocketPath: "/run/agent",
  hostKey: [pin],
  knownHosts: { file: "known_hosts" },
  dialErrorLimit: 2,
  perDialTimeout: 10,
  proxy: { host: "jump.contoso.com", user: "jump", password: { env: "JUMP" }, privateKey: { config: "jumpKey" }, hostKey: pin },
  exchangeCredential: { user: "CONTOSO\\svc", password: { file: "password.txt" } },
  endpoints: { smtp: "192.0.2.1:25", ldaps: "[2001:db8::1]:50636" },
  probeFrom: "runner",
  directory: { url: "ldaps://dc01.contoso.com", bindDn: "CN=svc", password: PASSWORD, baseDn: "DC=contoso", ca: "PEM" },
});
const THUMBPRINT = "AB".repeat(20);
const NAME = "<I>CN=Contoso CA<S>CN=mail.contoso.com";
const common = { owner: "shop/prod/x", onUnreachable: "forget" };

export async function everyClass(): Promise<Subject[]> {
  const authority = await makeAuthority("CN=Contoso CA");
  const leaf = await makeLeaf(authority);
  const pfx = (await makePfx(leaf, PFX_PASSWORD)).toString("base64");
  const pem = { certificate: leaf.certificate.pem, privateKey: keyPem(leaf), chain: [authority.certificate.pem] };
  const certificate = (title: string, source: JsonObject, more: JsonObject = {}): Subject => ({
    title: `Certificate from ${title}`,
    kind: "Certificate",
    args: {
      ...common,
      host: host("EDGE01"),
      organization: host("MBX01"),
      peers: [host("EDGE02")],
      source,
      services: ["SMTP", "IIS"],
      copyFor: ["SMTP"],
      defaultSmtp: "replace",
      friendlyName: "mail",
      exportable: true,
      renewBefore: 30,
      drain: "hold",
      queueTimeout: 60,
      adoptOnly: false,
      ...more,
    },
    required: ["host", "source", "services"],
  });
  const unlock = { onDelete: { unlock: { organization: host("MBX01"), sourceHosts: [host("EDGE01")] } } };
  return [
    certificate("a PFX", { pfx, password: PFX_PASSWORD }, unlock),
    certificate("PEM", pem),
    certificate("the server itself", { selfSigned: { domainNames: ["mail.contoso.com"], keySize: 2048 } }),
    certificate("AD CS", { adcs: { template: "Web", ca: "dc01\\CA", domainNames: ["mail.contoso.com"], subject: "CN=mail" } }),
    certificate("an answered request", { request: "AA", certificate: leaf.certificate.pem, chain: authority.certificate.pem }),
    certificate("another server", { export: { host: host("EX01"), thumbprint: THUMBPRINT } }),
    {
      title: "CertificateRequest",
      kind: "CertificateRequest",
      args: {
        ...common,
        host: host("MBX01"),
        subject: "CN=mail.contoso.com",
        domainNames: ["mail.contoso.com"],
        keySize: 4096,
        friendlyName: "mail",
        exportable: true,
        onDelete: "keep",
      },
      required: ["host", "subject", "domainNames"],
    },
    {
      title: "SendConnectorTls",
      kind: "SendConnectorTls",
      args: {
        ...common,
        host: host("MBX01"),
        connector: "Outbound",
        tlsCertificateName: NAME,
        sources: [{ host: host("EDGE01"), thumbprint: THUMBPRINT }],
        after: ["revision"],
        requireTls: true,
        tlsAuthLevel: "DomainValidation",
        tlsDomain: "mail.protection.outlook.com",
        fqdn: "mail.contoso.com",
        onDelete: "restore",
      },
      required: ["host", "connector"],
    },
    {
      title: "ReceiveConnectorTls",
      kind: "ReceiveConnectorTls",
      args: {
        ...common,
        host: host("EDGE01"),
        connector: "Inbound",
        tlsCertificateName: NAME,
        tlsDomainCapabilities: { "mail.protection.outlook.com": "auto" },
        fqdn: "mail.contoso.com",
        after: ["revision"],
        onDelete: "clear",
      },
      required: ["host", "connector"],
    },
    {
      title: "HybridConfigurationTls",
      kind: "HybridConfigurationTls",
      args: { ...common, host: host("MBX01"), tlsCertificateName: NAME, after: ["revision"], onDelete: "keep" },
      required: ["host", "tlsCertificateName"],
    },
    {
      title: "AuthCertificate",
      kind: "AuthCertificate",
      args: {
        host: host("MBX01"),
        onUnreachable: "forget",
        renewBefore: 60,
        effectiveAfter: 72,
        uploadedThumbprint: THUMBPRINT,
        after: ["revision"],
      },
      required: ["host"],
    },
    {
      title: "EdgeSubscription",
      kind: "EdgeSubscription",
      args: {
        ...common,
        edge: host("EDGE01"),
        organization: host("MBX01"),
        site: "Site-A",
        certificateThumbprint: THUMBPRINT,
        organizationThumbprints: { MBX01: THUMBPRINT },
        method: "recreate",
        createInternetSendConnector: true,
        createInboundSendConnector: true,
        allowConnectorLoss: true,
        after: ["revision"],
        syncTimeout: 900,
        onDelete: "remove",
      },
      required: ["edge", "organization", "site"],
    },
    {
      title: "TransportService",
      kind: "TransportService",
      args: {
        ...common,
        host: host("EDGE01"),
        organization: host("MBX01"),
        after: ["revision"],
        expectThumbprint: THUMBPRINT,
        expectConnectors: { Outbound: NAME },
        queueTimeout: 60,
        onDelete: "keep",
      },
      required: ["host"],
    },
  ];
}

export type Path = (string | number)[];

/** Every position below `value`, objects and lists before what is in them; not the hidden owner. */
export function positions(value: Json, at: Path = []): Path[] {
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (at.length === 0 && key === "owner") return [];
    const path = [...at, Array.isArray(value) ? Number(key) : key];
    return [path, ...positions(inner, path)];
  });
}

/** A copy with another value at one position. */
export function replaced(args: JsonObject, path: Path, value: Json): JsonObject {
  const copy = structuredClone(args);
  const parent = path.slice(0, -1).reduce<Json>((inner, key) => (inner as JsonObject)[key], copy) as JsonObject;
  parent[path.at(-1)!] = value;
  return copy;
}

/** The declarations whose previews are kept word by word: all that a plan's steps and sentences depend on. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { JsonObject } from "../../../provider/base/json";
import type { handlers } from "../../../provider/handlers";
import { readCertificate } from "../../../provider/pki";
import { named } from "./wordsOf";

export interface GoldenCase {
  kind: keyof typeof handlers;
  title: string;
  /** What is deployed; null for a first deployment. */
  before: JsonObject | null;
  after: JsonObject;
}

function certificates(): { [name: string]: string } {
  let root = __dirname;
  while (!existsSync(join(root, "Pulumi.yaml"))) root = dirname(root);
  return JSON.parse(readFileSync(join(root, "tests", "unit", "resources", "golden", "certificates.json"), "utf8")) as {
    [name: string]: string;
  };
}
const { A, B, C, CA } = certificates();
const [X, Y] = ["A".repeat(40), "B".repeat(40)];
const [edge, inside, other] = [named("edge01"), named("mbx01"), named("mbx02")];
const CERTIFICATE_NAME = "<I>CN=Contoso CA<S>CN=mail.contoso.com";
const OTHER_NAME = "<I>CN=Other CA<S>CN=mail.contoso.com";

const request = (certificate: string, chain?: string): JsonObject => {
  const { publicKeySha256 } = readCertificate(certificate);
  return { request: publicKeySha256, certificate, ...(chain ? { chain } : {}) };
};
/** Source by kind: the deployed one and the next one. */
const SOURCES: { [kind: string]: [JsonObject, JsonObject] } = {
  given: [request(A), request(B)],
  selfSigned: [{ selfSigned: { domainNames: ["a.contoso.com"] } }, { selfSigned: { domainNames: ["b.contoso.com"] } }],
  adcs: [adcs("a.contoso.com"), adcs("b.contoso.com")],
  exported: [{ export: { host: other, thumbprint: X } }, { export: { host: other, thumbprint: Y } }],
};
function adcs(name: string): JsonObject {
  return { adcs: { ca: "dc01\\Issuing CA", template: "WebServer", domainNames: [name] } };
}

/** What `diff` sees: the inputs but their source, and what the host shows. */
export function outputsOf(kind: GoldenCase["kind"], inputs: JsonObject): JsonObject {
  if (kind === "Certificate") return certificateOutputs(inputs);
  if (kind === "EdgeSubscription") return { ...inputs, boundThumbprint: inputs.certificateThumbprint ?? null, syncStatus: "Normal" };
  if (kind === "TransportService") return { ...inputs, status: "Running", presentedThumbprint: inputs.expectThumbprint ?? null };
  return inputs;
}
function certificateOutputs(inputs: JsonObject): JsonObject {
  const { source, ...rest } = inputs;
  const generated = "selfSigned" in (source as JsonObject) || "adcs" in (source as JsonObject);
  const seen = { enabledServices: inputs.services, isDefaultSmtp: inputs.defaultSmtp === "replace" };
  const made = { thumbprint: X, notBefore: "2026-01-01T00:00:00Z", notAfter: "2026-12-01T00:00:00Z" };
  return { ...rest, ...(generated ? { source, ...made } : {}), ...seen };
}

const SERVICES: string[][] = [["SMTP"], ["SMTP", "IIS"], ["IIS", "POP"], []];

function certificateCases(): GoldenCase[] {
  const result: GoldenCase[] = [];
  for (const services of SERVICES)
    for (const defaultSmtp of ["keep", "replace"])
      for (const drain of ["hold", "auto", "never"])
        for (const isEdge of [true, false])
          for (const [source, [now, next]] of Object.entries(SOURCES)) {
            const smtp = services.includes("SMTP");
            if ((defaultSmtp === "replace" && !smtp) || (drain === "hold" && !isEdge)) continue;
            const where: JsonObject = isEdge ? { host: edge, organization: inside } : { host: inside };
            const shared: JsonObject = { ...where, services, defaultSmtp, drain };
            const title = `${services.join("+") || "installed only"}, ${defaultSmtp}, drain ${drain}, ${source}, ${isEdge ? "Edge" : "Mailbox"}`;
            const add = (what: string, before: JsonObject | null, after: JsonObject): void =>
              void result.push({ kind: "Certificate", title: `${title}: ${what}`, before, after });
            add("first", null, { ...shared, source: now });
            add("renewed", { ...shared, source: now }, { ...shared, source: next });
            add("nothing changes", { ...shared, source: now }, { ...shared, source: now });
            if (isEdge) add("released", { ...shared, source: now, drain: "hold" }, { ...shared, source: now });
            if (smtp) add("default changes", { ...shared, source: now, defaultSmtp: "keep" }, { ...shared, source: now });
            add("services change", { ...shared, source: now, services: [], defaultSmtp: "keep" }, { ...shared, source: now });
            add("relabelled", { ...shared, source: now }, { ...shared, source: now, friendlyName: "mail", exportable: true });
            if (source === "selfSigned") add("time has come", { ...shared, source: now }, { ...shared, source: now, renewBefore: 30 });
            if (source !== "given") continue;
            add("other names", { ...shared, source: now }, { ...shared, source: request(C) });
            add("way back", { ...shared, source: request(B) }, { ...shared, source: now });
            add("chain", { ...shared, source: now }, { ...shared, source: request(A, CA) });
          }
  return result;
}

function subscriptionCases(): GoldenCase[] {
  const shared = { edge, organization: inside, site: "Default-First-Site-Name" };
  const add = (title: string, before: JsonObject | null, after: JsonObject): GoldenCase => ({
    kind: "EdgeSubscription",
    title,
    before: before && { ...shared, ...before },
    after: { ...shared, ...after },
  });
  const late = { method: "overwrite", synchronise: "afterStart" };
  const afterStart = [
    add("afterStart: first, bound", null, { ...late, certificateThumbprint: X }),
    add("afterStart: re-bound", { ...late, certificateThumbprint: X }, { ...late, certificateThumbprint: Y }),
    add("afterStart: taken up", { certificateThumbprint: X }, { ...late, certificateThumbprint: X }),
    add("afterStart: nothing changes", { ...late, certificateThumbprint: X }, { ...late, certificateThumbprint: X }),
  ];
  const methods = ["overwrite", "recreate"].flatMap((method) => [
    add(`${method}: first`, null, { method }),
    add(`${method}: first, bound`, null, { method, certificateThumbprint: X }),
    add(`${method}: first, with the organisation's`, null, { method, organizationThumbprints: { MBX01: X } }),
    add(`${method}: re-bound`, { method, certificateThumbprint: X }, { method, certificateThumbprint: Y }),
    add(`${method}: bound for the first time`, { method }, { method, certificateThumbprint: Y }),
    add(
      `${method}: the organisation's changes`,
      { method, organizationThumbprints: { MBX01: X } },
      { method, organizationThumbprints: { MBX01: Y } },
    ),
    add(
      `${method}: both change`,
      { method, certificateThumbprint: X, organizationThumbprints: { MBX01: X } },
      { method, certificateThumbprint: Y, organizationThumbprints: { MBX01: Y } },
    ),
    add(`${method}: site changes`, { method }, { method, site: "Berlin" }),
    add(`${method}: connectors change`, { method }, { method, createInternetSendConnector: true, createInboundSendConnector: true }),
    add(`${method}: nothing changes`, { method, certificateThumbprint: X }, { method, certificateThumbprint: X }),
    add(`${method}: patience changes`, { method, certificateThumbprint: X }, { method, certificateThumbprint: X, syncTimeout: 60 }),
  ]);
  return [...methods, ...afterStart];
}

function transportCases(): GoldenCase[] {
  return [true, false].flatMap((isEdge) => {
    const shared: JsonObject = isEdge ? { host: edge, organization: inside } : { host: inside };
    const add = (title: string, before: JsonObject | null, after: JsonObject): GoldenCase => ({
      kind: "TransportService",
      title: `${isEdge ? "Edge" : "Mailbox"}: ${title}`,
      before: before && { ...shared, ...before },
      after: { ...shared, ...after },
    });
    return [
      add("first", null, {}),
      add("first, expected", null, { expectThumbprint: X }),
      add("renewed", { expectThumbprint: X }, { expectThumbprint: Y }),
      add("connectors", { expectConnectors: { out: CERTIFICATE_NAME } }, { expectConnectors: { out: OTHER_NAME } }),
      add("nothing changes", { expectThumbprint: X }, { expectThumbprint: X }),
      add("after", { expectThumbprint: X }, { expectThumbprint: X, after: ["one"] }),
    ];
  });
}

function connectorCases(): GoldenCase[] {
  const sources = (thumbprint: string): JsonObject => ({ sources: [{ host: edge, thumbprint }] });
  const send = (title: string, before: JsonObject | null, after: JsonObject): GoldenCase => {
    const shared = { host: inside, connector: "Outbound to Office 365" };
    return { kind: "SendConnectorTls", title, before: before && { ...shared, ...before }, after: { ...shared, ...after } };
  };
  const receive = (title: string, before: JsonObject | null, after: JsonObject): GoldenCase => {
    const shared = { host: edge, connector: "Default internal receive connector EDGE01" };
    return { kind: "ReceiveConnectorTls", title, before: before && { ...shared, ...before }, after: { ...shared, ...after } };
  };
  const name = { tlsCertificateName: CERTIFICATE_NAME };
  const next = { tlsCertificateName: OTHER_NAME };
  return [
    send("first", null, { ...name, ...sources(X) }),
    send("renewed under the same name", { ...name, ...sources(X) }, { ...name, ...sources(Y) }),
    send("flips", { ...name, ...sources(X) }, { ...next, ...sources(Y) }),
    send("flips, and more", name, { ...next, requireTls: true, tlsAuthLevel: "CertificateValidation" }),
    send("TLS is required", name, { ...name, requireTls: true, fqdn: "mail.contoso.com" }),
    send("a level that takes no domain", { tlsAuthLevel: "DomainValidation" }, { tlsAuthLevel: "EncryptionOnly" }),
    send("nothing changes", { ...name, ...sources(X) }, { ...name, ...sources(X) }),
    receive("first", null, name),
    receive("flips", name, next),
    receive("fqdn", { ...name, fqdn: "a.contoso.com" }, { ...name, fqdn: "b.contoso.com" }),
    receive("capabilities", name, { ...name, tlsDomainCapabilities: { "mail.protection.outlook.com": "auto" } }),
    receive("nothing changes", name, name),
    { kind: "HybridConfigurationTls", title: "first", before: null, after: { host: inside, ...name } },
    { kind: "HybridConfigurationTls", title: "flips", before: { host: inside, ...name }, after: { host: inside, ...next } },
  ];
}

function requestCases(): GoldenCase[] {
  const shared = { host: inside, subject: "CN=mail.contoso.com", domainNames: ["mail.contoso.com"] };
  const add = (title: string, before: JsonObject | null, after: JsonObject): GoldenCase => ({
    kind: "CertificateRequest",
    title,
    before,
    after,
  });
  return [
    add("first", null, shared),
    add("other names", shared, { ...shared, domainNames: ["post.contoso.com"] }),
    add("nothing changes", shared, shared),
  ];
}

export const CASES: readonly GoldenCase[] = [
  ...certificateCases(),
  ...subscriptionCases(),
  ...transportCases(),
  ...connectorCases(),
  ...requestCases(),
];

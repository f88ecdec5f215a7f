/** Arguments of `Certificate` as the handler sees them, and their checks. */
import { z } from "zod";
import { hasUnknown, UNKNOWN, type Json, type JsonObject } from "../../base/json";
import type { Service } from "../../exchange/certificates";
import { validateHost, type HostConnection, type SecretRef } from "../../remote/hosts";
import type { Ahead } from "../aheadFacts";
import { sourceField } from "./sourceField";
import {
  COMMON,
  days,
  failure,
  flag,
  host,
  hosts,
  isFqdn,
  oneOf,
  required,
  seconds,
  zodTest,
  type Field,
  type Fields,
} from "../validation";

export type PfxSource = { pfx: SecretRef; password: SecretRef };
export type PemSource = { certificate: SecretRef; privateKey: SecretRef; privateKeyPassword?: SecretRef; chain?: SecretRef | SecretRef[] };
export type SelfSignedSource = { selfSigned: { domainNames: string[]; keySize?: number } };
export type AdcsSource = { adcs: { template: string; ca: string; domainNames: string[]; subject?: string } };
export type RequestSource = { request: SecretRef; certificate: SecretRef; chain?: SecretRef | SecretRef[] };
export type ExportSource = { export: { host: HostConnection; thumbprint: string } };
export type CertificateSource = PfxSource | PemSource | SelfSignedSource | AdcsSource | RequestSource | ExportSource;

/** A certificate that the server itself makes: known only once it exists. */
export function isGenerated(source: unknown): source is SelfSignedSource | AdcsSource {
  return typeof source === "object" && source !== null && ("selfSigned" in source || "adcs" in source);
}

/** A receive connector that the program sets after the certificate. Its name follows the certificate unless it says otherwise. */
export interface Follower {
  connector: string;
  tlsCertificateName?: string;
  fqdn?: string;
}

export type Unlock = { unlock: { organization: HostConnection; sourceHosts: HostConnection[] } };
export interface CertificateInputs {
  host: HostConnection;
  source: CertificateSource;
  services: Service[];
  copyFor?: Service[];
  organization?: HostConnection;
  peers?: HostConnection[];
  lookAhead?: Ahead;
  receiveConnectors?: Follower[];
  sendConnectors?: string[];
  defaultSmtp: "keep" | "replace";
  friendlyName?: string;
  exportable: boolean;
  renewBefore?: number;
  drain: "auto" | "hold" | "never";
  queueTimeout?: number;
  adoptOnly: boolean;
  onDelete?: "remove" | "keep" | Unlock;
  onUnreachable: "fail" | "forget";
  owner: string;
  /** Set in `check` where an alias gave the resource another name: the owner before. */
  formerOwner?: string;
  // derived in check
  thumbprint?: string;
  subject?: string;
  issuer?: string;
  serialNumber?: string;
  notBefore?: string;
  notAfter?: string;
  tlsCertificateName?: string;
  chainThumbprints?: string[];
  rotation?: string;
  plan?: string[];
}

/** Fields that `check` adds; they are outputs too, and have the same value there. */
export const DERIVED = [
  "thumbprint",
  "subject",
  "issuer",
  "serialNumber",
  "notBefore",
  "notAfter",
  "tlsCertificateName",
  "chainThumbprints",
  "rotation",
  "plan",
  "formerOwner",
] as const;

const onDelete: Field = {
  test: (value, path) => {
    if (value === "remove" || value === "keep" || value === UNKNOWN) return [];
    const unlock = only(value, "unlock");
    if (unlock === UNKNOWN) return [];
    const { organization, sourceHosts, ...others } = isObject(unlock) ? unlock : { wrong: true };
    const list = sourceHosts === UNKNOWN ? [] : sourceHosts;
    if (!Array.isArray(list) || Object.keys(others).length > 0)
      return [failure("INVALID_ARGUMENT", path, `${path} must be "remove", "keep" or {unlock: {organization, sourceHosts}}.`)];
    const named: [unknown, string][] = [
      [organization, "organization"],
      ...list.map((one, i): [unknown, string] => [one, `sourceHosts[${i}]`]),
    ];
    return named.flatMap(([one, name]) => validateHost(one, `${path}.unlock.${name}`));
  },
};
const isObject = (value: unknown): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);
/** The value of an object's only key. */
function only(value: unknown, key: string): unknown {
  return isObject(value) && Object.keys(value).join() === key ? value[key] : undefined;
}

/** What a component tells its first resources (handlers/ahead.ts). */
const lookAhead: Field = {
  test: (value, path) => {
    if (value === UNKNOWN) return [];
    const { servers, site, connectors, ...others } = isObject(value) ? value : { wrong: true };
    const list = servers === UNKNOWN || servers === undefined ? [] : servers;
    const shaped = Object.keys(others).length === 0 && Array.isArray(list) && list.every((one) => one === UNKNOWN || isObject(one));
    if (!shaped || !AHEAD_TEXTS.safeParse({ site, connectors }).success)
      return [
        failure(
          "INVALID_ARGUMENT",
          path,
          `${path} must be {servers: {host, role}[], site, connectors: {connector, tlsCertificateName}[]}.`,
        ),
      ];
    return (list as JsonObject[]).flatMap((one, index) =>
      (one as Json) === UNKNOWN ? [] : validateHost(one.host, `${path}.servers[${index}].host`),
    );
  },
};
const TEXT = z.string().min(1);
const AHEAD_TEXTS = z.object({
  site: z.string().optional(),
  connectors: z
    .union([z.string(), z.array(z.union([z.string(), z.object({ connector: TEXT, tlsCertificateName: TEXT.optional() })]))])
    .optional(),
});
const FOLLOWER = z.strictObject({ connector: TEXT, tlsCertificateName: TEXT.optional(), fqdn: TEXT.refine(isFqdn).optional() });
const FRIENDLY = zodTest(z.string().min(1).max(63), "text of at most 63 characters");
const SERVICES = zodTest(z.array(z.enum(["SMTP", "IIS", "POP", "IMAP"])), 'a list of "SMTP", "IIS", "POP", "IMAP"');
export const FIELDS: Fields = {
  ...COMMON,
  host: required(host),
  source: sourceField,
  services: { required: true, test: SERVICES },
  copyFor: { test: SERVICES },
  organization: host,
  peers: hosts,
  lookAhead,
  receiveConnectors: {
    test: zodTest(z.array(FOLLOWER), "a list of receive connectors: {connector, tlsCertificateName, fqdn}, fqdn a domain name"),
  },
  sendConnectors: { test: zodTest(z.array(TEXT), "a list of names of send connectors") },
  defaultSmtp: oneOf("keep", "replace"),
  friendlyName: { test: FRIENDLY },
  exportable: flag,
  renewBefore: days,
  drain: oneOf("auto", "hold", "never"),
  queueTimeout: seconds,
  adoptOnly: flag,
  onDelete,
};

/** Inputs with their defaults, services in Exchange's order and without doubles. */
export function withDefaults(news: JsonObject): JsonObject {
  const order = ["SMTP", "IIS", "POP", "IMAP"];
  const services = Array.isArray(news.services) ? order.filter((one) => (news.services as Json[]).includes(one)) : news.services;
  return {
    ...news,
    services: hasUnknown(news.services) ? news.services! : services!,
    defaultSmtp: news.defaultSmtp ?? "keep",
    drain: news.drain ?? "auto",
    exportable: news.exportable ?? false,
    adoptOnly: news.adoptOnly ?? false,
    onUnreachable: news.onUnreachable ?? "fail",
  };
}

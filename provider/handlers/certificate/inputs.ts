/** Arguments of `Certificate` as the handler sees them, and their checks. */
import { z } from "zod";
import { hasUnknown, type Json, type JsonObject } from "../../base/json";
import type { Service } from "../../exchange/certificates";
import { secretRef, validateHost, type HostConnection, type SecretRef } from "../../remote/hosts";
import { COMMON, days, failure, flag, host, oneOf, required, zodTest, type Field, type Fields } from "../validation";
import type { CheckFailure } from "../types";

export type CertificateSource =
  | { pfx: SecretRef; password: SecretRef }
  | { certificate: string; privateKey: SecretRef; privateKeyPassword?: SecretRef; chain?: string | string[] };

export type Unlock = { unlock: { organization: HostConnection; sourceHosts: HostConnection[] } };
export interface CertificateInputs {
  host: HostConnection;
  source: CertificateSource;
  services: Service[];
  organization?: HostConnection;
  defaultSmtp: "keep" | "replace";
  friendlyName?: string;
  exportable: boolean;
  renewBefore?: number;
  drain: "auto" | "hold" | "never";
  adoptOnly: boolean;
  onDelete?: "remove" | "keep" | Unlock;
  onUnreachable: "fail" | "forget";
  owner: string;
  // derived in check
  thumbprint?: string;
  subject?: string;
  issuer?: string;
  serialNumber?: string;
  notBefore?: string;
  notAfter?: string;
  tlsCertificateName?: string;
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
  "rotation",
  "plan",
] as const;

/** Source forms that have a name in the design but are not built yet. */
const LATER = ["selfSigned", "adcs", "request", "export"];

const source: Field = {
  required: true,
  test: (value, path) => {
    if (hasUnknown(value) && typeof value === "string") return [];
    const keys = value && typeof value === "object" && !Array.isArray(value) ? Object.keys(value) : [];
    const later = LATER.find((key) => keys.includes(key));
    if (later) return [failure("NOT_SUPPORTED", path, `A certificate source {${later}} is not built yet.`)];
    if (keys.includes("pfx")) return secrets(value as JsonObject, path, ["pfx", "password"], ["pfx", "password"]);
    if (keys.includes("certificate") && !keys.includes("request")) return pem(value as JsonObject, path);
    return [failure("INVALID_ARGUMENT", path, `${path} must be {pfx, password} or {certificate, privateKey, chain}.`)];
  },
};

function pem(value: JsonObject, path: string): CheckFailure[] {
  const known = ["certificate", "privateKey", "privateKeyPassword", "chain"];
  const chain = value.chain;
  const chainFits =
    chain === undefined || typeof chain === "string" || (Array.isArray(chain) && chain.every((one) => typeof one === "string"));
  return [
    ...secrets(value, path, ["privateKey", "privateKeyPassword"], ["privateKey"], known),
    ...(typeof value.certificate === "string" ? [] : [failure("INVALID_ARGUMENT", path, `${path}.certificate must be PEM text.`)]),
    ...(chainFits ? [] : [failure("INVALID_ARGUMENT", path, `${path}.chain must be PEM text or a list of it.`)]),
  ];
}

function secrets(value: JsonObject, path: string, fields: string[], needed: string[], known: string[] = fields): CheckFailure[] {
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  return [
    ...needed.filter((key) => value[key] === undefined).map((key) => failure("INVALID_ARGUMENT", path, `${path}.${key} is required.`)),
    ...fields
      .filter((key) => value[key] !== undefined && !hasUnknown(value[key]))
      .flatMap((key) => secretRef(value[key], `${path}.${key}`)),
    ...unknown.map((key) => failure("UNKNOWN_ARGUMENT", path, `${path} has no ${key}; it knows ${known.join(", ")}.`)),
  ];
}

const onDelete: Field = {
  test: (value, path) => {
    if (value === "remove" || value === "keep" || hasUnknown(value)) return [];
    const unlock = (value as { unlock?: { organization?: Json; sourceHosts?: Json } } | null)?.unlock;
    if (!unlock || !Array.isArray(unlock.sourceHosts)) {
      return [failure("INVALID_ARGUMENT", path, `${path} must be "remove", "keep" or {unlock: {organization, sourceHosts}}.`)];
    }
    const hosts: [unknown, string][] = [
      [unlock.organization, "organization"],
      ...unlock.sourceHosts.map((one, i): [unknown, string] => [one, `sourceHosts[${i}]`]),
    ];
    return hosts.flatMap(([one, name]) => validateHost(one, `${path}.unlock.${name}`));
  },
};

const FRIENDLY = zodTest(z.string().min(1).max(63), "text of at most 63 characters");
export const FIELDS: Fields = {
  ...COMMON,
  host: required(host),
  source,
  services: { required: true, test: zodTest(z.array(z.enum(["SMTP", "IIS", "POP", "IMAP"])), 'a list of "SMTP", "IIS", "POP", "IMAP"') },
  organization: host,
  defaultSmtp: oneOf("keep", "replace"),
  friendlyName: { test: FRIENDLY },
  exportable: flag,
  renewBefore: days,
  drain: oneOf("auto", "hold", "never"),
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

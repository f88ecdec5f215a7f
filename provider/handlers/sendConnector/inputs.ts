/** Arguments of `SendConnectorTls` as the handler sees them. */
import { hasUnknown, same, UNKNOWN, type Json, type JsonObject } from "../../base/json";
import { serverKey, validateHost, type HostConnection } from "../../remote/hosts";
import type { Owned } from "../settings";
import type { CheckFailure } from "../types";
import {
  COMMON,
  failure,
  flag,
  fqdn,
  host,
  normalThumbprint,
  oneOf,
  required,
  revisions,
  text,
  thumbprint,
  tlsName,
  withNormalThumbprint,
  type Field,
  type Fields,
} from "../validation";

export interface SourceServer {
  host: HostConnection;
  thumbprint: string;
}
export interface ConnectorInputs {
  host: HostConnection;
  connector: string;
  tlsCertificateName?: string;
  sources?: SourceServer[];
  after?: string[];
  requireTls?: boolean;
  tlsAuthLevel?: string;
  tlsDomain?: string;
  fqdn?: string;
  onDelete?: "restore" | "clear" | "keep";
  onUnreachable: "fail" | "forget";
  owner: string;
}

/** Argument → Exchange's property. What an argument does not name is never touched. */
export const OWNED: Owned = {
  tlsCertificateName: "TlsCertificateName",
  requireTls: "RequireTLS",
  tlsAuthLevel: "TlsAuthLevel",
  tlsDomain: "TlsDomain",
  fqdn: "Fqdn",
};

const sources: Field = {
  test: (value, path) => {
    if (value === UNKNOWN) return [];
    if (!Array.isArray(value)) return [failure("INVALID_ARGUMENT", path, `${path} must be a list of {host, thumbprint}.`)];
    return [...value.flatMap((one: unknown, index) => sourceTest(one, `${path}[${index}]`)), ...contradictions(value as Json[], path)];
  },
};

function sourceTest(value: unknown, path: string): CheckFailure[] {
  if (value === UNKNOWN) return [];
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return [failure("INVALID_ARGUMENT", path, `${path} must be an object {host, thumbprint}.`)];
  const { host: server, thumbprint: given, ...others } = value as JsonObject;
  const print = given === undefined ? [failure("INVALID_ARGUMENT", path, `${path}.thumbprint is required.`)] : [];
  return [
    ...validateHost(server, `${path}.host`),
    ...(given === undefined ? print : thumbprint.test(given, `${path}.thumbprint`)),
    ...Object.keys(others).map((key) => failure("UNKNOWN_ARGUMENT", path, `${path} has no ${key}; it knows host, thumbprint.`)),
  ];
}

/** One server cannot resolve the same name to two certificates. */
function contradictions(list: Json[], path: string): CheckFailure[] {
  const seen = new Map<string, string>();
  return list.flatMap((one, index) => {
    const entry = one as Partial<SourceServer> | null;
    if (hasUnknown(one) || typeof entry?.thumbprint !== "string" || validateHost(entry.host, path).length > 0) return [];
    const [key, print] = [serverKey(entry.host!), normalThumbprint(entry.thumbprint)];
    const other = seen.get(key);
    seen.set(key, print);
    if (other === undefined || other === print) return [];
    return [failure("INVALID_ARGUMENT", path, `${path}[${index}] names a server a second time, with another thumbprint.`)];
  });
}

export const FIELDS: Fields = {
  ...COMMON,
  host: required(host),
  connector: required(text),
  tlsCertificateName: tlsName,
  sources,
  after: revisions,
  requireTls: flag,
  tlsAuthLevel: oneOf("EncryptionOnly", "CertificateValidation", "DomainValidation"),
  tlsDomain: text,
  fqdn,
  onDelete: oneOf("restore", "clear", "keep"),
};

/** A server that is named twice is looked at once. */
export function withDefaults(news: JsonObject): JsonObject {
  const given = Array.isArray(news.sources) ? news.sources.map(normalSource) : undefined;
  const list = given?.filter((one, index) => one === UNKNOWN || given.findIndex((other) => same(other, one)) === index);
  return { ...news, ...(list ? { sources: list } : {}), onUnreachable: news.onUnreachable ?? "fail" };
}

function normalSource(one: Json): Json {
  if (one === null || typeof one !== "object" || Array.isArray(one) || one.thumbprint === undefined) return one;
  return { ...one, thumbprint: withNormalThumbprint(one.thumbprint) };
}

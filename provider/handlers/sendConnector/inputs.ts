/** Arguments of `SendConnectorTls` as the handler sees them. */
import { NO_COMMON_NAME } from "../../base/commonName";
import { hasUnknown, same, UNKNOWN, type Json, type JsonObject } from "../../base/json";
import { serverKey, validateHost, type HostConnection } from "../../remote/hosts";
import { COMMON, type Arguments, type InputsOf } from "../arguments";
import type { Owned } from "../settings";
import type { CheckFailure } from "../types";
import {
  failure,
  flag,
  fqdn,
  host,
  normalThumbprint,
  oneOf,
  revisions,
  text,
  thumbprint,
  tlsName,
  withNormalThumbprint,
  type Field,
} from "../validation";

export interface SourceServer {
  host: HostConnection;
  thumbprint: string;
}

/** Argument → Exchange's property. What an argument does not name is never touched. */
export const OWNED: Owned = {
  tlsCertificateName: "TlsCertificateName",
  requireTls: "RequireTLS",
  tlsAuthLevel: "TlsAuthLevel",
  tlsDomain: "TlsDomain",
  fqdn: "Fqdn",
};

const sources: Field<SourceServer[]> = {
  words: "a list of {host, thumbprint}",
  secret: true,
  normal: normalSources,
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

/** Of the sources only the thumbprints are looked at; how a server is reached is the state's business. */
export function thumbprintsOf(list: Json | undefined): unknown[] {
  return (Array.isArray(list) ? list : []).map((one) => (one as JsonObject | null)?.thumbprint);
}

/** A component says where its Edges share none. */
const commonName: Field<string> = {
  ...tlsName,
  test: (value, path) =>
    value === NO_COMMON_NAME
      ? [failure("INVALID_ARGUMENT", path, "The Edges' certificates have different names, so the send connector needs tlsCertificateName.")]
      : tlsName.test(value, path),
};

export const ARGUMENTS = {
  ...COMMON,
  host: { is: host, changes: "state", required: true },
  connector: { is: text, changes: "identity", required: true },
  tlsCertificateName: { is: commonName, changes: "work" },
  sources: { is: sources, changes: "work", part: thumbprintsOf },
  after: { is: revisions, changes: "state" },
  requireTls: { is: flag, changes: "work" },
  tlsAuthLevel: { is: oneOf("EncryptionOnly", "CertificateValidation", "DomainValidation"), changes: "work" },
  tlsDomain: { is: text, changes: "work" },
  fqdn: { is: fqdn, changes: "work" },
  onDelete: { is: oneOf("restore", "clear", "keep"), changes: "state" },
} as const satisfies Arguments;
export type ConnectorInputs = InputsOf<typeof ARGUMENTS>;

/** A server that is named twice is looked at once. */
function normalSources(value: Json): Json {
  if (!Array.isArray(value)) return value;
  const given = value.map(normalSource);
  return given.filter((one, index) => one === UNKNOWN || given.findIndex((other) => same(other, one)) === index);
}

function normalSource(one: Json): Json {
  if (one === null || typeof one !== "object" || Array.isArray(one) || one.thumbprint === undefined) return one;
  return { ...one, thumbprint: withNormalThumbprint(one.thumbprint) };
}

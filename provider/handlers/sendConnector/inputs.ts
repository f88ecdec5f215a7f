/** Arguments of `SendConnectorTls` as the handler sees them. */
import { z } from "zod";
import { hasUnknown, UNKNOWN, type JsonObject } from "../../base/json";
import type { HostConnection } from "../../remote/hosts";
import { validateHost } from "../../remote/hosts";
import type { Owned } from "../settings";
import {
  COMMON,
  failure,
  flag,
  host,
  normalThumbprint,
  oneOf,
  required,
  revisions,
  text,
  zodTest,
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
    if (hasUnknown(value) && typeof value === "string") return [];
    if (!Array.isArray(value)) return [failure("INVALID_ARGUMENT", path, `${path} must be a list of {host, thumbprint}.`)];
    return value.flatMap((one: unknown, index) => {
      if (one === UNKNOWN) return [];
      const entry = (one ?? {}) as { host?: unknown; thumbprint?: unknown };
      const wrong =
        hasUnknown(entry.thumbprint) || typeof entry.thumbprint === "string"
          ? []
          : [failure("INVALID_ARGUMENT", path, `${path}[${index}].thumbprint is required.`)];
      return [...validateHost(entry.host, `${path}[${index}].host`), ...wrong];
    });
  },
};

/** `<I>…<S>…`, at most 256 characters: an Edge's directory stores no more (exchange.md 7.2). */
export const tlsName: Field = {
  test: (value, path) => {
    if (hasUnknown(value)) return [];
    if (typeof value !== "string" || !/^(<I>.*)?<S>.+/i.test(value))
      return [failure("INVALID_ARGUMENT", path, `${path} must have the form <I>issuer<S>subject.`)];
    return value.length <= 256 ? [] : [failure("NAME_TOO_LONG", path, `${path} has ${value.length} characters; an Edge can store 256.`)];
  },
};

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
  fqdn: { test: zodTest(z.string().min(1), "a domain name") },
  onDelete: oneOf("restore", "clear", "keep"),
};

export function withDefaults(news: JsonObject): JsonObject {
  const list = Array.isArray(news.sources) ? news.sources : undefined;
  const normal = list?.map((one) => {
    const entry = one as JsonObject;
    return one !== UNKNOWN && typeof entry?.thumbprint === "string" && !entry.thumbprint.includes("-")
      ? { ...entry, thumbprint: normalThumbprint(entry.thumbprint) }
      : one;
  });
  return { ...news, ...(normal ? { sources: normal } : {}), onUnreachable: news.onUnreachable ?? "fail" };
}

/** Values of Exchange's own types, by the parameter that takes them. // [PS:Set-SendConnector], [PS:Set-ReceiveConnector] */
import { isIP } from "node:net";
import { wrongType } from "./errors";
import { isFqdn } from "./printed";
import type { Call } from "./binding";

interface ValueType {
  type: string;
  /** The value as it is kept, or null where it is none. */
  read(text: string): string | null;
}

/** One of some words, in any case. */
const oneOf = (type: string, ...words: string[]): ValueType => ({
  type: `Microsoft.Exchange.Data.${type}`,
  read: (text) => words.find((word) => word.toLowerCase() === text.trim().toLowerCase()) ?? null,
});

/** Several of some words, as .NET reads flags. */
function flags(type: string, ...words: string[]): ValueType {
  const word = oneOf(type, ...words);
  return {
    type: word.type,
    read(text) {
      const found = text.split(",").map((part) => word.read(part));
      return found.includes(null) ? null : found.join(", ");
    },
  };
}

const pattern = (type: string, fits: (text: string) => boolean): ValueType => ({
  type: `Microsoft.Exchange.Data.${type}`,
  read: (text) => (fits(text) ? text : null),
});

/** `0.0.0.0:25`, `[::]:25`. */
function isBinding(text: string): boolean {
  const [, address, port] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  return address !== undefined && isIP(address.replace(/^\[|\]$/g, "")) !== 0 && Number(port) <= 65535;
}

/** An address, two with a hyphen between them, or one with the length of its network or with a mask. */
function isRange(text: string): boolean {
  const [, first, sign, rest = ""] = /^([^-/(]+)([-/(]?)(.*?)\)?$/.exec(text.replace(/\s/g, "")) ?? [];
  const version = first === undefined ? 0 : isIP(first);
  if (version === 0 || sign === "") return version !== 0;
  if (sign === "/") return /^\d+$/.test(rest) && Number(rest) <= (version === 4 ? 32 : 128);
  return isIP(rest) === version;
}

const DOMAIN = pattern("SmtpDomainWithSubdomains", (text) => text === "*" || isFqdn(text.replace(/^\*\./, "")));
const SEND_AUTH = ["None", "BasicAuth", "BasicAuthRequireTLS", "ExchangeServer", "ExternalAuthoritative"];
const RECEIVE_AUTH = ["None", "Tls", "Integrated", "BasicAuth", "BasicAuthRequireTLS", "ExchangeServer", "ExternalAuthoritative"];
const GROUPS = ["None", "AnonymousUsers", "ExchangeUsers", "ExchangeServers", "ExchangeLegacyServers", "Partners", "Custom"];

const TYPES: { [parameter: string]: ValueType } = {
  ProtocolLoggingLevel: oneOf("ProtocolLoggingLevel", "None", "Verbose"),
  SmartHostAuthMechanism: oneOf("Directory.SystemConfiguration.SmtpSendConnectorConfig+AuthMechanisms", ...SEND_AUTH),
  AuthMechanism: flags("Directory.SystemConfiguration.AuthMechanisms", ...RECEIVE_AUTH),
  PermissionGroups: flags("PermissionGroups", ...GROUPS),
  TlsDomain: DOMAIN,
  DomainName: DOMAIN,
  SourceIPAddress: pattern("IPAddress", (text) => isIP(text) !== 0),
  Bindings: pattern("IPBinding", isBinding),
  RemoteIPRanges: pattern("IPRange", isRange),
};

/** The value as Exchange keeps it; a parameter of another type as it is. @throws CmdletFailure where it cannot be converted */
export function typed<T>(call: Call, parameter: string, value: T): T | string {
  const type = TYPES[parameter];
  if (!type || typeof value !== "string") return value;
  const read = type.read(value);
  if (read === null) throw wrongType(call, parameter, type.type);
  return read;
}

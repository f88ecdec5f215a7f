/** Arguments of `Certificate` as the handler sees them, and their checks. */
import { z } from "zod";
import { hasUnknown, UNKNOWN, type Json, type JsonObject } from "../../base/json";
import type { Service } from "../../exchange/certificates";
import { validateHost, type HostConnection, type SecretRef } from "../../remote/hosts";
import type { Ahead } from "../aheadFacts";
import { COMMON, type Arguments, type InputsOf } from "../arguments";
import { days, failure, field, flag, friendlyName, host, hosts, isFqdn, oneOf, seconds, type Field } from "../validation";
import { sourceField } from "./sourceField";

export type PfxSource = { pfx: SecretRef; password: SecretRef };
export type PemSource = { certificate: SecretRef; privateKey: SecretRef; privateKeyPassword?: SecretRef; chain?: SecretRef | SecretRef[] };
export type SelfSignedSource = { selfSigned: { domainNames: string[]; keySize?: number; lifetime?: number } };
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

const onDelete: Field<"remove" | "keep" | Unlock> = {
  words: '"remove", "keep" or {unlock: {organization, sourceHosts}}',
  secret: true,
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
const lookAhead: Field<Ahead> = {
  words: "what a component knows of the rest",
  secret: true,
  test: (value, path) => {
    if (value === UNKNOWN) return [];
    const { servers, site, connectors, peers, synchronise, maxUnavailable, ...others } = isObject(value) ? value : { wrong: true };
    const list = servers === UNKNOWN || servers === undefined ? [] : servers;
    const shaped = Object.keys(others).length === 0 && Array.isArray(list) && list.every((one) => one === UNKNOWN || isObject(one));
    if (!shaped || !AHEAD_TEXTS.safeParse({ site, connectors, synchronise, maxUnavailable }).success)
      return [
        failure(
          "INVALID_ARGUMENT",
          path,
          `${path} must be {servers: {host, role}[], site, connectors: {connector, tlsCertificateName}[], peers, synchronise, maxUnavailable}.`,
        ),
      ];
    const known = peers === undefined ? [] : hosts.test(peers, `${path}.peers`);
    const looked = (list as JsonObject[]).flatMap((one, index) =>
      (one as Json) === UNKNOWN ? [] : validateHost(one.host, `${path}.servers[${index}].host`),
    );
    return [...looked, ...known];
  },
};
const TEXT = z.string().min(1);
const AHEAD_TEXTS = z.object({
  site: z.string().optional(),
  synchronise: z.string().optional(),
  maxUnavailable: z.number().int().min(1).optional(),
  connectors: z
    .union([z.string(), z.array(z.union([z.string(), z.object({ connector: TEXT, tlsCertificateName: TEXT.optional() })]))])
    .optional(),
});
const FOLLOWER = z.strictObject({ connector: TEXT, tlsCertificateName: TEXT.optional(), fqdn: TEXT.refine(isFqdn).optional() });
const source: Field<CertificateSource> = sourceField;
const services = field<Service[]>(z.array(z.enum(["SMTP", "IIS", "POP", "IMAP"])), 'a list of "SMTP", "IIS", "POP", "IMAP"', {
  normal: inOrder,
});
const copyFor = { ...services, normal: undefined };
const receiveConnectors = field<Follower[]>(
  z.array(FOLLOWER),
  "a list of receive connectors: {connector, tlsCertificateName, fqdn}, fqdn a domain name",
);
const sendConnectors = field<string[]>(z.array(TEXT), "a list of names of send connectors");

export const ARGUMENTS = {
  ...COMMON,
  host: { is: host, changes: "state", required: true },
  source: { is: source, changes: "identity", required: true },
  services: { is: services, changes: "work", required: true },
  copyFor: { is: copyFor, changes: "state" },
  organization: { is: host, changes: "state" },
  peers: { is: hosts, changes: "state" },
  lookAhead: { is: lookAhead, changes: "nothing" },
  receiveConnectors: { is: receiveConnectors, changes: "state" },
  sendConnectors: { is: sendConnectors, changes: "state" },
  defaultSmtp: { is: oneOf("keep", "replace"), changes: "work", default: "keep" },
  friendlyName: { is: friendlyName, changes: "state" },
  exportable: { is: flag, changes: "state", default: false },
  renewBefore: { is: days, changes: "state" },
  drain: { is: oneOf("auto", "hold", "never"), changes: "state", default: "auto" },
  queueTimeout: { is: seconds, changes: "state" },
  adoptOnly: { is: flag, changes: "state", default: false },
  onDelete: { is: onDelete, changes: "state" },
} as const satisfies Arguments;

export type CertificateInputs = InputsOf<typeof ARGUMENTS> & {
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
};

/** Services in Exchange's order and without doubles. */
function inOrder(value: Json): Json {
  const order = ["SMTP", "IIS", "POP", "IMAP"];
  return Array.isArray(value) && !hasUnknown(value) ? order.filter((one) => value.includes(one)) : value;
}

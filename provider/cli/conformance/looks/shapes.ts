/** The printed forms that the package relies on (docs/agent-protocol.md 7.5; captures of exchange.md 3.1). No value leaves this file. */
import { SLOW_CALL_MS } from "../../../exchange/shell";
import type { Value } from "../../../remote/protocol";
import type { Server } from "../servers";
import type { Look } from "./look";

type Fits = (value: unknown) => boolean;
interface Form {
  words: string;
  fits: Fits;
}

const form = (words: string, fits: Fits): Form => ({ words, fits });
const matching = (words: string, pattern: RegExp): Form => form(words, (value) => typeof value === "string" && pattern.test(value));
const orNothing = ({ words, fits }: Form): Form =>
  form(`${words}, or nothing`, (value) => value === null || value === "" || (Array.isArray(value) && value.length === 0) || fits(value));
const listOf = ({ words, fits }: Form): Form => form(`list: ${words}`, (value) => Array.isArray(value) && value.every(fits));

const WORD = matching("a name", /^\S(.*\S)?$/);
const FLAG = form("true or false", (value) => typeof value === "boolean");
const HASH = matching("40 hex digits", /^[0-9A-F]{40}$/i);
const TIME = matching("a time, ISO 8601", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
const SPAN = matching("hh:mm:ss", /^(\d+\.)?\d\d:\d\d:\d\d(\.\d+)?$/);
const TLS_NAME = orNothing(matching("<I>issuer<S>subject", /^<I>.*<S>.+$/i));
const CAPABILITY = orNothing(listOf(matching("domain:Capability", /^[^:]+:\w+(, \w+)*$/)));

interface Shape {
  roles: readonly Server["role"][];
  parameters?: { [name: string]: Value };
  forms: { [property: string]: Form };
}

const BOTH: Shape["roles"] = ["Edge", "Mailbox"];
const MAILBOX: Shape["roles"] = ["Mailbox"];

const SHAPES: { [cmdlet: string]: Shape } = {
  "Get-ExchangeCertificate": {
    roles: BOTH,
    forms: {
      RawData: matching("base64", /^[A-Za-z0-9+/]+=*$/),
      Thumbprint: HASH,
      Services: matching("names with `, ` between", /^\w+(, \w+)*$/),
      Status: matching("a word", /^\w+$/),
      HasPrivateKey: FLAG,
    },
  },
  "Get-SendConnector": {
    roles: BOTH,
    forms: {
      Name: WORD,
      AddressSpaces: listOf(matching("type:domain;cost", /^\w+:.+;\d+$/)),
      SourceTransportServers: orNothing(listOf(matching("a short name", /^[^\\/.]+$/))),
      TlsCertificateName: TLS_NAME,
      ConnectionInactivityTimeOut: SPAN,
      RequireTLS: FLAG,
      Enabled: FLAG,
    },
  },
  "Get-ReceiveConnector": {
    roles: BOTH,
    forms: {
      Identity: matching("SERVER\\name", /^[^\\]+\\.+$/),
      Bindings: listOf(matching("address:port", /:\d+$/)),
      AuthMechanism: matching("names with `, ` between", /^\w+(, \w+)*$/),
      TlsCertificateName: TLS_NAME,
      TlsDomainCapabilities: CAPABILITY,
      Enabled: FLAG,
    },
  },
  "Get-TransportService": {
    roles: BOTH,
    forms: { Name: matching("a short name", /^[^\\/.]+$/), InternalTransportCertificateThumbprint: HASH },
  },
  "Get-ExchangeServer": {
    roles: BOTH,
    forms: {
      Name: matching("a short name", /^[^\\/.]+$/),
      ServerRole: matching("names with `, ` between", /^\w+(, \w+)*$/),
      AdminDisplayVersion: matching("Version 15.2 (Build 1544.4)", /^Version \d+\.\d+ \(Build \d+\.\d+\)$/),
    },
  },
  "Get-Queue": {
    roles: BOTH,
    forms: {
      Identity: matching("SERVER\\queue", /^[^\\]+\\.+$/),
      DeliveryType: matching("a word", /^\w+$/),
      Status: matching("a word", /^\w+$/),
      MessageCount: form("a number", (value) => typeof value === "number"),
    },
  },
  "Get-AcceptedDomain": { roles: BOTH, forms: { DomainName: WORD, DomainType: matching("a word", /^\w+$/) } },
  "Get-EdgeSubscription": {
    roles: MAILBOX,
    forms: { Name: matching("a short name", /^[^\\/.]+$/), Site: matching("a site, or a path to it", /[^/]$/) },
  },
  "Test-EdgeSynchronization": { roles: MAILBOX, forms: { SyncStatus: matching("a word", /^\w+$/), LastSynchronizedUtc: orNothing(TIME) } },
  "Get-EdgeSyncServiceConfig": { roles: MAILBOX, forms: { ConfigurationSyncInterval: SPAN, RecipientSyncInterval: SPAN } },
};

/** What a value is, without saying it. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined || value === "") return "nothing";
  if (!Array.isArray(value)) return typeof value === "object" ? "an object" : `a ${typeof value}`;
  return value.length === 0 ? "an empty list" : `list: ${[...new Set(value.map(kindOf))].join(" or ")}`;
}

/** @param objects one cmdlet's output; @returns one look a property, none where nothing came out */
export function compareForms(host: string, cmdlet: string, objects: { [property: string]: unknown }[]): Look[] {
  if (objects.length === 0) return [];
  return Object.entries(SHAPES[cmdlet].forms).map(([property, { words, fits }]) => {
    const others = objects.map((one) => one[property]).filter((value) => !fits(value));
    const kinds = [...new Set(others.map(kindOf))].join(" or ");
    return {
      host,
      what: `${property} of ${cmdlet}`,
      expected: words,
      seen: others.length === 0 ? words : `another form (${kinds}) in ${others.length} of ${objects.length} objects`,
    };
  });
}

export async function lookAtShapes({ name, role, session }: Server): Promise<Look[]> {
  const looks: Look[] = [];
  for (const [cmdlet, { roles, forms, parameters }] of Object.entries(SHAPES)) {
    if (!roles.includes(role)) continue;
    const { objects } = await session.invoke(cmdlet, parameters ?? {}, Object.keys(forms), { timeoutMs: SLOW_CALL_MS });
    looks.push(
      ...compareForms(
        name,
        cmdlet,
        objects.filter((one) => Object.values(one).some((value) => value !== null && value !== "")),
      ),
    );
  }
  return looks;
}

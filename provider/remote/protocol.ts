/**
 * Messages between the provider and the agent on a host. `docs/agent-protocol.md` is the same in words;
 * the lab implements the other side from these types alone.
 */

export const PROTOCOL = 1;
/** Longest request line in bytes (PowerShell 5.1's JSON parser has a limit of some megabytes). */
export const MAX_LINE = 1_000_000;
/** Longest reply line in bytes: all queues or connectors of a large organisation come in one. */
export const MAX_REPLY = 10_000_000;

/** Values of `invoke` parameters: JSON, plus tagged objects for what JSON cannot say. */
export type Value =
  | null
  | boolean
  | number
  | string
  | Value[]
  | { $bytes: string } //   base64 → byte[]
  | { $secure: string } //  → SecureString
  | { $time: string } //    ISO 8601 UTC → DateTime
  | { $timespan: number } // seconds → TimeSpan
  | { [key: string]: Value }; // → hashtable, e.g. {Add: [...], Remove: [...]}

/** What agents of before, and those that others wrote, need not tell. */
export interface OptionalFacts {
  /** Of the agent's process: 32 where a 32-bit sshd started it. */
  bits?: number;
  /** Execution policy that a group policy sets for scripts, null without one. */
  scriptPolicy?: string | null;
  /** Registry value `EnableEccCertificateSupport` below Exchange's `Diagnostics` (exchange.md 17), null where it is not set. */
  eccCertificates?: string | null;
  /** `invoke` takes `where`; an agent without it is never sent it. */
  where?: boolean;
}

/** First line of the agent, and the reply to `hello` (without `event`). */
export interface HostFacts extends OptionalFacts {
  protocol: number;
  /** SHA-256 (hex) of the agent script as received. */
  agent: string;
  powershell: string;
  pid: number;
  /** NetBIOS name, upper case, and fully qualified name of the server. */
  name: string;
  fqdn: string;
  role: "Edge" | "Mailbox" | "None";
  /** `15.2.1544.4`, or null where Exchange is not installed. */
  exchange: string | null;
  elevated: boolean;
  account: string;
  /** Server clock and last boot, ISO 8601 UTC. */
  utc: string;
  boot: string;
  culture: string;
  /** Absolute path of the working folder, without a trailing separator. */
  folder: string;
  /** Highest fence seen on this host. */
  fence: number;
}
export interface ReadyEvent extends HostFacts {
  event: "ready";
}

/** Fields of every request. `fence` is required for mutations; `key` makes a mutation idempotent. */
export interface RequestBase {
  id: number;
  fence?: number;
  key?: string;
}

export interface ServiceInfo {
  name: string;
  status: "Running" | "Paused" | "Stopped" | "StartPending" | "StopPending" | "PausePending" | "ContinuePending";
  startType: "Automatic" | "Manual" | "Disabled";
  dependants: { name: string; status: ServiceInfo["status"] }[];
}

export interface CertificateInspection {
  found: boolean;
  thumbprint?: string;
  /** base64 DER */
  raw?: string;
  /** As `X509Certificate2.Subject` / `.Issuer` print on this host. */
  subject?: string;
  issuer?: string;
  /** The name that the store keeps beside the certificate; empty where it has none. Agents of before do not tell. */
  friendlyName?: string;
  hasPrivateKey?: boolean;
  keyProvider?: "CAPI" | "CNG" | "none" | "unknown";
  providerName?: string | null;
  exportable?: boolean;
  /** NETWORK SERVICE may read the private key. */
  networkService?: boolean;
}

export interface ChainTrust {
  status: "Valid" | "DateInvalid" | "Untrusted" | "Invalid" | "Revoked" | "RevocationCheckFailure";
  /** Thumbprint of the root that the chain ends in; null where it ends before one. */
  root: string | null;
  /** Names of .NET's `X509ChainStatusFlags` that the chain has, an accepted `UntrustedRoot` included; for people. */
  problems: string[];
}

export interface EventRecord {
  utc: string;
  source: string;
  id: number;
  level: "Error" | "Warning" | "Information";
  text: string;
}

/** Property → texts, ignoring case. An output object is wanted when at least one of the properties has one of its texts. */
export type Where = { readonly [property: string]: readonly string[] };

/** Operation → its parameters and the value of its reply. */
export interface Operations {
  hello: { params: object; value: HostFacts };
  /** Loads Exchange's management shell (otherwise done by the first `invoke`). */
  "shell.open": {
    params: { credential?: { user: string; password: { $secure: string } } };
    value: { kind: "snapin" | "implicit" | "credential"; cmdlets: number };
  };
  /** Raises the highest fence seen; refused (`Fenced`) when a higher one was seen. Waits for another process's running mutation (`Busy` after 120 s). */
  "fence.raise": { params: { fence: number }; value: { fence: number } };
  invoke: {
    /** `where` only for agents whose facts say that they know it. */
    params: {
      cmdlet: string;
      parameters: { [name: string]: Value };
      select: string[];
      where?: Where;
    };
    value: { objects: { [property: string]: unknown }[]; warnings: string[] };
  };
  "file.read": { params: { path: string }; value: { found: boolean; data?: string } };
  "file.write": { params: { path: string; data: string }; value: object };
  "file.append": { params: { path: string; data: string }; value: object };
  "file.createNew": { params: { path: string; data: string }; value: { created: boolean } };
  "file.remove": { params: { path: string }; value: { removed: boolean } };
  "file.list": { params: { path: string }; value: { files: string[] } };
  "service.status": { params: { name: string }; value: ServiceInfo };
  "service.suspend": { params: { name: string }; value: ServiceInfo };
  "service.resume": { params: { name: string }; value: ServiceInfo };
  "service.stop": { params: { name: string }; value: ServiceInfo };
  "service.start": { params: { name: string }; value: ServiceInfo };
  /** Restarts a service; dependants that ran before run again, but those in `keepStopped`. */
  "service.restart": { params: { name: string; keepStopped: string[] }; value: ServiceInfo };
  "certificate.inspect": { params: { thumbprint: string }; value: CertificateInspection };
  /**
   * Takes `thumbprint` out of the computer's My store without the cmdlet. The host checks: `keep` is in the store, valid now,
   * readable by NETWORK SERVICE; `thumbprint` is not the default; MSExchangeTransport is stopped; and, when
   * `default` is given, that it is the default. A certificate that is not there is `removed: false`.
   */
  "certificate.remove": { params: { thumbprint: string; keep: string; default?: string }; value: { removed: boolean } };
  /**
   * Takes a copy that was replaced out of a Mailbox server's My store, transport running or not. The host checks: `keep` is in the store,
   * valid now, has its key and the same subject and issuer, and NETWORK SERVICE may read its key if it may read the one of `thumbprint`;
   * `thumbprint` is neither the default nor an Auth certificate, Exchange shows it for none of IIS, POP, IMAP, UM and Federation, and
   * http.sys has no binding to it. Agents of before do not know it (`UnknownOperation`).
   */
  "certificate.removeReplaced": { params: { thumbprint: string; keep: string }; value: { removed: boolean } };
  /**
   * Makes a self-signed certificate that is valid for `days` from now on, with a CAPI key that is born on the host, and installs it: what
   * New-ExchangeCertificate does not do, which knows no lifetime. Subject is the first name. Services stay as they are, and NETWORK SERVICE
   * may not read the key yet. `raw`: base64 DER. Agents of before do not know it (`UnknownOperation`).
   */
  "certificate.makeSelfSigned": {
    params: { domainNames: string[]; days: number; keySize: number; friendlyName: string; exportable: boolean };
    value: { raw: string };
  };
  /** Certificates that http.sys is bound to: sites of IIS, the back end's among them, and other listeners. Agents of before do not know it. */
  "httpsys.bindings": { params: object; value: { thumbprints: string[] } };
  /** Which of these certificates are in the Root or CA store. */
  "chain.status": { params: { thumbprints: string[] }; value: { present: string[] } };
  /** Adds certificates (base64 DER): self-signed ones to Root, others to CA. */
  "chain.import": { params: { certificates: string[] }; value: { added: { thumbprint: string; store: "Root" | "CA" }[] } };
  /**
   * How Exchange would show `certificate` (base64 DER) once it and `chain` were installed: the chain is built on the host, offline. A root
   * that the host does not trust counts only where `chain` brings that very root. Agents of before do not know it.
   */
  "chain.trust": { params: { certificate: string; chain: string[] }; value: ChainTrust };
  "certreq.submit": {
    params: { ca: string; template: string; request: string };
    value: { disposition: "issued" | "pending" | "denied"; requestId?: number; certificate?: string; message?: string };
  };
  /**
   * What became of a request that an authority has taken under submission; changes nothing, and `unknown` means that the authority no longer
   * has the number. Agents of before do not know it.
   */
  "certreq.retrieve": {
    params: { ca: string; requestId: number };
    value: { disposition: "issued" | "pending" | "denied" | "unknown"; requestId: number; certificate?: string; message?: string };
  };
  /** The serialised certificate blob of the server object (`msExchServerInternalTLSCert`), base64, or null. */
  "directory.internalCertificate": { params: { server?: string }; value: { blob: string | null } };
  /**
   * Events of the message tracking log of this server from `since` up to before `until` (at most 24 hours), counted on the host: no address
   * and no subject leaves it. `messageId`: one message's, in angle brackets. Agents of before do not know it (`UnknownOperation`).
   */
  "tracking.count": {
    params: { since: string; until: string; messageId?: string };
    value: { events: { eventId: string; source: string; count: number }[] };
  };
  "events.read": { params: { since: string; sources: string[]; ids?: number[]; max?: number }; value: { events: EventRecord[] } };
}
export type Operation = keyof Operations;

/**
 * Every operation once; the table in agent.ps1 is generated from this one. A new operation is a row here and its messages above, its
 * two functions in a part of agent/, its section in docs/agent-protocol.md, and its twin in lab/doors/agent/operations.ts.
 * `fence`: `required` where it changes the host, `checked` where it is looked at when the request has one. `shell`: Exchange's shell is
 * loaded before it runs. `script`: functions of agent.ps1, what reads `params` and what runs the operation.
 */
export const OPERATIONS: {
  readonly [O in Operation]: { fence: "none" | "checked" | "required"; shell?: true; script: readonly [read: string, run: string] };
} = {
  hello: { fence: "none", script: ["Read-PxNothing", "Get-PxHello"] },
  "shell.open": { fence: "none", shell: true, script: ["Read-PxShellCall", "Get-PxShell"] },
  "fence.raise": { fence: "none", script: ["Read-PxFenceCall", "Set-PxFence"] },
  // A cmdlet that changes something needs a fence: `isMutation`.
  invoke: { fence: "none", shell: true, script: ["Read-PxInvoke", "Invoke-PxCmdletCall"] },
  "file.read": { fence: "none", script: ["Read-PxFileCall", "Invoke-PxFile"] },
  "file.write": { fence: "checked", script: ["Read-PxFileCall", "Invoke-PxFile"] },
  "file.append": { fence: "checked", script: ["Read-PxFileCall", "Invoke-PxFile"] },
  "file.createNew": { fence: "checked", script: ["Read-PxFileCall", "Invoke-PxFile"] },
  "file.remove": { fence: "checked", script: ["Read-PxFileCall", "Invoke-PxFile"] },
  "file.list": { fence: "none", script: ["Read-PxFileCall", "Invoke-PxFile"] },
  "service.status": { fence: "none", script: ["Read-PxService", "Invoke-PxService"] },
  "service.suspend": { fence: "required", script: ["Read-PxService", "Invoke-PxService"] },
  "service.resume": { fence: "required", script: ["Read-PxService", "Invoke-PxService"] },
  "service.stop": { fence: "required", script: ["Read-PxService", "Invoke-PxService"] },
  "service.start": { fence: "required", script: ["Read-PxService", "Invoke-PxService"] },
  "service.restart": { fence: "required", script: ["Read-PxService", "Invoke-PxService"] },
  "certificate.inspect": { fence: "none", script: ["Read-PxInspection", "Get-PxInspection"] },
  "certificate.remove": { fence: "required", shell: true, script: ["Read-PxRemoval", "Remove-PxCertificate"] },
  "certificate.removeReplaced": { fence: "required", shell: true, script: ["Read-PxReplaced", "Remove-PxReplaced"] },
  "certificate.makeSelfSigned": { fence: "required", script: ["Read-PxSelfSigned", "New-PxSelfSigned"] },
  "httpsys.bindings": { fence: "none", script: ["Read-PxNothing", "Get-PxBindings"] },
  "chain.status": { fence: "none", script: ["Read-PxChainQuery", "Get-PxChainStatus"] },
  "chain.import": { fence: "required", script: ["Read-PxChain", "Import-PxChain"] },
  "chain.trust": { fence: "none", script: ["Read-PxTrust", "Get-PxTrust"] },
  "certreq.submit": { fence: "required", script: ["Read-PxCertreq", "Invoke-PxCertreq"] },
  "certreq.retrieve": { fence: "none", script: ["Read-PxRetrieval", "Invoke-PxRetrieval"] },
  "directory.internalCertificate": { fence: "none", script: ["Read-PxDirectoryCall", "Invoke-PxDirectoryCall"] },
  "tracking.count": { fence: "none", shell: true, script: ["Read-PxTracking", "Get-PxTracking"] },
  "events.read": { fence: "none", script: ["Read-PxEvents", "Get-PxEvents"] },
};

/** Operations that need a fence always. `invoke` needs one for cmdlets that do not start with Get-, Test- or Export-. */
export const MUTATING: readonly Operation[] = (Object.keys(OPERATIONS) as Operation[]).filter((op) => OPERATIONS[op].fence === "required");

/** Whether an operation changes the host and so needs a fence. */
export function isMutation(op: Operation, cmdlet = ""): boolean {
  return MUTATING.includes(op) || (op === "invoke" && !/^(Get|Test|Export)-/i.test(cmdlet));
}

export type AgentErrorClass =
  | "BadRequest" //          not JSON, no id, wrong type, value out of range
  | "UnknownOperation"
  | "TooLarge" //            request above MAX_LINE, reply above MAX_REPLY
  | "NotAllowed" //          cmdlet, parameter, service or path outside the closed lists
  | "ShellUnavailable" //    Exchange's shell cannot be loaded
  | "CredentialNeeded" //    Mailbox: the logon brought no network credentials
  | "CommandNotFound"
  | "CmdletFailed" //        the cmdlet reported an error
  | "PromptRefused" //       the cmdlet asked a question
  | "FenceRequired"
  | "Fenced"
  | "Busy" //                another process of this host is still inside a mutation
  | "FenceDamaged" //        the file with the highest fence cannot be read
  | "FileFailed" //          disk full, access denied, junction …
  | "ServiceNotFound"
  | "ServiceFailed"
  | "GuardRefused" //        a guard of a removal did not hold; message says which
  | "ExecutableFailed" //    certreq
  | "Internal";

export interface AgentError {
  class: AgentErrorClass;
  /** Text for people; may be localised. Never decide by it. */
  message: string;
  /** .NET exception type, `FullyQualifiedErrorId`, category, and the inner remote exception's type where there is one. */
  type?: string;
  fqid?: string;
  category?: string;
  inner?: string;
}

export type Reply = { id: number; ok: true; value: unknown } | { id: number | null; ok: false; error: AgentError };

/** Services that the agent may touch. */
export const SERVICES = [
  "MSExchangeTransport",
  "ADAM_MSExchange",
  "MSExchangeEdgeCredential",
  "MSExchangeServiceHost",
  "MSExchangeAntispamUpdate",
  "MSExchangeTransportLogSearch",
  "MSExchangeEdgeSync",
  "MSExchangeFrontEndTransport",
  "W3SVC",
] as const;

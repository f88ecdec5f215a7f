/** What the doors (SSH, SMTP, LDAPS, control) need of the model. `Organisation` in organisation.ts implements it. */
import type { CertificateInspection, ChainTrust, EventRecord, HostFacts, ServiceInfo } from "../../provider/remote/protocol";

/** Parameter values as the agent hands them to a cmdlet. */
export type CmdletValue =
  null | boolean | number | string | Uint8Array | Date | SecureText | TimeSpan | CmdletValue[] | { [key: string]: CmdletValue };
/** A SecureString: never printed, never in the history. */
export class SecureText {
  constructor(readonly reveal: string) {}
  toJSON(): string {
    return "***";
  }
}
export class TimeSpan {
  constructor(readonly seconds: number) {}
}

/** A failure as PowerShell reports it. */
export class CmdletFailure extends Error {
  constructor(
    readonly type: string,
    readonly fqid: string,
    readonly category: string,
    message: string,
    readonly kind: "CmdletFailed" | "PromptRefused" | "CommandNotFound" = "CmdletFailed",
  ) {
    super(message);
  }
}

/** How the shell of a call was opened. */
export interface ShellContext {
  /** `exchange`: Exchange's own start script, its assemblies are loaded; `bare`: New-PSSession without them. */
  kind: "exchange" | "bare";
  /** How the session's user logged on. */
  logon: "password" | "publickey";
}

export interface CmdletCall {
  host: string;
  cmdlet: string;
  parameters: { [name: string]: CmdletValue };
  /** Exchange's own shell after a password logon, without. */
  shell?: ShellContext;
}
export interface CmdletResult {
  /** Full objects with all properties; the SSH door projects them to what was selected. */
  objects: { [property: string]: unknown }[];
  warnings: string[];
}

/** A certificate with its private key, as a TLS door needs it. */
export interface DoorIdentity {
  thumbprint: string;
  certificatePem: string;
  privateKeyPem: string;
  chainPem: string[];
}

export interface SubmittedMail {
  id: string;
  from: string;
  to: string[];
  data: Buffer;
}

/** What `certreq -new` is told of a self-signed certificate. */
export interface SelfSignedWish {
  domainNames: string[];
  days: number;
  keySize: number;
  friendlyName: string;
  exportable: boolean;
}

/** One simulated Exchange organisation. All names are case-insensitive. */
export interface LabOrganisation {
  readonly hostNames: string[];
  facts(host: string): Omit<HostFacts, "protocol" | "agent" | "pid" | "powershell" | "fence">;
  /** Server clock of a host (host skew included). */
  now(host?: string): Date;
  /** Runs a cmdlet in a non-interactive elevated shell; throws CmdletFailure. Records nothing: the door writes the history. */
  invoke(call: CmdletCall): Promise<CmdletResult>;
  service: {
    status(host: string, name: string): ServiceInfo;
    suspend(host: string, name: string): Promise<ServiceInfo>;
    resume(host: string, name: string): Promise<ServiceInfo>;
    stop(host: string, name: string): Promise<ServiceInfo>;
    start(host: string, name: string): Promise<ServiceInfo>;
    restart(host: string, name: string, keepStopped: string[]): Promise<ServiceInfo>;
  };
  certificate: {
    inspect(host: string, thumbprint: string): CertificateInspection;
    /** Guarded removal of protocol.ts; a guard that does not hold throws Error with its reason. */
    remove(host: string, thumbprint: string, keep: string, expectDefault?: string): { removed: boolean };
    /** A self-signed certificate with a lifetime, made by certreq; its DER. */
    makeSelfSigned(host: string, wanted: SelfSignedWish): Promise<Uint8Array>;
    /** Removal of a replaced copy on a Mailbox server; a guard that does not hold throws Error with its reason. */
    removeReplaced(host: string, thumbprint: string, keep: string): { removed: boolean };
  };
  chain: {
    status(host: string, thumbprints: string[]): string[];
    import(host: string, der: Uint8Array[]): { thumbprint: string; store: "Root" | "CA" }[];
    trust(host: string, certificate: Uint8Array, chain: Uint8Array[]): ChainTrust;
  };
  certreq(
    host: string,
    ca: string,
    template: string,
    request: string,
  ): {
    disposition: "issued" | "pending" | "denied";
    requestId?: number;
    certificate?: string;
    message?: string;
  };
  /** What became of a request. */
  retrieve(
    host: string,
    ca: string,
    requestId: number,
  ): {
    disposition: "issued" | "pending" | "denied" | "unknown";
    requestId: number;
    certificate?: string;
    message?: string;
  };
  internalCertificate(host: string, server?: string): Uint8Array | null;
  events(host: string, since: Date): EventRecord[];
  /** Working folder of a host: relative path with forward slashes → bytes. New-EdgeSubscription writes here too. */
  files(host: string): Map<string, Buffer>;

  /** What transport would present to STARTTLS now: null = STARTTLS not offered; undefined = port closed (stopped). Paused refuses new connections too. */
  smtpIdentity(host: string): DoorIdentity | null | undefined;
  /** What AD LDS presents now; undefined = service stopped or no certificate. */
  ldapsIdentity(host: string): DoorIdentity | undefined;
  /** A mail arrived at the SMTP door of a host (from outside or inside): routes it. Resolves when queued. */
  acceptMail(host: string, mail: SubmittedMail): Promise<void>;
  /** Why a recipient is refused at RCPT; null where it is not. A model without it refuses with the message alone. */
  refusesRecipient?(host: string, recipient: string): string | null;

  /** GET /state without `files` texts (the control adds them). */
  state(): { [key: string]: unknown };
  toggles: { [name: string]: unknown };
  setToggles(values: { [name: string]: unknown }): void;
  advanceClock(seconds: number, host?: string): void;
  onChange(listener: () => void): void;
  close(): void;
}

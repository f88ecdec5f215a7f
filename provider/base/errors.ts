/**
 * One error class, one list of codes. Tests and users rely on the codes; sentences may change.
 *
 * @example
 * throw new ExchangeError("HOST_UNREACHABLE", "EDGE01 (192.0.2.1:22) did not answer within 20 s.");
 */

import { withoutControls } from "./hostText";

/** Every code with its default hint: what an administrator should do next. */
export const HINTS = {
  // input
  UNKNOWN_ARGUMENT: "Remove or rename the argument; the message lists the known ones.",
  INVALID_ARGUMENT: "Correct the argument and run again.",
  NOT_SUPPORTED: "This is not built yet; see docs/ for what is.",
  RUNTIME_MISSING:
    "Install it beside the program too: `npm install pulumi-exchange` in the project's folder (with pnpm also `public-hoist-pattern[]=pulumi-exchange`); a package that wraps it names it among its peerDependencies.",
  RUNTIME_DIFFERS:
    "Bring both to one version: `npm ls pulumi-exchange` shows who wants which; a package that wraps it names it among its peerDependencies.",
  SECRET_UNAVAILABLE: "Set the environment variable, file or configuration key that the reference names.",
  // certificates
  PFX_PASSWORD_WRONG: "Check the password that belongs to this PFX file.",
  PFX_UNREADABLE: "Export the certificate again as PKCS#12 (PFX) with AES-256 or 3DES.",
  PFX_TOO_EXPENSIVE:
    "Export the PFX again with at most 300,000 iterations (`openssl pkcs12 -export -iter 300000 -maciter`): integrity check, key and certificates each derive a key, and the three are added up.",
  PFX_WITHOUT_KEY: "Export the certificate together with its private key.",
  PEM_UNREADABLE: "Give one PEM certificate and one PEM private key.",
  KEY_MISMATCH: "The private key belongs to another certificate; pair the right two.",
  CERTIFICATE_UNREADABLE: "Give a DER or PEM X.509 certificate.",
  CERTIFICATE_EXPIRED: "Provide a certificate that is still valid.",
  CERTIFICATE_NOT_YET_VALID: "Wait until the certificate is valid, or provide another one.",
  CERTIFICATE_KEY_UNSUPPORTED:
    "Exchange transport needs an RSA key of at least 1024 bits (2048 advised), or an EC key where the server takes them.",
  CERTIFICATE_USAGE_UNSUITABLE: "Issue the certificate with Digital Signature and Server Authentication.",
  CERTIFICATE_UNTRUSTED:
    "Add the missing issuers, the root included, to the chain of the source, or install them in the host's Root and CA stores; then run again.",
  CERTIFICATE_REVOKED: "Have the authority issue another certificate, and deploy that one.",
  CERTIFICATE_IS_MAILBOX_DEFAULT: "An Edge must not share its certificate with a Mailbox server; issue one of its own.",
  CERTIFICATE_NOT_FOUND: "Deploy the certificate to this host first, or correct the thumbprint.",
  CERTIFICATE_NOT_EXPORTABLE:
    "Request the certificate exportable on a server inside and export it from there; a key that is not exportable cannot be carried.",
  REQUEST_NOT_FOUND: "Make the request on this host first (CertificateRequest), and give the certificate that was issued for it.",
  REQUEST_PENDING:
    "An official of the authority has to issue it (certsrv.msc, Pending Requests, or `certutil -resubmit <number>` there). Then run again: the same request is asked for, and no other one is submitted.",
  REQUEST_DENIED: "Ask the officials of the authority why, or correct the source; then run again.",
  REQUEST_WITHDRAWN: "Ask the officials of the authority what became of it. The next run submits the request anew.",
  REQUEST_NOT_ISSUED: "See what the certification authority says; run again once it issues.",
  CERTIFICATE_NOT_MADE:
    "Run `certreq -new` on the host by hand to see what stands in its way, or leave `lifetime` out: then Exchange makes the certificate, for 60 months.",
  CERTIFICATE_NOT_ADOPTABLE: "The certificate is not installed as asked; deploy it without adoptOnly.",
  NAME_TOO_LONG: "TlsCertificateName may have 256 characters on an Edge; issue a certificate with shorter names.",
  NAME_DIFFERS: "Report this with the certificate: the host prints another issuer or subject than expected.",
  SUBJECT_EMPTY:
    "Issue the certificate with a common name that is one of its domain names (an international one in its xn-- form): a connector finds a certificate by its subject. Profiles of authorities that leave the common name out do not fit.",
  // hosts
  HOST_KEY_REQUIRED: "Set hostKey or knownHosts; `npx pulumi-exchange host-key <host>` prints the line to paste.",
  HOST_KEY_CHANGED:
    "Find out why the host key changed (a new installation, or somebody in between) before you pin the new one; `npx pulumi-exchange host-key <host>` prints it, and how to compare it.",
  HOST_KEY_REVOKED: "The key is marked @revoked; do not connect until the host has a new one.",
  HOST_UNREACHABLE: "Check the address, the port and the firewall between this machine and the host.",
  DIRECTORY_UNREADABLE:
    "Let the account of directory.bindDn read the whole of CN=Microsoft Exchange,CN=Services of the configuration partition; docs/directory.md.",
  EDGE_IN_USE:
    "Name an Edge that nobody needs: one that carried no mail within a day, is a source of no connector and has no rotation open; docs/conformance.md.",
  HOST_IS_ANOTHER_SERVER: "Correct the address, or the name that is declared beside it.",
  SSH_KEY_UNREADABLE: "Give a PEM or OpenSSH private key, and privateKeyPassword if it is encrypted.",
  ORGANIZATION_IS_ANOTHER:
    "Correct the connection. Where the stack is to manage the other organisation from now on: bring the old one's state in order with the old connection (`pulumi destroy`), and deploy anew.",
  LOGIN_FAILED: "Check user, password or key; a wrong password is not tried again in this run.",
  SSH_ALGORITHMS: "The server offers only outdated algorithms; update its SSH server.",
  FORWARDING_REFUSED:
    'Let the SSH server forward connections for this account (AllowTcpForwarding, PermitOpen, DisableForwarding in its sshd_config), or look from this machine: probeFrom: "runner", with endpoints.',
  CONNECTION_LOST: "Run again: what was under way is read back from the host first.",
  CALL_TIMEOUT: "Run again: what was under way is read back from the host first.",
  AGENT_PROTOCOL: "The host answered with something else than the agent; see the text it printed, and docs/servers.md.",
  AGENT_REFUSED: "See the reason that the host gave.",
  POWERSHELL_MISSING:
    "Windows PowerShell 5.1 must be installed, and powershell.exe found by sshd's default shell (cmd, PowerShell or PowerShell 7: HKLM\\SOFTWARE\\OpenSSH, DefaultShell) for this account; docs/servers.md.",
  POWERSHELL_CONSTRAINED:
    "An application control policy (WDAC, AppLocker) puts PowerShell into ConstrainedLanguage for this account, and Exchange's own shell does not run there either: allow the account, or PowerShell on this server, in the policy.",
  POWERSHELL_32BIT:
    "Exchange's cmdlets are 64-bit. Install the 64-bit OpenSSH (OpenSSH-Win64, or the Windows capability); a 32-bit sshd finds the 32-bit PowerShell.",
  EXECUTION_POLICY:
    'The remote shell of a Mailbox server imports a module that nobody has signed. Set the group policy "Turn on Script Execution" to RemoteSigned ("Allow local scripts and remote signed scripts") for this server.',
  POWERSHELL_TOO_OLD: "Install Windows PowerShell 5.1.",
  EXCHANGE_MISSING: "Exchange is not installed on this host, or its management shell cannot be loaded.",
  NOT_ELEVATED: "Log on with an account of the local Administrators group.",
  SHELL_CREDENTIAL: "Set exchangeCredential: a key logon brings no network credentials to a Mailbox server.",
  ROLE_MISMATCH: "Point the argument at a server with the role that it needs.",
  // exchange
  CMDLET_FAILED: "See the text that Exchange gave.",
  OUTCOME_UNKNOWN: "Run again: the state is read back from the host first.",
  READ_BACK_DIFFERS: "Exchange accepted the change but shows another value; look at the object by hand.",
  SERVICE_FAILED: "Look at the service in the event log of the host.",
  CONNECTOR_NOT_FOUND: "Correct the connector's name and run again.",
  SOURCE_WITHOUT_CERTIFICATE: "Deploy the certificate to every source server of the connector first.",
  CONNECTOR_WOULD_BE_LOST: "Set allowConnectorLoss if the connectors may go with the subscription.",
  SUBSCRIPTION_WOULD_BREAK:
    'Add an EdgeSubscription with certificateThumbprint and a TransportService (or use EdgeTransport), and set drain: "hold".',
  SUBSCRIPTION_NOT_DEFAULT: "certificateThumbprint must be the Edge's default certificate.",
  AFTER_START_REFUSED:
    'Leave synchronise out (or "beforeStart") for this run: EdgeSync is waited for before the start then. Afterwards it may be "afterStart" again.',
  SUBSCRIPTION_MISSING: "Create the subscription without `adoptOnly`, or correct the Edge and the site.",
  SUBSCRIPTION_REFUSED: "See the reason that Exchange gave; the subscription file can be exported again.",
  SUBSCRIPTION_FILE_DATES: "Set the clocks of both servers right (w32tm /resync), then run again: a new file is exported.",
  CLOCK_SKEW:
    "Set the clocks of both servers right (w32tm /resync), then run again; a subscription file is judged by the importing server's clock.",
  SITE_UNKNOWN: "Correct the site; the message lists what Exchange knows.",
  LDAPS_WRONG_CERTIFICATE:
    "Run again: the default certificate is exported and AD LDS restarted once more. Where it presents the same one then, `npx pulumi-exchange doctor` shows what stands in the way.",
  STARTTLS_NAME_MISSING:
    "Issue the certificate with that name too, or declare the connector in receiveConnectors (of the component; of Certificate for a ReceiveConnectorTls of your own), so that it carries the certificate's name.",
  STARTTLS_OTHER_PREFERRED:
    "Declare the connector in receiveConnectors, so that it carries the certificate's name, or remove the certificate that wins where nothing needs it (Remove-ExchangeCertificate); then run again.",
  STARTTLS_WRONG_CERTIFICATE: "See the message for what transport presents, and remove what wins the choice or declare it; then run again.",
  STARTTLS_NOT_OFFERED: "Transport offers no STARTTLS: it found no certificate for its name.",
  NOTICE_FAILED: "Correct the target of --notify; what is new comes again with the next run.",
  MAIL_WAITS: "Do what the message names, or see `npx pulumi-exchange doctor`; transport runs and presents the right certificate.",
  PROBE_FAILED: "Check that the door can be reached from where the probe runs (probeFrom).",
  SYNC_TIMEOUT:
    "EdgeSync may refuse for 5 minutes after a re-subscription. Where it refuses longer, `npx pulumi-exchange doctor` looks for the cause: port 50636 of the Edge closed to the Mailbox servers, MSExchangeEdgeSync stopped, clocks that differ.",
  // rehearsals
  REHEARSAL_HOST_UNKNOWN:
    "Correct the address in the program, or take the server into the copy: name it in the hosts file (`--hosts`), or in the one that `snapshot` reads.",
  REHEARSAL_ELSEWHERE: "Unset PULUMI_EXCHANGE_REHEARSAL: only `npx pulumi-exchange rehearse` sets it, for the runs that it starts.",
  REHEARSAL_UNANSWERED:
    "Bring pulumi-exchange in the project's folder to the version of this command (`npm ls pulumi-exchange`): an older one knows no rehearsal, and would change the real servers.",
  REHEARSAL_TOUCHES_OTHERS:
    "Rehearse without them: bring them up to date first (`pulumi up --target …`), or leave them out (`-- pulumi up --exclude …`).",
  REHEARSAL_IMPOSSIBLE: "See the message; docs/rehearse.md says what a rehearsal needs.",
  // safety
  LEASE_HELD: "Another run works on this host; wait until it ends or its lease expires.",
  HOST_BUSY:
    "Another process on this host was inside a change for two minutes (no lease is involved); look what runs there, then run again.",
  FENCE_DAMAGED:
    "See that no run is at work on the host; then put the number of the newest file in its lease folder (lease\\42.json: 42) into the file that the message names, or delete it where there is no lease file; run again. docs/recovery.md.",
  LEASE_LOST: "Another run has taken over this host; look at that run.",
  FENCED: "Another run has taken over this host; look at that run.",
  EDGE_WINDOW_BUSY: "Finish the other Edge first, or run `npx pulumi-exchange resume <edge> --abandon`.",
  OBJECT_CLAIMED: "Another resource or stack owns this object; remove it there first.",
  ROTATION_OPEN: "Run `pulumi up` to finish the rotation first, or `npx pulumi-exchange resume <edge>`.",
  JOURNAL_UNREADABLE: "The journal on the host was damaged or written by a newer version; see docs/recovery.md.",
  JOURNAL_UNWRITABLE: "The working folder on the host cannot be written: mend that, then run again.",
  DELETE_KEPT: "The object is in use and was kept.",
  RESTORE_IMPOSSIBLE: "The old state cannot be restored; run `pulumi up` with a program that declares what should be.",
  INVARIANT_VIOLATED: "Put right what the message names before the Edge goes back into service, then run again.",
  FAILPOINT: "A test asked for this failure.",
  INTERNAL: "This is a defect; please report it.",
} as const;

/** A stable error code. */
export type ErrorCode = keyof typeof HINTS;

/** What may be added to an error. */
export interface ErrorExtras {
  /** Overrides the default hint of the code. */
  hint?: string;
  /** The whole of a long text that a host gave: it stands behind the hint. */
  more?: string;
  /** The server that the error is about. */
  host?: string;
  /** The same call may succeed later without any change. */
  retryable?: boolean;
  /** The outcome of a mutation is not known and must be read back. */
  unknown?: boolean;
  cause?: unknown;
  /** Machine-readable facts (never secrets). */
  details?: Record<string, unknown>;
}

/** The only error class that this package throws on purpose. `message` is `[CODE] sentence Hint: …`. */
export class ExchangeError extends Error {
  override readonly name = "ExchangeError";
  readonly code: ErrorCode;
  readonly sentence: string;
  readonly hint: string;
  readonly more?: string;
  readonly host?: string;
  readonly retryable: boolean;
  readonly unknown: boolean;
  readonly details: Record<string, unknown>;

  /** Pulumi's mark of a `RunError`: where a program lets it out, the message alone is printed, without a stack trace. */
  get __pulumiRunError(): true {
    return true;
  }

  constructor(code: ErrorCode, text: string, extras: ErrorExtras = {}) {
    const hint = extras.hint ?? HINTS[code];
    // whatever of it came from a host must not steer the terminal that it ends up on
    const sentence = withoutControls(text);
    const more = extras.more === undefined ? undefined : withoutControls(extras.more);
    super(
      `[${code}] ${sentence} Hint: ${hint}${more === undefined ? "" : ` In full: ${more}`}`,
      extras.cause === undefined ? undefined : { cause: extras.cause },
    );
    this.code = code;
    this.sentence = sentence;
    this.hint = hint;
    this.more = more;
    this.host = extras.host;
    this.retryable = extras.retryable ?? false;
    this.unknown = extras.unknown ?? false;
    this.details = extras.details ?? {};
  }
}

/** Whether `error` is an ExchangeError, optionally with one of `codes`. */
export function isExchangeError(error: unknown, ...codes: ErrorCode[]): error is ExchangeError {
  return error instanceof ExchangeError && (codes.length === 0 || codes.includes(error.code));
}

/** Any thrown value as an ExchangeError, so that whatever leaves the package has a code and a hint. */
export function asExchangeError(error: unknown): ExchangeError {
  if (error instanceof ExchangeError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new ExchangeError("INTERNAL", text, { cause: error });
}

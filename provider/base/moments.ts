/**
 * When a code that ends a run is known: the earliest moment at which it can be, and why not earlier. `docs/refusals.md` is printed from
 * this table; its type holds it to the list of codes. Inside the window stands only what cannot be known before.
 */
import type { ErrorCode } from "./errors";

/** From the earliest to the latest. */
export const MOMENTS = {
  preview: "in the preview",
  start: "before the first change of the run",
  edge: "before this Edge's window",
  window: "inside the window",
  never: "ends no run of its own",
} as const;
export type Moment = keyof typeof MOMENTS;

export interface Known {
  moment: Moment;
  /** Why not earlier; of a preview: what is looked at. */
  why: string;
  /** Where the same code can come later, and what it then means. */
  later?: string;
}
const preview = (why: string, later?: string): Known => ({ moment: "preview", why, ...(later ? { later } : {}) });
const start = (why: string, later?: string): Known => ({ moment: "start", why, ...(later ? { later } : {}) });
const edge = (why: string, later?: string): Known => ({ moment: "edge", why, ...(later ? { later } : {}) });
const window = (why: string): Known => ({ moment: "window", why });
const never = (why: string): Known => ({ moment: "never", why });

const ARGUMENTS = "The arguments alone say it.";
const BYTES = "The certificate's own bytes say it.";
const CONNECTION = "A preview contacts nobody; every server of a component is asked before the first change.";
const ANSWER = "Only the server can say it, and it may change from one call to the next.";
const BROKEN = "Connections break at any time; what was under way is read back.";

export const KNOWN: { readonly [code in ErrorCode]: Known } = {
  // input
  UNKNOWN_ARGUMENT: preview(ARGUMENTS),
  INVALID_ARGUMENT: preview(
    ARGUMENTS,
    "Before this Edge's window: an argument that only an Edge needs, since only the server tells its role.",
  ),
  NOT_SUPPORTED: preview(ARGUMENTS, "Before the change: a capability that the server's version lacks."),
  RUNTIME_MISSING: preview("The program says it when it constructs its first resource."),
  RUNTIME_DIFFERS: preview("As RUNTIME_MISSING."),
  SECRET_UNAVAILABLE: preview(
    "References are resolved by the provider's process.",
    "Before the first change: the secrets of a connection.",
  ),
  // certificates
  PFX_PASSWORD_WRONG: preview(BYTES),
  PFX_UNREADABLE: preview(BYTES),
  PFX_TOO_EXPENSIVE: preview(BYTES),
  PFX_WITHOUT_KEY: preview(BYTES, "Before this Edge's window: installed on the server without its key."),
  PEM_UNREADABLE: preview(BYTES),
  KEY_MISMATCH: preview(BYTES),
  CERTIFICATE_UNREADABLE: preview(BYTES),
  CERTIFICATE_EXPIRED: edge(
    "A preview warns only: what is deployed must not block the stack, and whether it is installed only the server knows.",
  ),
  CERTIFICATE_NOT_YET_VALID: edge("As CERTIFICATE_EXPIRED."),
  CERTIFICATE_KEY_UNSUPPORTED: preview(
    BYTES,
    "Before this Edge's window: of an exported certificate, whose bytes lie on a server; of an EC key, which version and setting of the server decide on.",
  ),
  CERTIFICATE_USAGE_UNSUITABLE: preview(BYTES, "Before this Edge's window: as CERTIFICATE_KEY_UNSUPPORTED."),
  CERTIFICATE_UNTRUSTED: edge(
    "The host's own stores decide, offline; asked of its agent before the drain.",
    "Inside the window: an agent that does not know the question, and a certificate that the server makes.",
  ),
  CERTIFICATE_REVOKED: edge("The host's revocation lists decide."),
  CERTIFICATE_IS_MAILBOX_DEFAULT: edge("The defaults of the Mailbox servers are asked for before the drain."),
  CERTIFICATE_NOT_FOUND: edge(
    "What is installed only the server knows.",
    "At the flip: Set-SendConnector refuses a name that no Mailbox server has, in words that differ by build.",
  ),
  CERTIFICATE_NOT_EXPORTABLE: edge("Whether a key can be exported only its server knows."),
  REQUEST_NOT_FOUND: edge("Pending requests lie on the server."),
  REQUEST_PENDING: edge(
    "The authority is asked for the number that is kept on the server before anything is submitted; a preview says it as the last run or refresh saw it.",
  ),
  REQUEST_DENIED: edge("As REQUEST_PENDING; a template or a policy that denies answers at once."),
  REQUEST_WITHDRAWN: edge("As REQUEST_PENDING."),
  REQUEST_NOT_ISSUED: edge("The authority answers when it is asked: before the drain, so that waiting costs no outage."),
  CERTIFICATE_NOT_MADE: edge(
    "Whether the host's agent knows how to make it is asked before the drain.",
    "Inside the window, where it is made: transport must not run with two certificates of one name. The Edge is put back.",
  ),
  CERTIFICATE_NOT_ADOPTABLE: edge("Whether it is installed as declared only the server knows."),
  NAME_TOO_LONG: preview(BYTES),
  NAME_DIFFERS: edge(
    "The host prints the name of what is installed.",
    "Inside the window: of a certificate that was just imported; the old one is put back.",
  ),
  SUBJECT_EMPTY: preview(BYTES),
  // hosts
  HOST_KEY_REQUIRED: preview(ARGUMENTS, "Before the first change: a known_hosts file that cannot be read."),
  HOST_KEY_CHANGED: start(CONNECTION),
  HOST_KEY_REVOKED: start(CONNECTION),
  HOST_UNREACHABLE: start(CONNECTION, "Inside the window: the server went away meanwhile."),
  REHEARSAL_HOST_UNKNOWN: start("Looked up when a connection is opened, in a rehearsal alone."),
  REHEARSAL_ELSEWHERE: preview("The environment says it; every call of the provider is refused."),
  REHEARSAL_UNANSWERED: never("`rehearse` says it after its preview: no run was started."),
  REHEARSAL_TOUCHES_OTHERS: never("`rehearse` says it after its preview: no run was started."),
  REHEARSAL_IMPOSSIBLE: never("`rehearse` says it: no run was started."),
  NOTICE_FAILED: never("`report` and `doctor` say it: the look itself has its own result."),
  MAIL_WAITS: never("A warning after the start: transport runs, and watchMail found mail that waits for a cause that doctor knows."),
  DIRECTORY_UNREADABLE: never("A refresh, report or doctor says it: what AD does not show is asked of Exchange's shell."),
  EDGE_IN_USE: never("`conformance --edge` says it, before it changes anything on that Edge."),
  HOST_IS_ANOTHER_SERVER: start(CONNECTION, "Of a resource: its connection leads to another server than the one deployed."),
  ORGANIZATION_IS_ANOTHER: start(
    "Which organisation a server belongs to only the server knows; asked before anything else of an organisation-wide object.",
  ),
  SSH_KEY_UNREADABLE: start("The key is read when the connection is opened."),
  LOGIN_FAILED: start(CONNECTION),
  SSH_ALGORITHMS: start(CONNECTION),
  FORWARDING_REFUSED: edge(
    "Every look that the rotation will need is tried before the drain.",
    "Inside the window: the SSH server was changed meanwhile; transport is not started blindly.",
  ),
  CONNECTION_LOST: window(BROKEN),
  CALL_TIMEOUT: window(ANSWER),
  AGENT_PROTOCOL: start(CONNECTION, "Inside the window: the process on the host died."),
  AGENT_REFUSED: window("The guards on the host judge what is there at that moment."),
  POWERSHELL_MISSING: start(CONNECTION),
  POWERSHELL_TOO_OLD: start(CONNECTION),
  POWERSHELL_CONSTRAINED: start(CONNECTION),
  POWERSHELL_32BIT: start(CONNECTION),
  EXECUTION_POLICY: start(CONNECTION),
  EXCHANGE_MISSING: start(CONNECTION),
  NOT_ELEVATED: start(CONNECTION),
  SHELL_CREDENTIAL: edge("Exchange's shell is opened with the first cmdlet, which is a look."),
  ROLE_MISMATCH: start("Only the server tells its role; looked at before the first change of any run that changes something."),
  // exchange
  CMDLET_FAILED: window("What Exchange refuses beyond the refusals of this table it says when it is asked."),
  OUTCOME_UNKNOWN: window(BROKEN),
  READ_BACK_DIFFERS: window("What became of a change can be read after it only."),
  SERVICE_FAILED: edge("A stopped service that the looks need is named.", "Inside the window: a service that does not stop or start."),
  CONNECTOR_NOT_FOUND: edge("The connectors are asked for before the drain, and before a copy is made."),
  SOURCE_WITHOUT_CERTIFICATE: start(
    "The sources of a connector stand in Exchange; those outside the program are known before the first window.",
    "At the flip: a source of the program that lost its certificate meanwhile.",
  ),
  CONNECTOR_WOULD_BE_LOST: edge("The Edge's own connectors are asked for."),
  SUBSCRIPTION_WOULD_BREAK: edge("Whether the Edge is subscribed the organisation knows."),
  SUBSCRIPTION_NOT_DEFAULT: edge("The Edge's default is asked for; where its certificate comes first, it is the default by then."),
  AFTER_START_REFUSED: preview(
    "The arguments and the names last deployed say it.",
    "Before the first change: an Edge that is not subscribed, or whose default has another name.",
  ),
  SUBSCRIPTION_MISSING: window("Only where the way back needs a site that neither journal nor organisation name."),
  SUBSCRIPTION_REFUSED: window("The file exists after the export only, and lives in this process's memory."),
  SUBSCRIPTION_FILE_DATES: window("The file's dates exist after the export only; the clocks were compared before the drain."),
  CLOCK_SKEW: edge("Both clocks are compared before the drain.", "Inside the window: a clock that was changed meanwhile."),
  SITE_UNKNOWN: preview(
    "Compared with the site last read.",
    "Before the first change: a site that does not exist, or that is not the one of the subscription.",
  ),
  LDAPS_WRONG_CERTIFICATE: window("What AD LDS presents is decided by its restart."),
  STARTTLS_NAME_MISSING: edge("The receive connectors are asked for."),
  STARTTLS_OTHER_PREFERRED: edge("What is installed beside it is asked for; only certainties refuse."),
  STARTTLS_WRONG_CERTIFICATE: window("What transport presents is decided by its start."),
  STARTTLS_NOT_OFFERED: window("Whether transport finds a certificate is decided by its start."),
  PROBE_FAILED: edge("A door that does not answer is no reason to subscribe again.", "Inside the window: a door that was shut meanwhile."),
  SYNC_TIMEOUT: window("EdgeSync is tried after the import; it may refuse for 5 minutes."),
  // safety
  LEASE_HELD: edge("Leases are taken when something is to be changed.", "Inside the window: on the organisation's host; waited for."),
  LEASE_LOST: window("Another run took the host over after its lease had expired."),
  FENCED: window("As LEASE_LOST, seen by the host."),
  HOST_BUSY: edge("The host says so when something is to be changed: another process there is inside a change."),
  FENCE_DAMAGED: edge("The fence lies on the host, and is read when something is to be changed."),
  EDGE_WINDOW_BUSY: edge("The site's window is recorded on the organisation's host."),
  OBJECT_CLAIMED: edge("Claims lie on the host."),
  ROTATION_OPEN: edge("The journal lies on the Edge. A rename meanwhile: in the preview."),
  JOURNAL_UNREADABLE: edge("The journal is read before anything is changed."),
  JOURNAL_UNWRITABLE: edge("Its first entry is written before the drain.", "Inside the window: the disk ran full meanwhile."),
  DELETE_KEPT: never("A warning: what is in use stays, and the delete succeeds."),
  RESTORE_IMPOSSIBLE: window("A way back that the journal does not know."),
  INVARIANT_VIOLATED: window("What must hold before the start is looked at right before it."),
  FAILPOINT: never("Tests only."),
  INTERNAL: window("A defect has no moment of its own."),
};

/** `docs/refusals.md`. */
export function refusalsPage(): string {
  const sections = (Object.keys(MOMENTS) as Moment[]).flatMap((moment) => [`## ${heading(MOMENTS[moment])}`, "", ...table(moment), ""]);
  return [...INTRODUCTION, "", ...sections].join("\n").trimEnd() + "\n";
}

const INTRODUCTION = [
  "# When a refusal is known",
  "",
  "Each code stands under the earliest moment at which it can be known. What can come later as well says so. An Edge is out of service inside",
  "its window only, so that what is known before costs no mail. This page is printed from `provider/base/moments.ts`.",
];

const heading = (text: string): string => text[0].toUpperCase() + text.slice(1);

function table(moment: Moment): string[] {
  const rows = Object.entries(KNOWN)
    .filter(([, known]) => known.moment === moment)
    .map(([code, { why, later }]) => `| \`${code}\` | ${why} | ${later ?? ""} |`);
  return [`| Code | ${moment === "preview" ? "What is looked at" : "Why not earlier"} | Later |`, "|---|---|---|", ...rows];
}

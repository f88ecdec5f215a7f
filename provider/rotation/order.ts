/**
 * The order of a rotation: the only place where it is written (why: exchange.md 15.6). The engine runs steps in this order whatever order
 * a caller gives them in, the preview numbers them, the tables of README and docs/rotation.md are printed from it.
 */

/** What a plan's words depend on: known offline, so that preview and engine speak of the same steps. */
export interface Aim {
  /** The server that is changed; in a window the Edge. */
  host: string;
  organization: string;
  /** `BBBBBBBB…`, or `the new certificate` while the server is yet to make it. */
  certificate: string;
  /** Made on the server itself: what becomes of it is known only then. */
  made: "selfSigned" | "adcs" | null;
  authority: string;
  drains: boolean;
  smtp: boolean;
  becomesDefault: boolean;
  otherServices: readonly string[];
  /** The subscription is removed before the import. */
  recreates: boolean;
  connector: string;
  /** What else goes with a connector's new settings; empty for nothing. */
  beside: string;
  /** The connector is not changed, its sources are looked at alone. */
  looksOnly: boolean;
  /** EdgeSync is waited for once the Edge serves again (`synchronise: "afterStart"`). */
  late: boolean;
}

/** The parts of a rotation, in order: which resource does it, on which servers, and why then. */
export const LEGS = [
  {
    id: "copies",
    by: "Certificate",
    on: "Mailbox servers",
    says: "the certificate and its chain go to the Mailbox servers that need a copy; nothing is interrupted",
    why: "Exchange looks for a connector's certificate there when the connector is set",
  },
  {
    id: "window",
    by: "Certificate, EdgeSubscription, ReceiveConnectorTls, TransportService",
    on: "Edge after Edge",
    says: "one Edge leaves service, gets its certificate, and comes back",
    why: "the others take the mail meanwhile; the next one leaves when this one is back and looked at",
  },
  {
    id: "connectors",
    by: "SendConnectorTls, HybridConfigurationTls",
    on: "the organisation, then its source servers",
    says: "names flip",
    why: "a name that one source cannot resolve stops its mail: it flips when all of them have both certificates",
  },
  {
    id: "removals",
    by: "deletes",
    on: "every server",
    says: "what was replaced goes",
    why: "until here a way back may need it",
  },
  {
    id: "auth",
    by: "AuthCertificate",
    on: "the organisation",
    says: "the certificate that signs OAuth tokens is renewed, over several runs",
    why: "every server has to have the next one before its date, and nobody may trust the previous one any more when it goes",
  },
] as const;
export type Leg = (typeof LEGS)[number]["id"];

export type Part = "certificate" | "subscription" | "receiveConnector" | "end" | "sendConnector" | "hybrid" | "removal" | "auth";
interface Row {
  id: string;
  leg: Leg;
  /** The resource that does it; `end`: whoever ends the window (TransportService, a Certificate with drain "auto", the way back). */
  by: Part;
  on: "host" | "organization";
  when?: (aim: Aim) => boolean;
  /** Lines of the plan; none for a look that a user need not know of. */
  says: readonly string[] | ((aim: Aim) => readonly string[]);
  /** What a step does that no plan announces. */
  silent?: string;
  /** Why here. */
  why?: string;
  /** Must not meet a running transport: inside a window it is stopped again first. */
  drained?: true;
  /** Where there is no way back. */
  noReturn?: string;
  /** On the way back alone: no plan announces it. */
  wayBack?: true;
  /** The argument without which nothing of it happens. */
  only?: string;
  /** Done by the refusals before the first change; the engine has no step for it. */
  isCheck?: true;
  /** What is so afterwards, for whoever asks how far a window is. */
  leaves?: string;
  /** What journals of earlier versions call it. */
  former?: readonly string[];
}
/** A rotation with all its steps, on no server in particular. */
export const ANY: Aim = {
  host: "the Edge",
  organization: "the organisation",
  certificate: "the certificate",
  made: null,
  authority: "the authority",
  drains: true,
  smtp: true,
  becomesDefault: true,
  otherServices: [],
  recreates: false,
  connector: "the connector",
  beside: "",
  looksOnly: false,
  late: false,
};
const LATE = 'synchronise "afterStart"';
const access = ({ smtp }: Aim): string => (smtp ? " and let NETWORK SERVICE read its key" : "");

export const ORDER = [
  {
    id: "request",
    leg: "window",
    by: "certificate",
    on: "host",
    when: ({ made }) => made === "adcs",
    says: ({ authority }) => [`make the key and a request, have ${authority} issue the certificate (nothing is interrupted)`],
    why: "an authority that denies, or lets one wait, costs no outage",
  },
  {
    id: "proof",
    leg: "window",
    by: "subscription",
    on: "organization",
    says: ["force EdgeSync; what follows is done only where it fails"],
  },
  {
    id: "drain",
    leg: "window",
    by: "certificate",
    on: "host",
    when: ({ drains }) => drains,
    says: ["suspend transport, let the queues empty, stop it (mail goes through the other Edges meanwhile)"],
    why: "from now on the other Edges take the mail; nothing is interrupted before something has to change",
    leaves: "transport was drained and stopped",
  },
  {
    id: "directory-services",
    leg: "window",
    by: "end",
    on: "host",
    says: [],
    silent: "start AD LDS and its dependants that a cut restart left stopped",
    why: "a restart of AD LDS that was cut short left its dependants stopped, and without them nothing can be asked of Exchange",
    former: ["services"],
  },
  {
    id: "make",
    leg: "window",
    by: "certificate",
    on: "host",
    drained: true,
    when: ({ made }) => made === "selfSigned",
    says: ["make the key and the certificate"],
    why: "transport must not meet two certificates of one name",
  },
  {
    id: "chain",
    leg: "window",
    by: "certificate",
    on: "host",
    drained: true,
    when: ({ made }) => made !== "selfSigned",
    says: ["install missing chain certificates"],
    why: "transport passes over a certificate whose chain it cannot build",
    leaves: "the chain certificates were installed",
  },
  {
    id: "import",
    leg: "window",
    by: "certificate",
    on: "host",
    drained: true,
    when: ({ made }) => made !== "selfSigned",
    says: (aim) => [`import ${aim.certificate}${access(aim)}`],
    why: "transport may pick it as soon as it is in the store; without its key TLS would fail",
    leaves: "the new certificate was installed",
  },
  {
    id: "key-access",
    leg: "window",
    by: "certificate",
    on: "host",
    drained: true,
    when: ({ made, smtp }) => made === "selfSigned" && smtp,
    says: ["let NETWORK SERVICE read its key"],
  },
  {
    id: "trust",
    leg: "window",
    by: "certificate",
    on: "host",
    drained: true,
    when: ({ drains }) => drains,
    says: [],
    silent: "see whether the issuer is trusted",
    why: "Exchange says so once it is installed, which is before the default changes: a failure here puts the Edge back",
  },
  {
    id: "restore-default",
    leg: "window",
    by: "end",
    on: "host",
    drained: true,
    wayBack: true,
    says: ["make the certificate of before the default again"],
    why: "AD LDS and the organisation follow the default, whichever way it goes",
    former: ["enable"],
  },
  {
    id: "enable",
    leg: "window",
    by: "certificate",
    on: "host",
    drained: true,
    when: ({ smtp, becomesDefault }) => smtp && becomesDefault,
    says: ["enable SMTP and make it the default"],
    noReturn: "point of no return without the old key: EdgeSync needs a new subscription from here",
    why: "EdgeSync trusts the Edge by this certificate, so the subscription has to follow at once",
    leaves: "the certificate was enabled for SMTP and made the default",
  },
  {
    id: "keep-default",
    leg: "window",
    by: "certificate",
    on: "host",
    drained: true,
    when: ({ smtp, becomesDefault }) => smtp && !becomesDefault,
    says: ["check that SMTP shows and the default stays"],
  },
  {
    id: "other-services",
    leg: "window",
    by: "certificate",
    on: "host",
    drained: true,
    when: ({ otherServices }) => otherServices.length > 0,
    says: ({ otherServices }) => [`enable ${otherServices.join(", ")}`],
    former: ["services"],
  },
  {
    id: "export",
    leg: "window",
    by: "subscription",
    on: "host",
    drained: true,
    says: [
      "export a subscription file (pins the default certificate in AD LDS; earlier files become useless)",
      "restart AD LDS with its dependants; transport stays stopped inside a window",
      "look at the certificate that LDAPS presents",
    ],
    why: "the export pins what AD LDS presents, but only after a restart; a restart before the export keeps the old certificate",
    leaves: "the subscription file was exported",
  },
  {
    id: "import-subscription",
    leg: "window",
    by: "subscription",
    on: "organization",
    says: ({ recreates }) => [
      recreates
        ? "remove the subscription and import the file (point of no return without the connector snapshot)"
        : "import the file over the existing subscription, connectors untouched",
    ],
    why: "connectors keep their source servers; none is lost",
    leaves: "the subscription file was imported",
  },
  {
    id: "mend",
    leg: "window",
    by: "subscription",
    on: "organization",
    says: ({ host }) => [`compare connectors with the snapshot and mend ${host}'s memberships`],
    why: "what the import took away comes back before EdgeSync carries its absence to the Edge",
    leaves: "the connectors were compared and mended",
  },
  {
    id: "sync",
    leg: "window",
    by: "subscription",
    on: "organization",
    when: ({ late }) => !late,
    says: ({ host }) => [`force EdgeSync, wait for Success (up to 5 minutes of refusal are normal), read back on ${host}`],
    why: "it may refuse for five minutes while its trust cache still has the old key: that is waited out, not taken for a failure",
    leaves: "EdgeSync has synchronised",
  },
  { id: "replica", leg: "window", by: "subscription", on: "host", says: [], silent: "read the connectors back on the Edge" },
  {
    id: "set-receive-connector",
    leg: "window",
    by: "receiveConnector",
    on: "host",
    says: ["set the receive connectors that follow the certificate"],
    why: "its name and FQDN decide what the start presents",
    former: ["set-receiveConnector"],
  },
  {
    id: "invariants",
    leg: "window",
    by: "end",
    on: "host",
    says: ["check connectors, subscription and the LDAPS certificate"],
    why: "an Edge that EdgeSync refuses, or that lost a connector, is not put into service",
  },
  { id: "take-out", leg: "window", by: "end", on: "host", drained: true, wayBack: true, says: ["take out what is given up"] },
  {
    id: "predecessor",
    leg: "window",
    by: "end",
    on: "host",
    drained: true,
    when: ({ smtp }) => smtp,
    says: ["remove a same-name predecessor"],
    noReturn: "no way back without its key from here",
    why: "two certificates with equal names would compete for the connector",
  },
  {
    id: "start",
    leg: "window",
    by: "end",
    on: "host",
    says: ["start transport and look at STARTTLS; a wrong certificate suspends it again"],
    why: "what is presented is what counts: a wrong certificate suspends it again, and the run says so",
    leaves: "transport was started",
  },
  {
    id: "late-sync",
    leg: "window",
    by: "end",
    on: "organization",
    only: LATE,
    when: ({ late }) => late,
    says: ({ host }) => [
      `once ${host} serves again: force EdgeSync, wait for Success (up to 5 minutes of refusal are normal), read back on ${host}; the next Edge waits for it`,
    ],
    why: "direct trust is taken to go by what the import wrote, so that mail flows while EdgeSync's trust cache still has the old key",
  },
  { id: "late-replica", leg: "window", by: "end", on: "host", only: LATE, says: [], silent: "read the connectors back on the Edge" },
  {
    id: "stand",
    leg: "window",
    by: "end",
    on: "host",
    says: ["start transport where it does not run, and look at STARTTLS"],
  },
  {
    id: "sources",
    leg: "connectors",
    by: "sendConnector",
    on: "organization",
    isCheck: true,
    says: ({ looksOnly }) => [`check that every source server has the certificate${looksOnly ? "; nothing is changed" : ""}`],
    why: "a source that cannot resolve the name would not send any more",
  },
  {
    id: "set-connector",
    leg: "connectors",
    by: "sendConnector",
    on: "organization",
    when: ({ looksOnly }) => !looksOnly,
    says: ({ connector, beside }) => [`set ${connector}${beside ? `; ${beside}` : ""}`],
    why: "last: two different names do not disturb each other, two equal ones do",
  },
  {
    id: "arrive",
    leg: "connectors",
    by: "sendConnector",
    on: "organization",
    when: ({ looksOnly }) => !looksOnly,
    says: ["force EdgeSync, read back on each source, restart transport source by source"],
    why: "an Edge sends by its replica",
    former: ["flip-arrived"],
  },
  {
    id: "restart",
    leg: "connectors",
    by: "sendConnector",
    on: "host",
    says: [],
    silent: "restart transport",
    why: "only where transport ran before the new value arrived: it reads a connector's certificate when it starts",
  },
  {
    id: "set-hybrid",
    leg: "connectors",
    by: "hybrid",
    on: "organization",
    says: ["set the hybrid configuration's certificate name"],
    why: "it repeats the connectors' name",
  },
  {
    id: "remove",
    leg: "removals",
    by: "removal",
    on: "host",
    says: ["remove the certificate that was replaced; what is a default, bound, presented or named stays, with a warning"],
    why: "a delete never takes away what is in use",
  },
  {
    id: "auth-copy",
    leg: "auth",
    by: "auth",
    on: "organization",
    says: [],
    silent: "copy the Auth certificate to the Mailbox servers that lack it",
    why: "a server without it can neither sign nor check",
  },
  {
    id: "auth-make",
    leg: "auth",
    by: "auth",
    on: "organization",
    says: ["make the next Auth certificate and import it; no default certificate changes"],
    why: "New-ExchangeCertificate would ask about the default SMTP certificate, an import does not",
  },
  {
    id: "auth-next",
    leg: "auth",
    by: "auth",
    on: "organization",
    says: ["set it as the next Auth certificate with its date; Exchange copies it to every server and publishes it then"],
    why: "tokens of the present one stay good until then",
  },
  {
    id: "auth-publish",
    leg: "auth",
    by: "auth",
    on: "organization",
    says: [],
    silent: "publish the next Auth certificate at once, because the present one is unusable",
    why: "nothing is signed until then",
  },
  {
    id: "auth-remove",
    leg: "auth",
    by: "auth",
    on: "organization",
    says: [],
    silent: "remove the previous Auth certificate from every Mailbox server",
    why: "before the configuration forgets it: a run that is cut finds what is left",
  },
  {
    id: "auth-clear",
    leg: "auth",
    by: "auth",
    on: "organization",
    says: [],
    silent: "clear the previous Auth certificate from the configuration",
    why: "last",
  },
] as const satisfies readonly Row[];

export type StepId = (typeof ORDER)[number]["id"];
const rows: readonly Row[] = ORDER;
const places = new Map(rows.map((row, index) => [row.id, index]));

/** The row of a step. */
export function rowOf(id: StepId): Row {
  return rows[places.get(id)!];
}

/** Anything that has a step's id, in the one order. @throws Error for an id that stands there twice */
export function inOrder<T extends { readonly id: StepId }>(steps: Iterable<T>): T[] {
  const sorted = [...steps].sort((a, b) => places.get(a.id)! - places.get(b.id)!);
  const double = sorted.find((step, index) => sorted[index + 1]?.id === step.id);
  if (double) throw new Error(`the step ${double.id} is given twice`);
  return sorted;
}

/** The steps of a part that a plan announces. */
export function stepsOf(...parts: readonly Part[]): StepId[] {
  return rows.filter((row) => parts.includes(row.by) && !row.wayBack).map(({ id }) => id as StepId);
}

/** A step's lines as a plan has them, without host and number. */
export function said(row: Pick<Row, "says" | "noReturn">, aim: Aim): string[] {
  const lines = typeof row.says === "function" ? row.says(aim) : row.says;
  return lines.map((line) => `${line}${row.noReturn ? ` (${row.noReturn})` : ""}`);
}

/** What a plan says of these steps under an aim; `last` are lines behind them. */
export function planLines(aim: Aim, ids: readonly StepId[], last: readonly string[] = []): string[] {
  const chosen = rows.filter((row) => ids.includes(row.id as StepId) && (row.when?.(aim) ?? true));
  const lines = chosen.flatMap((row) => said(row, aim).map((line) => `${aim[row.on]}: ${line}`));
  return [...lines, ...last.map((line) => `${aim.host}: ${line}`)].map((line, index) => `${index + 1}. ${line}`);
}

/** What an earlier version's journal means by a step's name; null for what no version had. */
export function stepNamed(name: string, journal: { isEdge: boolean; restores: boolean }): StepId | null {
  if (name === "services") return journal.isEdge ? "directory-services" : "other-services";
  if (name === "enable") return journal.restores ? "restore-default" : "enable";
  if (places.has(name)) return name as StepId;
  return (rows.find(({ former }) => former?.includes(name))?.id as StepId | undefined) ?? null;
}

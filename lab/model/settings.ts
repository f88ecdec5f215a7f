/** Toggles (open points of the reference) and latencies, each with its default and meaning; docs/lab.md prints both. */

export interface Setting<T> {
  readonly default: T;
  readonly values?: readonly T[];
  readonly meaning: string;
  /** Key into the reference. */
  readonly source: string;
}
const toggle = <T>(value: T, values: readonly T[], source: string, meaning: string): Setting<T> => ({
  default: value,
  values,
  source,
  meaning,
});
const flag = (value: boolean, source: string, meaning: string): Setting<boolean> => toggle(value, [true, false], source, meaning);

/** Every open point of the reference, and every place where two sources differ. */
export const TOGGLES = {
  agentOperations: toggle<string>(
    "all",
    ["all", "before"],
    "agent-protocol.md 7.12",
    "before: the agent on the hosts does not know chain.trust, certificate.removeReplaced, certificate.makeSelfSigned, certreq.retrieve, tracking.count and httpsys.bindings, and no where of invoke",
  ),
  setSendConnector: toggle<string>(
    "strict",
    ["strict", "lenient"],
    "[SEED2], [L15] 15.4",
    "strict: a name must be installed on at least one Mailbox server; lenient: only the first source server is asked, and only for a certificate without SMTP",
  ),
  tlsNameChoice: toggle<string>(
    "store",
    ["store", "latest"],
    "[L15] 15.3, [BLOG25]",
    "which of several certificates with the connector's name transport takes: first in the store's order, or latest NotAfter",
  ),
  duplicateNameBreaksTls: flag(
    false,
    "[SEED2]",
    "two certificates with the name of a connector make its TLS sessions fail with 451 4.4.395",
  ),
  enableConfirmFalse: toggle<string>(
    "asks",
    ["asks", "answersNo", "answersYes"],
    "[L15] 15.1",
    "Enable-ExchangeCertificate -Confirm:$false without -Force: still asks, or takes the answer",
  ),
  enableWithoutForce: toggle<string>(
    "refuses",
    ["refuses", "answersNo", "answersYes"],
    "[L15] 15.1",
    "the default question in a shell that cannot ask: an error with key access granted, or an answer",
  ),
  servicesNoneGrantsAccess: flag(
    true,
    "[L15] 15.2",
    "Enable-ExchangeCertificate -Services None -NetworkServiceAllowed grants key access (off: the build refuses it)",
  ),
  smtpEnableCopiesToAdLds: flag(false, "[L15] 15.1", "Enable on an Edge also puts the certificate into AD LDS's own store"),
  newCertificateReplacesDefault: flag(false, "[CSS], 2.4", "New-ExchangeCertificate with SMTP replaces the default even without -Force"),
  newDefaultServices: toggle<string>(
    "SMTP",
    ["SMTP", "IMAP, POP, SMTP"],
    "[L15] 15.1, [PS:New-ExchangeCertificate]",
    "services of New-ExchangeCertificate without -Services",
  ),
  fewerServicesUnbind: flag(
    false,
    "2.5, [SUP:mail-flow-stops-event-2004]",
    "Enable-ExchangeCertificate without SMTP among its services takes SMTP away",
  ),
  mailboxDefaultReencrypts: flag(
    true,
    "[L15] 15.1",
    "replacing a Mailbox default re-encrypts its EdgeSync credentials (off: EdgeSync breaks, as certify#270 reports)",
  ),
  overwriteKeepsSources: flag(true, "[L15] 15.6", "importing over an existing subscription keeps the source servers of connectors"),
  refusal2OnEdge: flag(true, "[L15] 15.1", "Remove-ExchangeCertificate on an Edge looks at the replicated send connectors"),
  adLdsChoice: toggle<string>(
    "serviceStore",
    ["serviceStore", "newest"],
    "[L15] 15.6, [LDS]",
    "what AD LDS presents after a restart: its service store, or the newest usable certificate of the computer",
  ),
  adLdsBeforeExport: toggle<string>(
    "newest",
    ["newest", "none"],
    "[L15] 15.10",
    "what AD LDS presents before the first export: newest NotBefore in the computer's store, or nothing",
  ),
  getWrongIdentity: toggle<string>(
    "all",
    ["all", "error"],
    "[PS:Get-SendConnector]",
    "Get-* with an unknown identity: returns all objects, or ManagementObjectNotFoundException",
  ),
  certificateObjects: toggle<string>(
    "shell",
    ["shell", "full", "rawData"],
    "[CSS:GetExchangeCertificate], 1.3",
    "certificates that arrive from a Mailbox server: rehydrated in Exchange's own shell and RawData alone elsewhere, always whole, or always RawData alone",
  ),
  elevated: flag(true, "[L15] 15.1, 1.3", "the shell is elevated"),
  notElevated: toggle<string>(
    "error",
    ["error", "empty"],
    "[L15] 15.1, 1.3",
    "Get-ExchangeCertificate in a shell that is not elevated: an access error, or an empty list",
  ),
  directTrust: toggle<string>("certificate", ["certificate", "publicKey"], "rule 10, [L15] 15.8", "what direct trust over SMTP compares"),
  directTrustLearns: toggle<string>(
    "import",
    ["import", "edgeSync"],
    "rule 10, [EVT:2018], [L15] 15.6 (open)",
    "from when on Mailbox servers know a re-subscribed Edge's certificate over SMTP: the import of its file, or EdgeSync's next success",
  ),
  edgeSyncCompares: toggle<string>(
    "publicKey",
    ["publicKey", "certificate"],
    "[L15] 15.8, 5.3",
    "what EdgeSync compares with the certificate presented on LDAPS",
  ),
  expiredLdapsRefused: flag(false, "[SEED2], [L15] 15.8", "an expired certificate on LDAPS stops EdgeSync"),
  edgeSyncLease: toggle<string>(
    "cmdlet",
    ["cmdlet", "concept"],
    "[L15] 15.8, [PS:Set-EdgeSyncServiceConfig], [DOC:edge-subscriptions]",
    "lock, renewal and option of EdgeSync's lease: 6, 4 and 30 minutes (cmdlet's page and build), or 5, 1 and 60 (concept page)",
  ),
  perTypeStates: toggle<string>(
    "fullCompare",
    ["fullCompare", "always"],
    "[L15] 15.8, [SEED1]",
    "Test-EdgeSynchronization compares the types with -FullCompareMode only, or always",
  ),
  edgeSyncLevels: toggle<string>(
    "build",
    ["build", "articles"],
    "[L15] 15.8, [EVT:10104], [SEED1]",
    "levels of 10104 and 1032: Error and Warning, or the other way round as the articles print them",
  ),
  restartNeededForConnectors: flag(false, "[SEED2], rule 11", "transport takes a changed connector at a restart only"),
  restartNeededForCertificates: flag(false, "[SEED2], 5.2", "transport notices a new certificate at a restart only"),
  adLdsBind: toggle<string>(
    "works",
    ["works", "fails", "failsWithKey"],
    "[JP-Smart], 15.11",
    "the bind of New-EdgeSubscription on an Edge: works, fails, or fails where the session's logon was by key",
  ),
  edgeCmdletsNeedAdLds: flag(false, "5.1, 15.11", "cmdlets that read an Edge's configuration fail while its AD LDS is stopped"),
  edgesMayShareKey: flag(true, "[L15] 15.6, 12", "an Edge may be subscribed with the direct-trust key of another Edge"),
  subscriptionVersion: toggle<string>(
    "major",
    ["major", "minor", "build"],
    "[L15] 15.6, 15.11",
    "up to which part the version of an Edge must equal that of a Mailbox server of the site when it is subscribed",
  ),
  dependantsNeedForce: flag(
    false,
    "5.1, Windows PowerShell",
    "an operator's Stop-Service or Restart-Service without -Force is refused while dependants run",
  ),
  pauseSurvivesReboot: flag(false, "15.11", "a paused service is paused again after a restart of the machine"),
  edgeComponentState: toggle<string>(
    "recorded",
    ["recorded", "closesDoor"],
    "4.6, [PS:Set-ServerComponentState]",
    "EdgeTransport Inactive or Draining on an Edge is only remembered, or refuses new connections like a pause",
  ),
  inboundConnectorCost: toggle<string>(
    "100",
    ["100", "1"],
    "[L15] 15.6, [DOC:edge-subscriptions]",
    "cost of the address space of `EdgeSync - Inbound to <Site>`",
  ),
  nameNeedsRequireTls: flag(
    false,
    "3.2, [SUP:requiredtls-flag], [L15] 15.4",
    "Set- and New-SendConnector refuse a TlsCertificateName without RequireTLS",
  ),
  ecdsaCertificates: toggle<string>(
    "refused",
    ["refused", "accepted"],
    "[L15] 15.1, 12, 15.11",
    "certificates with ECDSA keys: unsuitable unless version and setting turn them on, or as good as RSA ones whatever those say",
  ),
  eccRegistryValue: toggle<string>(
    "absent",
    ["absent", "0", "1"],
    "17, [ECC24]",
    "registry value EnableEccCertificateSupport of every server; it counts from the November 2024 security update on",
  ),
  eccOverride: toggle<string>(
    "absent",
    ["absent", "disabled", "enabled"],
    "17, [ECC24]",
    "setting override Global/ECCCertificateSupport; it counts on Mailbox servers from the April 2024 hotfix update to the November 2024 security update",
  ),
  adfsClaims: flag(false, "17, [ECC24]", "the organisation logs on with AD FS claims (Get-OrganizationConfig shows an AdfsIssuer)"),
  expiresSoonText: toggle<string>(
    "date",
    ["date", "hours"],
    "9, [SEED2], [EVT:12018]",
    "12018 prints the date of expiry, or the hours that remain",
  ),
  openTexts: toggle<string>(
    "lab",
    ["lab", "localised"],
    "15.11, 12",
    "texts of refusals, questions and warnings: those of this page, or others, as a localised Exchange would print them",
  ),
  exportedChain: toggle<string>(
    "root",
    ["root", "issuers", "none"],
    "[PS:Export-ExchangeCertificate]",
    "what a PFX of Export-ExchangeCertificate holds beside the certificate: its chain of trust up to the root, the issuers without the root, or nothing",
  ),
  shadowQueues: flag(true, "[PS:Get-Queue]", "shadow queues show messages handed on a short while ago"),
  expiredIssuer: toggle<string>(
    "DateInvalid",
    ["DateInvalid", "Untrusted"],
    "[PS:Get-ExchangeCertificate], NotTimeValid of the chain",
    "status of a valid certificate whose only paths to a trusted root lead through an expired issuer",
  ),
  revocationCheck: toggle<string>("works", ["works", "fails"], "[SUP], 2.2", "whether CRLs can be reached from the servers"),
} satisfies Record<string, Setting<string> | Setting<boolean>>;

type Widened<T> = T extends boolean ? boolean : string;
export type ToggleName = keyof typeof TOGGLES;
export type Toggles = { -readonly [name in ToggleName]: Widened<(typeof TOGGLES)[name]["default"]> };

const seconds = (value: number, source: string, meaning: string): Setting<number> => ({ default: value, source, meaning });

/** Seconds at speed 1; divided by `speed`. */
export const LATENCIES = {
  cmdlet: seconds(0, "-", "every cmdlet"),
  edgeSyncConfiguration: seconds(180, "[DOC:edge-subscriptions]", "interval of configuration synchronisation, from the end of a run"),
  edgeSyncRecipients: seconds(300, "[DOC:edge-subscriptions]", "interval of recipient synchronisation, from the end of a run"),
  edgeSyncRun: seconds(10, "rule 12", "one run of EdgeSync for one Edge"),
  edgeSyncTrustCache: seconds(300, "[L15] 15.8", "EdgeSync learns of a changed server object"),
  edgeSyncTrustReload: seconds(3600, "[L15] 15.8", "EdgeSync reloads its trust cache anyway"),
  connectorNotice: seconds(5, "[L15] 15.3", "transport takes a changed connector after the notification"),
  connectorNoticeGap: seconds(300, "[L15] 15.3", "least time between two such takings"),
  connectorBackstop: seconds(43200, "[L15] 15.3", "transport takes connectors anyway"),
  authServicelet: seconds(
    43200,
    "[CSS:MonitorExchangeAuthCertificate] (I)",
    "the service host publishes an Auth certificate whose date has come",
  ),
  authDistribution: seconds(60, "[DOC:maintain-oauth-certificate] (I)", "the service host copies an Auth certificate to the other servers"),
  serviceStop: seconds(5, "-", "a service stops"),
  serviceStart: seconds(10, "-", "a service starts"),
  adLdsStart: seconds(8, "-", "AD LDS starts"),
  export: seconds(3, "-", "New-EdgeSubscription on an Edge"),
  delivery: seconds(2, "-", "a queue hands on what it holds"),
  queueRetry: seconds(60, "[DOC:queues]", "a queue in Retry tries again"),
  shadow: seconds(120, "[DOC:queues]", "a shadow copy is kept"),
} satisfies Record<string, Setting<number>>;
export type LatencyName = keyof typeof LATENCIES;
export type Latencies = { [name in LatencyName]: number };

export function defaultToggles(): Toggles {
  return Object.fromEntries(Object.entries(TOGGLES).map(([name, setting]) => [name, setting.default])) as Toggles;
}

export function defaultLatencies(): Latencies {
  return Object.fromEntries(Object.entries(LATENCIES).map(([name, setting]) => [name, setting.default])) as Latencies;
}

/** Refuses unknown names and values that a toggle does not have. */
export function checkToggles(values: { [name: string]: unknown }): Partial<Toggles> {
  for (const [name, value] of Object.entries(values)) {
    const setting: Setting<unknown> | undefined = (TOGGLES as Record<string, Setting<unknown>>)[name];
    if (!setting) throw new Error(`Unknown toggle '${name}'. Known: ${Object.keys(TOGGLES).join(", ")}.`);
    if (!setting.values?.includes(value))
      throw new Error(`Toggle '${name}' cannot be ${JSON.stringify(value)}. Values: ${setting.values?.join(", ")}.`);
  }
  return values;
}

/**
 * The open points of docs/lab.md as questions to a real organisation: what each one's answer may be, what the lab assumes, and what may be
 * asked where. The lab has the same points as toggles; a test holds both tables equal, because neither house imports the other.
 */

/**
 * Where a point can be asked: by reading alone; on one Edge that may be changed; in the organisation, whose name has to be typed out; or
 * nowhere, with the reason.
 */
export type PointClass = "read-only" | "this Edge" | "the organisation" | "not askable";

export type PointValue = string | boolean;

export interface Point {
  class: PointClass;
  /** What the lab assumes as long as nobody has seen it. */
  assumed: PointValue;
  values: readonly PointValue[];
  /** What is done to find out; for a point that is not askable: why. */
  how: string;
}

const point = (where: PointClass, assumed: PointValue, values: readonly PointValue[], how: string): Point => ({
  class: where,
  assumed,
  values,
  how,
});
const yesOrNo = (where: PointClass, assumed: boolean, how: string): Point => point(where, assumed, [true, false], how);

/** Every toggle of the lab, by its name. */
export const POINTS = {
  agentOperations: point("read-only", "all", ["all", "before"], "chain.trust, tracking.count and httpsys.bindings are asked of the agent"),
  setSendConnector: point(
    "the organisation",
    "strict",
    ["strict", "lenient"],
    "a connector of the kit's own, disabled, is given the name of a certificate that no server has",
  ),
  tlsNameChoice: point(
    "this Edge",
    "store",
    ["store", "latest"],
    "the receive connector names a certificate that lies in the store several times, with different ends; STARTTLS shows which one is taken",
  ),
  duplicateNameBreaksTls: yesOrNo(
    "not askable",
    false,
    "only a session that sends to a foreign host over TLS shows it, and no mail of the kit leaves the organisation",
  ),
  enableConfirmFalse: point(
    "this Edge",
    "asks",
    ["asks", "answersNo", "answersYes"],
    "Enable-ExchangeCertificate -Services SMTP -Confirm:$false for a certificate of the kit's own; then the default is looked at",
  ),
  enableWithoutForce: point(
    "this Edge",
    "refuses",
    ["refuses", "answersNo", "answersYes"],
    "Enable-ExchangeCertificate -Services SMTP for a certificate of the kit's own; then the default is looked at",
  ),
  servicesNoneGrantsAccess: yesOrNo(
    "this Edge",
    true,
    "Enable-ExchangeCertificate -Services None -NetworkServiceAllowed for a certificate of the kit's own; then its key's access list is read",
  ),
  smtpEnableCopiesToAdLds: yesOrNo(
    "this Edge",
    false,
    "a certificate of the kit's own becomes the default, AD LDS is restarted, and LDAPS shows whether it presents that one",
  ),
  newCertificateReplacesDefault: yesOrNo(
    "this Edge",
    false,
    "New-ExchangeCertificate -Services SMTP without -Force; then the default is looked at",
  ),
  newDefaultServices: point(
    "the organisation",
    "SMTP",
    ["SMTP", "IMAP, POP, SMTP"],
    "New-ExchangeCertificate without -Services on a Mailbox server (an Edge has no POP and IMAP); then its services are read",
  ),
  fewerServicesUnbind: yesOrNo(
    "this Edge",
    false,
    "a certificate of the kit's own gets SMTP, then Enable-ExchangeCertificate -Services None; then its key's access list is read",
  ),
  mailboxDefaultReencrypts: yesOrNo(
    "the organisation",
    true,
    "a certificate of the kit's own becomes the default of a Mailbox server, EdgeSync is started, and the old default comes back",
  ),
  overwriteKeepsSources: yesOrNo(
    "the organisation",
    true,
    "the Edge is subscribed once more over its subscription; then the source servers of its connectors are compared",
  ),
  refusal2OnEdge: yesOrNo(
    "the organisation",
    true,
    "a connector of the kit's own names a certificate of the kit's own and is synchronised; the Edge is told to remove that certificate",
  ),
  adLdsChoice: point(
    "this Edge",
    "serviceStore",
    ["serviceStore", "newest"],
    "AD LDS is restarted while a newer certificate of the kit's own lies in the store, and LDAPS shows which one it presents",
  ),
  adLdsBeforeExport: point(
    "read-only",
    "newest",
    ["newest", "none"],
    "the LDAPS door of an Edge that is not subscribed is looked at from the Edge itself",
  ),
  getWrongIdentity: point("read-only", "all", ["all", "error"], "Get-SendConnector and Get-ReceiveConnector with a name that nothing has"),
  certificateObjects: point(
    "read-only",
    "shell",
    ["shell", "full", "rawData"],
    "Get-ExchangeCertificate on a Mailbox server, in Exchange's own shell and in a bare session",
  ),
  elevated: yesOrNo("read-only", true, "the agent of each host says whether its session is elevated"),
  notElevated: point(
    "not askable",
    "error",
    ["error", "empty"],
    "the package ends a session that is not elevated before it asks anything, and makes none on purpose",
  ),
  directTrust: point(
    "the organisation",
    "certificate",
    ["certificate", "publicKey"],
    "the Edge is subscribed with a certificate of the kit's own, then gets another one with the same key as its default, and mail shows whether it is trusted",
  ),
  directTrustLearns: point(
    "the organisation",
    "import",
    ["import", "edgeSync"],
    "AD LDS presents a third certificate, so that EdgeSync cannot succeed; the Edge gets another default and is imported with it, and mail shows whether that one is trusted already",
  ),
  edgeSyncCompares: point(
    "the organisation",
    "publicKey",
    ["publicKey", "certificate"],
    "AD LDS presents another certificate with the key of the subscribed one, and EdgeSync is started",
  ),
  expiredLdapsRefused: yesOrNo(
    "the organisation",
    false,
    "the Edge is subscribed with a certificate of the kit's own that ends minutes later, and EdgeSync is started after its end",
  ),
  edgeSyncLease: point("read-only", "cmdlet", ["cmdlet", "concept"], "Get-EdgeSyncServiceConfig prints the durations of the lease"),
  perTypeStates: point(
    "read-only",
    "fullCompare",
    ["fullCompare", "always"],
    "Test-EdgeSynchronization without -FullCompareMode, while the synchronisation is Normal",
  ),
  edgeSyncLevels: point("read-only", "build", ["build", "articles"], "events 10104 and 1032 of EdgeSync in the log"),
  restartNeededForConnectors: yesOrNo(
    "the organisation",
    false,
    "the Edge gets a connector of the kit's own for accepted domains, and a message shows whether it goes over it without a restart",
  ),
  restartNeededForCertificates: yesOrNo(
    "this Edge",
    false,
    "the receive connector names a certificate that is installed afterwards; STARTTLS shows whether that one is presented without a restart",
  ),
  adLdsBind: point(
    "this Edge",
    "works",
    ["works", "fails", "failsWithKey"],
    "New-EdgeSubscription on the Edge: it pins the default certificate once more, and its file is removed",
  ),
  edgeCmdletsNeedAdLds: yesOrNo("this Edge", false, "Get-ReceiveConnector on the Edge while AD LDS is stopped"),
  edgesMayShareKey: yesOrNo(
    "the organisation",
    true,
    "the file of a made-up Edge with the key of the throw-away Edge is imported, and what was taken is removed",
  ),
  subscriptionVersion: point(
    "the organisation",
    "major",
    ["major", "minor", "build"],
    "files of a made-up Edge of another build, then of another minor version are imported, and what was taken is removed",
  ),
  dependantsNeedForce: yesOrNo(
    "not askable",
    false,
    "it is about a person's Stop-Service; the agent stops services with their dependants always",
  ),
  pauseSurvivesReboot: yesOrNo("not askable", false, "it takes a restart of the machine, which the agent does not offer"),
  edgeComponentState: point(
    "this Edge",
    "recorded",
    ["recorded", "closesDoor"],
    "Set-ServerComponentState EdgeTransport Inactive, a look at port 25, then Active",
  ),
  inboundConnectorCost: point("read-only", "100", ["100", "1"], "the address space of `EdgeSync - Inbound to <Site>`"),
  nameNeedsRequireTls: yesOrNo(
    "the organisation",
    false,
    "a connector of the kit's own, disabled, is given the name of a Mailbox server's default certificate without RequireTLS",
  ),
  ecdsaCertificates: point(
    "this Edge",
    "refused",
    ["refused", "accepted"],
    "a certificate of the kit's own with an EC key is imported and enabled, where version and setting do not turn such keys on",
  ),
  eccRegistryValue: point("read-only", "absent", ["absent", "0", "1"], "the agent reads the registry value EnableEccCertificateSupport"),
  eccOverride: point("read-only", "absent", ["absent", "disabled", "enabled"], "Get-SettingOverride Global/ECCCertificateSupport"),
  adfsClaims: yesOrNo("read-only", false, "Get-OrganizationConfig shows an AdfsIssuer"),
  expiresSoonText: point("read-only", "date", ["date", "hours"], "what stands behind the thumbprint in event 12018"),
  openTexts: point("read-only", "lab", ["lab", "localised"], "the text of a refusal of parameters that exclude each other"),
  exportedChain: point(
    "this Edge",
    "root",
    ["root", "issuers", "none"],
    "an exportable certificate of an authority is exported under a random password and forgotten; its issuers in the file are counted",
  ),
  shadowQueues: yesOrNo("read-only", true, "Get-Queue shows a shadow queue, or none right after mail was handed on"),
  expiredIssuer: point(
    "read-only",
    "DateInvalid",
    ["DateInvalid", "Untrusted"],
    "the status of a certificate that a door presents with an issuer that has expired",
  ),
  revocationCheck: point("read-only", "works", ["works", "fails"], "the status of the certificates that an authority issued"),
} satisfies { [toggle: string]: Point };

export type PointName = keyof typeof POINTS;

export const POINT_NAMES = Object.keys(POINTS) as PointName[];

export const pointsOf = (where: PointClass): PointName[] => POINT_NAMES.filter((name) => POINTS[name].class === where);

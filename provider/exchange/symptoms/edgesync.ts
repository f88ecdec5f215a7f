/** EdgeSync: credentials, keys, the certificate on LDAPS, refused objects (exchange.md 9, 15.6, 15.8). */
import {
  accountRefused,
  byEvent,
  cngDefault,
  expired,
  failing,
  oldCache,
  refusedObject,
  renewal,
  unreachable,
  wrongLeaf,
} from "./edgesyncLooks";
import { EDGESYNC_SOURCE, MESSAGE_SECURITY_SOURCE, type Symptom } from "./types";

const event = (source: string, ...ids: number[]): Symptom["signs"][number] => ({ event: { source, ids } });
const RESUBSCRIBE =
  'Subscribe {object} again: New-EdgeSubscription -FileName on the Edge, Restart-Service ADAM_MSExchange -Force with its dependants started again, New-EdgeSubscription -FileData -Site "{site}" in the organisation (EdgeSubscription does all of it, and puts connectors back as they were).';

export const EDGESYNC_SYMPTOMS: Symptom[] = [
  {
    id: "1035",
    signs: [event(EDGESYNC_SOURCE, 1035)],
    severity: "error",
    cause:
      "EdgeSync supports CAPI keys only, and the key of the default certificate {default} of {host} is a CNG key, as certificate templates with custom key settings make them.",
    remedy: [
      'Make a certificate with a CAPI key the default of {host} (key provider "Microsoft RSA SChannel Cryptographic Provider").',
      RESUBSCRIBE,
    ],
    look: cngDefault,
  },
  {
    id: "1032",
    signs: [event(EDGESYNC_SOURCE, 1032)],
    severity: "error",
    cause:
      "{host} has no credential for {object}: it was added to the site after the subscription, the subscription is half done, or its default certificate is missing.",
    remedy: ["If the default certificate of {host} cannot be loaded, mend that first (12013).", RESUBSCRIBE],
    look: byEvent([1032]),
  },
  {
    id: "1033",
    signs: [{ ...event(EDGESYNC_SOURCE, 1033), text: "Bad Data" }],
    severity: "error",
    cause:
      "{host} cannot decrypt its credentials for {object}: its default certificate was replaced (now {default}) and they are still encrypted for the previous key, which was gone, unreadable or of another kind when the default changed.",
    remedy: [
      "If the previous certificate is still there with its key: make it the default again (Enable-ExchangeCertificate <old thumbprint> -Services SMTP -Force on {host}).",
      `Else: ${RESUBSCRIBE}`,
    ],
    look: byEvent([1033]),
  },
  {
    id: "10104",
    signs: [{ ...event(EDGESYNC_SOURCE, 10104, 1024), text: "LDAP server unavailable although LDAPS answers" }],
    severity: "error",
    cause:
      "AD LDS of {object} presents {presented}, and its key is not that of the certificate on the Edge's object in AD ({known}). What LDAPS presents is fixed by the last export and a restart of AD LDS after it: a restart before the export keeps the old certificate, and Enable-ExchangeCertificate never changes it. EdgeSync then calls the LDAP server unavailable although it answers.",
    remedy: [
      "1. On {object}: New-EdgeSubscription -FileName C:\\edge.xml -Force (the export puts the default certificate into AD LDS's own store).",
      "2. On {object}: Restart-Service ADAM_MSExchange -Force, then start MSExchangeEdgeCredential, MSExchangeServiceHost and MSExchangeTransport, which it stopped.",
      '3. On {host}: New-EdgeSubscription -FileData ([IO.File]::ReadAllBytes("C:\\edge.xml")) -Site "{site}" -CreateInternetSendConnector $false -CreateInboundSendConnector $false.',
      "4. Start-EdgeSynchronization -TargetServer {object} -ForceFullSync; EdgeSync may refuse for up to 5 minutes. Delete the file everywhere.",
      "EdgeSubscription does all of it: `pulumi up`.",
      "Where AD LDS presents {presented} again after that, it lies among the computer's certificates of {object} and wins there: remove it where nothing needs it (Remove-ExchangeCertificate), then restart AD LDS as in 2.",
    ],
    look: wrongLeaf,
  },
  {
    id: "10104-cache",
    signs: [event(EDGESYNC_SOURCE, 10104)],
    severity: "notice",
    cause:
      "AD LDS of {object} presents the right certificate and EdgeSync of {host} still refuses it: it learns of a new subscription within 5 minutes.",
    remedy: ["Wait 5 minutes and look again. If it stays: Restart-Service MSExchangeEdgeSync on {host}."],
    unless: ["10104"],
    look: oldCache,
  },
  {
    id: "ldaps-closed",
    signs: [{ ...event(EDGESYNC_SOURCE, 1024), text: "LDAPS does not answer" }],
    severity: "error",
    cause: "AD LDS of {object} runs, but port 50636 cannot be reached from the organisation, or its TLS handshake fails.",
    remedy: [
      "Open 50636/TCP from every Mailbox server of the site to {object}, and see that its name resolves there.",
      "If AD LDS has no certificate with a key: export on {object}, then Restart-Service ADAM_MSExchange -Force with its dependants.",
    ],
    look: unreachable,
  },
  {
    id: "1024",
    signs: [event(EDGESYNC_SOURCE, 1024)],
    severity: "error",
    cause:
      "EdgeSync of {host} reaches {object} and cannot log on or take the lease: every export makes earlier files useless, so a file that was not the last one leads here.",
    remedy: [RESUBSCRIBE],
    unless: ["10104", "ldaps-closed"],
    look: accountRefused,
  },
  {
    id: "1025",
    signs: [{ ...event(EDGESYNC_SOURCE, 1025), text: "Start-EdgeSynchronization: Incomplete" }],
    severity: "error",
    cause:
      "AD LDS of {object} refuses a connector whose TlsCertificateName is longer than 256 characters: the whole change of {connector} stays out, the run ends Incomplete, and after 40 minutes the test says Failed.",
    remedy: [
      "Use a certificate with shorter issuer and subject names; or clear the name of {connector} and set its Fqdn instead.",
      "Or raise rangeUpper of ms-Exch-Smtp-TLS-Certificate in the schema of every Edge's AD LDS.",
    ],
    look: refusedObject,
  },
  {
    id: "1004",
    signs: [event(EDGESYNC_SOURCE, 1004), event(MESSAGE_SECURITY_SOURCE, 1003, 1004, 1005, 1006)],
    endedBy: { source: MESSAGE_SECURITY_SOURCE, ids: [1008] },
    severity: "warning",
    cause: "The next EdgeSync account (ESRA) is not valid yet or could not be renewed on {host}; accounts last 15 days.",
    remedy: [
      "Usually transient: look again after the next synchronisation, and within 15 days.",
      "If it stays: export on the Edge, restart of AD LDS, import in the organisation (a new subscription makes new accounts).",
    ],
    look: renewal,
  },
  {
    id: "1009",
    signs: [event(MESSAGE_SECURITY_SOURCE, 1009)],
    severity: "error",
    cause: "The subscription file of {object} ran out before the first synchronisation (24 hours by default).",
    remedy: ["Export a new file on {object}, restart AD LDS with its dependants, and import it within its time (EdgeSubscription)."],
    look: expired,
  },
  {
    id: "sync-failed",
    signs: [{ text: "Test-EdgeSynchronization: Failed" }],
    severity: "error",
    cause: "The last synchronisation of {object} by {host} failed or is more than 40 minutes old.",
    remedy: [
      "Start-EdgeSynchronization -TargetServer {object} and read Result and FailureDetails.",
      "Set-EdgeSyncServiceConfig -LogLevel High -LogEnabled $true, and read TransportRoles\\Logs\\EdgeSync.",
    ],
    unless: ["1032", "1033", "1035", "10104", "10104-cache", "ldaps-closed", "1024", "1025", "1009"],
    look: failing,
  },
];

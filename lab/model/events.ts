/** Event texts of section 9, with the levels of 15.3 and 15.8. */
import type { EventRecord } from "../../provider/remote/protocol";

type Level = EventRecord["level"];
export interface EventText {
  source: string;
  id: number;
  level: Level;
  text: string;
}
const make = (source: string, id: number, level: Level, text: string): EventText => ({ source, id, level, text });
const TRANSPORT = "MSExchangeTransport";
const EDGESYNC = "MSExchange EdgeSync";
const renew = "Run the New-ExchangeCertificate cmdlet to create a new certificate.";

export const transportEvents = {
  // [L15] 15.3, [SEED1]
  noInternalCertificate: (thumbprint: string) =>
    make(
      TRANSPORT,
      12023,
      "Warning",
      `Microsoft Exchange could not load the certificate with thumbprint of ${thumbprint} from the personal store on the local computer. This certificate was configured for authentication with other Exchange servers. Mail flow to other Exchange servers could be affected by this error.`,
    ),
  // [EVT:12024], [L15] 15.3
  ephemeral: (thumbprint: string) =>
    make(
      TRANSPORT,
      12024,
      "Information",
      `Microsoft Exchange could not load the certificate with thumbprint of ${thumbprint} from the personal store on the local computer. An ephemeral, self-signed certificate is used meanwhile.`,
    ),
  // [EVT:12013], [L15] 15.3
  cannotLoad: (thumbprint: string) =>
    make(
      TRANSPORT,
      12013,
      "Error",
      `Microsoft Exchange could not load the certificate with thumbprint of ${thumbprint} from the personal store on the local computer. This certificate was configured for authentication with other Exchange servers. If the certificate with this thumbprint still exists in the personal store, run Enable-ExchangeCertificate ${thumbprint} -Services SMTP to resolve the issue.`,
    ),
  // [SEED1]
  noCertificate: (name: string, connector: string, fqdn: string) =>
    make(
      TRANSPORT,
      12014,
      "Error",
      `Microsoft Exchange couldn't find a certificate that contains the domain name ${name} in the personal store on the local computer. Therefore, it is unable to support the STARTTLS SMTP verb for the connector ${connector} with a FQDN parameter of ${fqdn}. If the connector's FQDN is not specified, the computer's FQDN is used. Verify the connector configuration and the installed certificates to make sure that there is a certificate with a domain name for that FQDN. If this certificate exists, run Enable-ExchangeCertificate -Services SMTP to make sure that the Microsoft Exchange Transport service has access to the certificate key.`,
    ),
  // [EVT:12015]
  internalExpired: (thumbprint: string) =>
    make(TRANSPORT, 12015, "Warning", `An internal transport certificate expired. Thumbprint:${thumbprint}`),
  // [EVT:12016]
  tlsExpired: (subject: string, thumbprint: string) =>
    make(TRANSPORT, 12016, "Error", `The STARTTLS certificate has expired: subject: ${subject}, thumbprint: ${thumbprint}. ${renew}`),
  // [EVT:12017]
  internalExpiresSoon: (thumbprint: string, hours: number) =>
    make(
      TRANSPORT,
      12017,
      "Warning",
      `An internal transport certificate will expire soon. Thumbprint:${thumbprint}, hours remaining: ${hours}`,
    ),
  // [EVT:12018], [SEED2]
  tlsExpiresSoon: (subject: string, thumbprint: string, expires: Date | number) =>
    make(
      TRANSPORT,
      12018,
      "Error",
      `The STARTTLS certificate will expire soon: subject: ${subject}, thumbprint: ${thumbprint}, ${typeof expires === "number" ? `hours remaining: ${expires}` : `expires: ${expires.toISOString()}`}. ${renew}`,
    ),
  // [EVT:12019]
  remoteExpired: (thumbprint: string) =>
    make(TRANSPORT, 12019, "Information", `A remote internal transport certificate expired. Thumbprint:${thumbprint}`),
  // [L15] 15.3
  remoteExpiresSoon: (thumbprint: string, hours: number) =>
    make(
      TRANSPORT,
      12020,
      "Information",
      `A remote internal transport certificate will expire soon. Thumbprint:${thumbprint}, hours remaining: ${hours}`,
    ),
  // [EVT:2018]
  outboundTrustFailed: (subject: string, address: string) =>
    make(
      TRANSPORT,
      2018,
      "Error",
      `Outbound direct trust authentication failed for certificate ${subject}. The target IP address of the Exchange server that Microsoft Exchange tried to authenticate to is [${address}]. Make sure EdgeSync is running properly.`,
    ),
  // 9, [EVT:2018]
  inboundTrustFailed: (subject: string, address: string) =>
    make(
      TRANSPORT,
      1036,
      "Error",
      `Inbound direct trust authentication failed for certificate ${subject}. The source IP address of the server that tried to authenticate to Microsoft Exchange is [${address}]. Make sure EdgeSync is running properly.`,
    ),
  // [SUP:mail-flow-stops-event-2004]
  notDelivered: (connector: string, response: string) =>
    make(
      TRANSPORT,
      2004,
      "Information",
      `Send connector ${connector}: the message was not delivered; it was acknowledged with the SMTP response ${response}`,
    ),
  // [SEED2]
  cannotLoadTlsCertificate: (connector: string, name: string, fqdn: string) =>
    make(
      "Microsoft-Exchange-ManagedAvailability",
      4,
      "Error",
      `Connector: '${connector}' Error: 'Exchange was unable to load certificate ${name}. More information below: IsFrontEndProxyEnabled: false. Original backend Server: ${fqdn}. Send Connector Name from the original request: ${connector}' Probe Result Name: 'Transport/CannotLoadSTARTTLSCertificateFromStore' Probe Result Type: 'Failed'`,
    ),
};

export const edgeSyncEvents = {
  // [EVT:10104], [L15] 15.8
  certificateMismatch: (edge: string) =>
    make(
      EDGESYNC,
      10104,
      "Error",
      `Microsoft Exchange EdgeSync couldn't match the certificate when contacting ${edge}. The connection was stopped.`,
    ),
  // [L15] 15.8
  cannotConnect: (edge: string, reason: string) =>
    make(EDGESYNC, 1024, "Error", `EdgeSync failed to synchronize with the Edge Transport server ${edge}: ${reason}`),
  // [SEED1], [L15] 15.8
  noCredential: (edge: string) =>
    make(
      EDGESYNC,
      1032,
      "Warning",
      `No credential was found for ${edge}. EdgeSync cannot synchronize with this Edge Transport server. Subscribe the Edge Transport server again.`,
    ),
  // [webprofusion/certify#270], [L15] 15.8
  cannotDecrypt: (edge: string, thumbprint: string, subject: string) =>
    make(
      EDGESYNC,
      1033,
      "Error",
      `EdgeSync failed to decrypt the credential for Edge Transport server ${edge} using the private key of the default Exchange certificate with exception Bad Data. The certificate's thumbprint is ${thumbprint} and its subject is ${subject}. Use either Enable-ExchangeCertificate or New-ExchangeCertificate to set the proper Exchange default certificate and re-subscribe the Edge Transport server ${edge} again.`,
    ),
  // [GRAN]
  notCapi: (thumbprint: string) =>
    make(
      EDGESYNC,
      1035,
      "Error",
      `EdgeSync failed to synchronize because it only supports Cryptographic API certificates. The local Hub Transport server's default certificate with thumbprint ${thumbprint} isn't a CAPI certificate.`,
    ),
  // [L15] 15.8
  incomplete: (edge: string, object: string) =>
    make(
      EDGESYNC,
      1025,
      "Error",
      `Failed to synchronize entry CN=${object} to ${edge}: A value in the request is invalid. [ExDirectoryException]`,
    ),
};

export const edgeEvents = {
  // [L15] 15.8
  cannotDecrypt: (edge: string, thumbprint: string) =>
    make(
      "MSExchange Message Security",
      1005,
      "Error",
      `The EdgeSync credentials of ${edge} can't be decrypted with the private key of the default certificate ${thumbprint}. Subscribe the Edge Transport server again.`,
    ),
  // [L15] 15.8
  credentialRenewed: (user: string) =>
    make("MSExchange Message Security", 1008, "Information", `The EdgeSync credential ${user} was renewed.`),
  // [L15] 15.8
  subscriptionExpired: (edge: string) =>
    make(
      "MSExchange Message Security",
      1009,
      "Warning",
      `The Edge Subscription of ${edge} expired before the first synchronization. Create a new subscription file.`,
    ),
};

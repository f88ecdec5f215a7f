/** What Set- and New-SendConnector refuse. // 3.2, [L15] 15.4 */
import type { Bag, Server } from "../server";
import { TlsName } from "../tlsName";
import type { Call } from "./binding";
import { servicesOf } from "./certificateObject";
import { taskError } from "./errors";

/** TlsAuthLevel needs RequireTLS and excludes DomainSecure; TlsDomain needs DomainValidation. // [L15] 15.4, [PS:Set-SendConnector] */
export function checkRules(call: Call, bag: Bag): void {
  const refuse = (message: string): never => {
    throw taskError(call.cmdlet, "System.ArgumentException", "InvalidArgument", message);
  };
  // [SUP:requiredtls-flag]: printed by the hybrid wizard's task; no rule of this build. // [L15] 15.4
  if (call.lab.world.toggles.nameNeedsRequireTls && bag.TlsCertificateName && !bag.RequireTLS)
    refuse("RequiredTls flag should be set to true if TlsCertificateName is specified.");
  if (bag.TlsAuthLevel && (!bag.RequireTLS || bag.IgnoreSTARTTLS))
    refuse("TlsAuthLevel can only be set when RequireTLS is true and IgnoreSTARTTLS is false.");
  if (bag.TlsAuthLevel && bag.DomainSecureEnabled) refuse("TlsAuthLevel can't be set when DomainSecureEnabled is true.");
  if (bag.TlsDomain && bag.TlsAuthLevel !== "DomainValidation") refuse("TlsDomain can only be set when TlsAuthLevel is DomainValidation.");
  const smart = (bag.SmartHosts as string[]).length > 0;
  if (bag.TlsAuthLevel === "DomainValidation" && smart && !bag.TlsDomain)
    refuse("TlsDomain must be set when TlsAuthLevel is DomainValidation and smart hosts are used.");
}

/** Asked at every Set-SendConnector of a connector that has a name. // [L15] 15.4 */
export function checkCertificate(call: Call, bag: Bag): void {
  const name = typeof bag.TlsCertificateName === "string" ? TlsName.parse(bag.TlsCertificateName) : null;
  if (!name) return;
  const { world } = call.lab;
  const installed = (server: Server) => server.my.entries.filter((item) => name.matchesExactly(item.certificate));
  // A name is accepted only when its certificate is on a front end. // [SEED2]
  if (
    world.toggles.setSendConnector === "strict" &&
    "TlsCertificateName" in call.values &&
    !call.server.lds &&
    !world.mailboxServers.some((server) => installed(server).length > 0)
  )
    throw taskError(
      call.cmdlet,
      "TlsCertificateNameNotFoundException",
      "InvalidArgument",
      `The given certificate is not installed on the server: ${name.toString()}.`,
    );
  const first = (bag.SourceTransportServers as string[])[0];
  const source = call.server.lds ? call.server : world.findServer(first ?? "");
  // An Edge cannot be asked: accepted. // [L15] 15.4
  if (!source || (source.role === "Edge" && source !== call.server)) return;
  const found = installed(source);
  if (found.length > 0 && !found.some((item) => servicesOf(source, item).includes("SMTP")))
    throw taskError(
      call.cmdlet,
      "SMTPNotEnabledForTlsCertificateException",
      "InvalidOperation",
      `The SMTP service is not enabled for the certificate ${name.toString()}.`,
    );
}

/** What New-EdgeSubscription in the organisation refuses, in the order of the build. // [L15] 15.5, 15.6 */
import { Directory } from "../directory";
import { readSubscriptionFile, versionNumber, type SubscriptionFile } from "../subscriptionFile";
import { certificateOfBlob } from "../x509";
import type { Call } from "./binding";
import { promptRefused, taskError } from "./errors";

/** now + 5 min past the end is too soon. // [L15] 15.5 */
const TO_SPARE = 5 * 60_000;

export const refusal = (call: Call, type: string, message: string) =>
  taskError(call.cmdlet, `${type}Exception`, "InvalidArgument", message);

/** Fields, certificate, CAPI, and no key of a Hub; another Edge with the same key is accepted. // [L15] 15.5, 15.6 */
export function load(call: Call): SubscriptionFile {
  const { world } = call.lab;
  const file = readSubscriptionFile(call.values.FileData as Uint8Array);
  const failed = (reason: string) =>
    refusal(call, "InvalidSubscriptionFile", `The subscription file failed to load for the following reason: ${reason}`);
  if (!file) throw failed("The file isn't an Edge Subscription file.");
  const certificate = certificateOfBlob(file.EdgeCertificateBlob);
  if (![file.EdgeServerFQDN, file.EdgeServerName, file.ESRAUsername, file.ESRAPassword].every(Boolean) || !certificate)
    throw failed("The file is incomplete.");
  // Credentials are encrypted for it by CryptoAPI, which knows RSA. // [L15] 15.6
  if (certificate.keyType !== "RSA")
    throw failed(`The direct trust certificate with the thumbprint ${certificate.thumbprint} isn't a CAPI certificate.`);
  const shared = ({ publicKeySha256 }: { publicKeySha256: string }): boolean => publicKeySha256 === certificate.publicKeySha256;
  const twin = world.mailboxServers.some((server) => shared(world.defaultCertificate(server) ?? { publicKeySha256: "" }));
  // [SEED2]
  if (twin)
    throw refusal(
      call,
      "EdgeAndHubSharingSameDirectTrustCertNotAllowed",
      `The subscription file failed to load for the following reason: The direct trust certificate of the subscribed Edge Transport server with the thumbprint ${certificate.thumbprint} is a duplicate of the certificate of one of the Hub Transport servers. Sharing the same certificate between Edge and Hub Transport servers is not allowed`,
    );
  const others = [...world.directory.edges.keys()].filter((name) => name.toLowerCase() !== file.EdgeServerName.toLowerCase());
  if (!world.toggles.edgesMayShareKey && others.some((name) => shared(world.edgeCertificate(name) ?? { publicKeySha256: "" })))
    throw failed(`The direct trust certificate with the thumbprint ${certificate.thumbprint} belongs to another Edge Transport server.`);
  return file;
}

/** Judged by the importing machine's clock. // [L15] 15.5 */
export function checkClock(call: Call, file: SubscriptionFile): void {
  const { world } = call.lab;
  const now = world.clock.now(call.server.name).getTime();
  if (file.EffectiveDate.getTime() > now)
    throw refusal(
      call,
      "ClockOutofSync",
      "The clocks of the Edge Transport server and of this server are out of sync: the Edge Subscription file is not valid yet.",
    );
  const end = file.EffectiveDate.getTime() + file.Duration * 1000;
  if (now + TO_SPARE > end)
    throw refusal(
      call,
      "BootstrapAccountExpireTooSoon",
      "The bootstrap account of the Edge Subscription file has expired or will expire too soon. Create a new Edge Subscription file.",
    );
}

/** Name, or the identity that Get-EdgeSubscription prints. */
export function knownSite(call: Call): string {
  const wanted = String(call.values.Site).replace(/^.*\//, "").toLowerCase();
  const site = call.lab.world.directory.sites.find((name) => name.toLowerCase() === wanted);
  if (site) return site;
  const type = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFound";
  throw refusal(call, type, `Couldn't find Active Directory site '${String(call.values.Site)}'.`);
}

/** No equal Hub: NoVersionMatch; some: a question, the only use of -Force here. // [L15] 15.6 */
export function checkVersion(call: Call, file: SubscriptionFile, site: string): void {
  const { world } = call.lab;
  // Bits 22–27 are the major version, 16–21 the minor one, 0–14 the build. // [L15] 15.5
  const shift = { major: 22, minor: 16, build: 0 }[world.toggles.subscriptionVersion] ?? 22;
  const hubs = world.hubsOf(site);
  const equal = hubs.filter((hub) => versionNumber(hub.version) >> shift === file.VersionNumber >> shift);
  if (hubs.length === equal.length) return;
  if (equal.length === 0)
    throw refusal(
      call,
      "NoVersionMatch",
      `No Mailbox server in site '${site}' has the version of Edge Transport server '${file.EdgeServerName}'.`,
    );
  if (call.values.Force !== true)
    throw promptRefused(
      call.cmdlet,
      `Some Mailbox servers in site '${site}' have another version than '${file.EdgeServerName}'. Continue?`,
    );
}

export function checkSite(call: Call, file: SubscriptionFile, site: string): void {
  const { world } = call.lab;
  if (world.hubsOf(site).length === 0)
    throw refusal(call, "NoHubInSubscribedSite", `Active Directory site '${site}' has no Mailbox server with the Transport service.`);
  if (world.mailboxServers.some((server) => server.name.toLowerCase() === file.EdgeServerName.toLowerCase()))
    throw refusal(call, "ServerNameConflict", `A server with the name '${file.EdgeServerName}' exists already in the organization.`);
  const old = Directory.find(world.directory.edges, file.EdgeServerName);
  if (old && old.site.toLowerCase() !== site.toLowerCase())
    throw refusal(
      call,
      "CannotSubscribeToMultipleSites",
      `Edge Transport server '${old.name}' is subscribed to Active Directory site '${old.site}' already.`,
    );
}

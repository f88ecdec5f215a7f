/** New- and Remove-EdgeSubscription on an Edge. // 4.1, 4.3, [L15] 15.6, 15.7 */
import type { TimeSpan } from "../contract";
import { pin } from "../adlds";
import { newPassword } from "../credentials";
import { blobOf } from "../x509";
import { serialNumber, versionNumber, writeSubscriptionFile } from "../subscriptionFile";
import type { LdsState, Server } from "../server";
import type { StoredCertificate } from "../store";
import type { Call, Objects } from "./binding";
import { fileKey } from "./certificateRead";
import { directoryUnavailable, promptRefused, taskError } from "./errors";

const DAY = 86_400;
const MINIMUM = 120;

/** The order of 15.6: each failure leaves what came before it. */
export async function exportSubscription(call: Call): Promise<Objects> {
  const lds = call.server.lds!;
  const { world } = call.lab;
  const path = String(call.values.FileName);
  const duration = (call.values.AccountExpiryDuration as TimeSpan | undefined)?.seconds ?? DAY;
  const refuse = (type: string, message: string): never => {
    throw taskError(call.cmdlet, type, "InvalidArgument", message);
  };
  if (!/\.xml$/i.test(path)) refuse("System.ArgumentException", "The file name must have the extension .xml.");
  if (duration < MINIMUM) refuse("System.ArgumentException", "AccountExpiryDuration must be at least 00:02:00.");
  if (call.values.Force !== true) throw promptRefused(call.cmdlet, question(lds, duration));
  requireLds(call);
  const item = defaultItem(call, call.server);
  if (call.values.WhatIf) return [];
  await world.wait("export");
  // The service store is emptied and this certificate put in, without a restart.
  pin(lds.serviceStore, item);
  lds.everExported = true;
  const user = `CN=ESRA.${call.server.name},CN=Services,${lds.configuration}`;
  const password = bindBootstrap(call, lds, user, duration);
  const key = fileKey(path);
  // An existing file without -Force fails here, after store and password were changed; -Force came with the question above.
  call.server.files.set(key, subscriptionFile(call.server, item, user, password, world.clock.now(call.server.name), duration));
  if (!lds.subscribed) {
    // Only at the first subscription.
    lds.sendConnectors.clear();
    lds.subscribed = true;
    world.connectorsChanged(call.server);
  }
  world.changed();
  call.warn(
    "The Edge Subscription file contains credentials in clear text. Import it in the Exchange organization before it expires, and delete it then.",
  );
  return [];
}

function question(lds: LdsState, duration: number): string {
  const minutes = Math.round(duration / 60);
  const again = lds.subscribed
    ? "This Edge Transport server is subscribed already."
    : "The Edge Transport server will be managed by EdgeSync: locally created accepted domains, remote domains and Send connectors will be overwritten or removed, and their cmdlets disabled.";
  return `${again} If you create an Edge Subscription, import the file within the next ${minutes} minutes. Continue?`;
}

/** The stored default, by thumbprint in My; CAPI required. // [L15] 15.6 */
function defaultItem(call: Call, server: Server): StoredCertificate {
  const certificate = call.lab.world.defaultCertificate(server);
  const item = certificate ? server.my.find(certificate.thumbprint) : undefined;
  if (!item?.privateKey)
    throw taskError(
      call.cmdlet,
      "System.InvalidOperationException",
      "InvalidOperation",
      "The internal transport certificate of this server cannot be found in the personal store of the local computer.",
    );
  if (item.keyProvider === "CNG")
    throw taskError(
      call.cmdlet,
      "System.InvalidOperationException",
      "InvalidOperation",
      `The internal transport certificate with thumbprint ${item.certificate.thumbprint} isn't a CAPI certificate.`,
    );
  return item;
}

const directoryError = (call: Call, message: string) =>
  taskError(call.cmdlet, "Microsoft.Exchange.Data.Directory.ADOperationException", "ResourceUnavailable", message);

/** The default is read from AD LDS first: with the service stopped nothing is changed. // [L15] 15.6 */
function requireLds(call: Call): void {
  if (!call.server.runs("ADAM_MSExchange")) throw directoryUnavailable(call.cmdlet);
}

/** The principal gets a new password: earlier files are useless. // [L15] 15.6 */
function bindBootstrap(call: Call, lds: LdsState, user: string, duration: number): string {
  const { world } = call.lab;
  const { adLdsBind } = world.toggles;
  // A logon by key brings no credentials for a Negotiate bind, as far as that matters here. // 1.2, 15.11
  if (adLdsBind === "fails" || (adLdsBind === "failsWithKey" && call.shell.logon === "publickey"))
    throw directoryError(call, "The LDAP bind to AD LDS on localhost:50636 failed: The supplied credential is invalid.");
  const password = newPassword();
  lds.accounts.set(user.toLowerCase(), { password, expires: new Date(world.clock.now(call.server.name).getTime() + duration * 1000) });
  return password;
}

/** The bytes of a file as this Edge writes it. */
export function subscriptionFile(
  server: Server,
  item: StoredCertificate,
  user: string,
  password: string,
  now: Date,
  duration: number,
): Buffer {
  return writeSubscriptionFile({
    EdgeServerName: server.name,
    EdgeServerFQDN: server.fqdn,
    EdgeCertificateBlob: blobOf(item.certificate),
    ESRAUsername: user,
    ESRAPassword: password,
    EffectiveDate: now,
    Duration: duration,
    AdamSslPort: server.lds!.sslPort,
    ServerType: "Unlicensed",
    ProductID: "",
    VersionNumber: versionNumber(server.version),
    SerialNumber: serialNumber(server.version),
  });
}

/** Replicated objects, principals, lease, credentials and flag go; then a question about recipients. // [L15] 15.7 */
export function removeOnEdge(call: Call): Objects {
  const lds = call.server.lds!;
  requireLds(call);
  if (!lds.subscribed || String(call.values.Identity).split(".")[0].toLowerCase() !== call.server.name.toLowerCase())
    throw taskError(
      call.cmdlet,
      "WrongSubscriptionIdentityException",
      "InvalidArgument",
      `'${String(call.values.Identity)}' is not an Edge Subscription.`,
    );
  if (call.values.Confirm !== false)
    throw promptRefused(call.cmdlet, `Are you sure you want to perform this action? Removing the Edge Subscription "${call.server.name}".`);
  if (call.values.WhatIf) return [];
  for (const map of [lds.sendConnectors, lds.acceptedDomains, lds.remoteDomains, lds.hubs, lds.accounts]) map.clear();
  Object.assign(lds, { subscribed: false, site: null });
  call.lab.edgeSync.forget(call.server.name);
  call.lab.world.connectorsChanged(call.server);
  call.lab.world.reachChanged();
  if (call.values.Force !== true) throw promptRefused(call.cmdlet, "Removing the replicated recipients can take a long time. Continue?");
  return [];
}

/** A self-signed certificate as Windows makes it (`certreq -new` with `RequestType = Cert`): Exchange has no part in it. */
import { rsaKeyPair, selfSigned } from "./authority";
import type { SelfSignedWish } from "./contract";
import type { Server } from "./server";
import { stored } from "./store";
import type { World } from "./world";

const DAY = 86_400_000;

/** Installed with its key, which SYSTEM and Administrators may read and NETWORK SERVICE may not; bound to nothing. */
export async function makeSelfSigned(world: World, server: Server, wanted: SelfSignedWish): Promise<Uint8Array> {
  const { domainNames, days, keySize, friendlyName, exportable } = wanted;
  const notBefore = world.clock.now(server.name);
  const notAfter = new Date(notBefore.getTime() + days * DAY);
  const subject = `CN=${domainNames[0]}`;
  const made = await selfSigned({ subject, domainNames, notBefore, notAfter, key: await rsaKeyPair(keySize) });
  server.my.add(stored(made.certificate, { privateKey: made.privateKey, exportable, friendlyName, rootCaType: "None" }));
  world.reachChanged();
  world.changed();
  return made.certificate.der;
}

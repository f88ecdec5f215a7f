/** What a server's object in Active Directory holds for EdgeSync. // 6.1, [L15] 15.9 */
import { createHash } from "node:crypto";
import type { EdgeCredential } from "./directory";
import { Directory } from "./directory";
import type { EdgeSync } from "./edgesync";
import { serialNumber, versionNumber } from "./subscriptionFile";
import type { World } from "./world";

type Attributes = { [attribute: string]: unknown };
/** Bit of msExchTransportFlags. // [L15] 15.6 */
const SUBSCRIBED = 65536;

/** Attributes by LDAP name; none for a name that is not in the organisation. */
export function serverAttributes(world: World, edgeSync: EdgeSync, name: string): Attributes {
  const edge = Directory.find(world.directory.edges, name);
  const credentials = [...world.directory.hubs.values()].flatMap((hub) => hub.credentials);
  if (edge) {
    const { leaseHolder, leaseType, leaseExpires, cookie } = edgeSync.state(edge.name);
    return {
      versionNumber: edge.versionNumber,
      serialNumber: edge.version,
      msExchTransportFlags: SUBSCRIBED,
      msExchEdgeSyncAdamSSLPort: edge.sslPort,
      msExchEdgeSyncCredential: credentials.filter((one) => one.edge === edge.name).map(opaque),
      msExchEdgeSyncLease: leaseHolder && leaseExpires ? `${leaseHolder};${leaseType};${leaseExpires.toISOString()}` : null,
      msExchEdgeSyncCookies: cookie ? [`Configuration;${cookie.toISOString()}`, `Recipients;${cookie.toISOString()}`] : [],
    };
  }
  const server = world.findServer(name);
  if (server?.role !== "Mailbox") return {};
  return {
    versionNumber: versionNumber(server.version),
    serialNumber: serialNumber(server.version),
    msExchTransportFlags: 0,
    msExchEdgeSyncCredential: (world.directory.hubs.get(server.name)?.credentials ?? []).map(opaque),
  };
}

/** Encrypted in Exchange: here bytes that tell two credentials apart, and nothing more. */
function opaque({ user, password, encryptedFor }: EdgeCredential): Buffer {
  return createHash("sha512").update(`${user}\0${password}\0${encryptedFor}`).digest();
}

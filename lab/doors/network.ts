/** The simulated network as one host sees it: which name and port leads to which door. */
import type { Host } from "./host";
import type { LdapsDoor } from "./ldap/ldaps";
import type { SmtpDoor } from "./smtp/door";
import { isLocal, type Resolve } from "./ssh/forwarding";
import type { SshDoor } from "./ssh/server";

const SSH = 22;
const SMTP = 25;
/** AD LDS's secure port on an Edge. */
const LDAPS = 50636;

/** Everything of one host. */
export interface LabHost {
  host: Host;
  ssh: SshDoor;
  smtp: SmtpDoor;
  /** Edges only. */
  ldaps?: LdapsDoor;
}

/**
 * Names resolve to simulated hosts; `localhost` on a well-known port is the host itself, on any other port the machine
 * that runs the lab (where tests put servers of their own). Everything else is refused, as is a door that is shut.
 */
export function network(self: Host, hosts: ReadonlyMap<string, LabHost>, address: string): Resolve {
  return (name, port) => {
    const wanted = name.toLowerCase().replace(/\.$/, "");
    const local = isLocal(wanted);
    const found = [...hosts.values()].find(({ host }) =>
      local ? host === self : host.name.toLowerCase() === wanted || host.fqdn.toLowerCase() === wanted,
    );
    const door = found && doorPort(found, port);
    if (door !== undefined) return { host: address, port: door };
    return local && ![SSH, SMTP, LDAPS].includes(port) ? { host: "127.0.0.1", port } : undefined;
  };
}

function doorPort({ ssh, smtp, ldaps }: LabHost, port: number): number | undefined {
  if (port === SSH) return ssh.port;
  if (port === SMTP && smtp.reachable) return smtp.port;
  if (port === LDAPS && ldaps?.reachable) return ldaps.port;
  return undefined;
}

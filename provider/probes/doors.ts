/**
 * From where the doors of an Edge are looked at: by default through a host's SSH connection (STARTTLS from the Edge
 * itself, LDAPS from the organisation's host), because an Edge in a DMZ is seldom reachable from a pipeline; with
 * `probeFrom: "runner"` directly from this machine.
 */
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { parseEndpoint, placeNamed, type HostConnection } from "../remote/hosts";
import { mayDial, rehearsedDoor, rehearsedName } from "../rehearsal";
import type { Opener } from "./leaf";

export const SMTP_PORT = 25;
export const LDAPS_PORT = 50_636;

/** A host's SSH connection, as far as a door needs it. */
export interface Forwarder {
  forward(host: string, port: number): Promise<Duplex>;
}

/** Transport's door: `endpoints.smtp`, else port 25 of the Edge. @param session the Edge's session */
export function smtpDoor(edge: HostConnection, session: Forwarder): Opener {
  const rehearsed = rehearsedDoor(placeNamed(edge), "smtp");
  const given = rehearsed ? undefined : endpointOf(edge.endpoints?.smtp);
  if (edge.probeFrom === "runner") return directly(rehearsed ?? given ?? { host: edge.host, port: SMTP_PORT });
  return through(session, given ?? { host: "127.0.0.1", port: SMTP_PORT });
}

/**
 * AD LDS's door: `endpoints.ldaps`, else port 50636 of the Edge.
 *
 * @param organisation the session of the organisation's host
 * @param fqdn the Edge's full name, as the organisation resolves it; default: the name it is reached by
 */
export function ldapsDoor(edge: HostConnection, organisation: Forwarder, fqdn: string = edge.host): Opener {
  const rehearsed = rehearsedDoor(placeNamed(edge), "ldaps");
  const given = rehearsed ? undefined : endpointOf(edge.endpoints?.ldaps);
  if (edge.probeFrom === "runner") return directly(rehearsed ?? given ?? { host: edge.host, port: LDAPS_PORT });
  return through(organisation, given ?? { host: rehearsedName(placeNamed(edge)) ?? fqdn, port: LDAPS_PORT });
}

interface Endpoint {
  host: string;
  port: number;
}

function endpointOf(text: string | undefined): Endpoint | undefined {
  return text === undefined ? undefined : parseEndpoint(text);
}

function through(session: Forwarder, { host, port }: Endpoint): Opener {
  return () => session.forward(host, port);
}

/** A TCP connection from this machine. */
export function directly({ host, port }: Endpoint): Opener {
  return async () => {
    mayDial(host, port);
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(socket);
      });
    });
  };
}

/**
 * The one place that says where a connection leads. Outside a rehearsal: where the program says. In one: to the lab's door of the same
 * server, or nowhere. Every dial of the provider asks here twice: its kind of door for the address, and `mayDial` right before the socket.
 */
import { ExchangeError } from "../base/errors";
import { currentRehearsal, type Door, type Rehearsal, type RehearsedServer } from "./rehearsal";

/** A server as a program names it. */
export interface Named {
  /** Name or address, without brackets. */
  host: string;
  port?: number;
  /** The server's declared name. */
  name?: string;
}

export type ShellDoor = RehearsedServer["ssh"];

/** SSH's, SMTP's and AD LDS's ports, as the copy's servers know them from each other. */
const KNOWN_PORTS: readonly number[] = [22, 25, 50_636];
const LOCAL = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i;

/** SSH of a server, with the lab's account; undefined outside a rehearsal. @throws REHEARSAL_HOST_UNKNOWN, REHEARSAL_ELSEWHERE */
export function rehearsedShell(server: Named): ShellDoor | undefined {
  const rehearsal = currentRehearsal();
  return rehearsal && serverOf(rehearsal, server).ssh;
}

/** Port 25 or 50636 of a server as this machine reaches it; undefined outside a rehearsal. @throws as `rehearsedShell`; for an Edge's LDAPS where it is none */
export function rehearsedDoor(server: Named, kind: "smtp" | "ldaps"): Door | undefined {
  const rehearsal = currentRehearsal();
  if (!rehearsal) return undefined;
  const door = serverOf(rehearsal, server)[kind];
  if (door) return door;
  throw unknown(`${labelOf(server)} is no Edge in the rehearsal's copy: it has no LDAPS.`);
}

/** The full name of a server in the copy; undefined outside a rehearsal. @throws as `rehearsedShell` */
export function rehearsedName(server: Named): string | undefined {
  const rehearsal = currentRehearsal();
  return rehearsal && serverOf(rehearsal, server).fqdn;
}

/** The lab's directory in place of any other; undefined outside a rehearsal. @throws REHEARSAL_ELSEWHERE */
export function rehearsedDirectory(): Rehearsal["directory"] | undefined {
  return currentRehearsal()?.directory;
}

/** Where a server of the lab may forward to: a server of the copy, or itself, on a port that the copy has. @throws REHEARSAL_HOST_UNKNOWN */
export function mayForward(host: string, port: number): void {
  const rehearsal = currentRehearsal();
  if (!rehearsal) return;
  const named = (one: RehearsedServer): boolean => [one.name, one.fqdn].some((name) => same(name, host));
  // any other port of "localhost" would be one of this very machine: a tunnel to a real server for example
  if (KNOWN_PORTS.includes(port) && (LOCAL.test(host) || rehearsal.servers.some(named))) return;
  throw unknown(`A server of the rehearsal's copy was to connect to ${host}:${port}, which the copy does not have.`);
}

/** Right before a socket is opened from this machine: only a door of the lab. @throws REHEARSAL_HOST_UNKNOWN, REHEARSAL_ELSEWHERE */
export function mayDial(host: string, port: number): void {
  const rehearsal = currentRehearsal();
  if (!rehearsal || doorsOf(rehearsal).some((door) => same(door.host, host) && door.port === port)) return;
  throw unknown(`${host}:${port} is no door of the rehearsal's copy; it was not connected to.`);
}

/** What has no place in a rehearsal at all, a notice to a webhook for example. @throws REHEARSAL_HOST_UNKNOWN, REHEARSAL_ELSEWHERE */
export function notInRehearsal(what: string): void {
  if (currentRehearsal()) throw unknown(`${what} would leave the rehearsal's copy.`);
}

function doorsOf({ servers, directory }: Rehearsal): Door[] {
  const { hostname, port } = new URL(directory.url);
  const doors = servers.flatMap(({ ssh, smtp, ldaps }) => [ssh, smtp, ...(ldaps ? [ldaps] : [])]);
  return [...doors, { host: hostname, port: Number(port) }];
}

/** By address, then by its own name, then by the name that the program declares for it. */
function serverOf({ servers }: Rehearsal, server: Named): RehearsedServer {
  const address = `${server.host}:${server.port ?? 22}`.toLowerCase();
  const isCalled = (text: string | undefined) => (one: RehearsedServer) =>
    text !== undefined && (same(one.name, text) || same(one.fqdn, text));
  const found =
    servers.find((one) => one.addresses.includes(address)) ?? servers.find(isCalled(server.host)) ?? servers.find(isCalled(server.name));
  if (found) return found;
  const names = servers.map(({ name }) => name).join(", ");
  throw unknown(`The rehearsal's copy has no server ${labelOf(server)}; it has ${names}. It was not connected to.`);
}

const same = (left: string, right: string): boolean => left.toLowerCase() === right.trim().replace(/\.$/, "").toLowerCase();

function labelOf({ host, port, name }: Named): string {
  const at = port === undefined ? host : `${host}:${port}`;
  return name && name.toLowerCase() !== host.toLowerCase() ? `${name} (${at})` : at;
}

function unknown(sentence: string): ExchangeError {
  return new ExchangeError("REHEARSAL_HOST_UNKNOWN", sentence);
}

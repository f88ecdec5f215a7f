/**
 * The lab: one simulated Exchange organisation behind real doors (SSH, SMTP, LDAPS, LDAP) on loopback,
 * with a control surface over HTTP. The command line and the tests start it from here.
 */
import { randomBytes } from "node:crypto";
import { startControl } from "./control/server";
import { openDirectory, type DirectoryDoor } from "./doors/directory";
import { Faults } from "./doors/faults";
import { type Account, DEFAULT_START_COST, Host, type HostServices, type StartCost } from "./doors/host";
import { History } from "./doors/history";
import { LdapsDoor } from "./doors/ldap/ldaps";
import { type LabHost, network } from "./doors/network";
import { SmtpDoor } from "./doors/smtp/door";
import { SshDoor, type SshOptions } from "./doors/ssh/server";
import type { LabOrganisation } from "./model/contract";
import { copiedAt, openOrganisation, type ScenarioInput } from "./open";

/** Speed of the lab's latencies under `npm run lab`. */
export const DEFAULT_SPEED = 60;

export interface LabOptions {
  /** Name of a scenario, path of a scenario file, or a scenario object. */
  scenario?: ScenarioInput;
  /** A model of its own instead of a scenario. */
  organisation?: LabOrganisation;
  /** Open points of the model, by name (docs/lab.md). */
  toggles?: { [name: string]: unknown };
  /** Seconds at speed 1, by name (docs/lab.md). */
  latencies?: { [name: string]: number };
  /** Divides latencies and start costs; 1 = real. Default 60. */
  speed?: number;
  /** Address that the doors listen on. Default `127.0.0.1`. */
  hostAddress?: string;
  /** Milliseconds at speed 1. Default 500 and 3000. */
  startCost?: Partial<StartCost>;
  /** SSH settings of every host, and of single hosts by name. */
  ssh?: SshOptions & { hosts?: { [name: string]: SshOptions } };
  /** Called with one line for each stage. */
  onProgress?: (line: string) => void;
}

/** One host in the ready line. */
export interface ReadyHost {
  name: string;
  fqdn: string;
  role: "Edge" | "Mailbox" | "None";
  ssh: { host: string; port: number; user: string; password: string; hostKey: string };
  smtp: { host: string; port: number };
  /** Edges only. */
  ldaps?: { host: string; port: number };
}

/** The one line on stdout. */
export interface Ready {
  ready: true;
  control: string;
  hosts: ReadyHost[];
  directory: { url: string; bindDn: string; password: string; baseDn: string };
  /** A copy of a live organisation: when it was read. Its doors present look-alikes of the real certificates. */
  copiedAt?: string;
}

export interface Lab {
  ready: Ready;
  organisation: LabOrganisation;
  history: History;
  faults: Faults;
  /** By the host's name as the model spells it. */
  hosts: ReadonlyMap<string, LabHost>;
  directory: DirectoryDoor;
  /** Base URL of the control surface. */
  control: string;
  close(): Promise<void>;
}

/** Starts the lab; resolves when every door is open. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const progress = options.onProgress ?? (() => undefined);
  const speed = options.speed ?? DEFAULT_SPEED;
  if (!(speed > 0)) throw new Error(`speed must be a number above 0, not ${speed}.`);
  const address = options.hostAddress ?? "127.0.0.1";
  progress("building the organisation");
  const organisation =
    options.organisation ??
    (await openOrganisation(options.scenario ?? "contoso", { speed, toggles: options.toggles, latencies: options.latencies }));
  const services: HostServices = { organisation, history: new History(), faults: new Faults(), startCost: cost(options, speed) };
  const hosts = new Map<string, LabHost>();
  for (const name of organisation.hostNames) {
    progress(`opening the doors of ${name}`);
    hosts.set(name, await openHost(name, services, hosts, address, options.ssh ?? {}));
  }
  const directory = await openDirectory(organisation, address);
  const ssh = new Map([...hosts].map(([name, host]) => [name, host.ssh]));
  const control = await startControl({ organisation, history: services.history, faults: services.faults, ssh }, address);
  const copied = copiedAt(organisation);
  if (copied !== undefined)
    progress(
      `a copy of ${copied}: it has no key of the real certificates, so its doors present look-alikes (the same names and dates, other keys)`,
    );
  progress(`ready, control at ${control.url}`);
  return {
    ready: { ...readyLine(control.url, hosts, directory, address), ...(copied !== undefined && { copiedAt: copied }) },
    organisation,
    history: services.history,
    faults: services.faults,
    hosts,
    directory,
    control: control.url,
    close: async () => {
      const doors = [...hosts.values()].flatMap(({ ssh: door, smtp, ldaps }) => [door, smtp, ...(ldaps ? [ldaps] : [])]);
      await Promise.all([control.close(), directory.close(), ...doors.map((door) => door.close())]);
      organisation.close();
    },
  };
}

function cost(options: LabOptions, speed: number): StartCost {
  const full = { ...DEFAULT_START_COST, ...options.startCost };
  return { powershell: full.powershell / speed, exchange: full.exchange / speed };
}

const newPassword = (): string => randomBytes(15).toString("base64url");

async function openHost(
  name: string,
  services: HostServices,
  hosts: ReadonlyMap<string, LabHost>,
  address: string,
  { hosts: perHost = {}, ...common }: NonNullable<LabOptions["ssh"]>,
): Promise<LabHost> {
  const account: Account = { user: "Administrator", password: newPassword() };
  const host = new Host(name, account, services);
  const own = Object.entries(perHost).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  const ssh = new SshDoor(host, network(host, hosts, address), { ...common, ...own });
  const smtp = new SmtpDoor(services.organisation, name);
  const ldaps = host.role === "Edge" ? new LdapsDoor(services.organisation, name) : undefined;
  await Promise.all([ssh.listen(address), smtp.listen(address), ldaps?.listen(address)]);
  return { host, ssh, smtp, ...(ldaps && { ldaps }) };
}

function readyLine(control: string, hosts: ReadonlyMap<string, LabHost>, directory: DirectoryDoor, address: string): Ready {
  const list = [...hosts.values()].map(({ host, ssh, smtp, ldaps }) => ({
    name: host.name,
    fqdn: host.fqdn,
    role: host.role,
    ssh: { host: address, port: ssh.port, ...host.account, hostKey: ssh.keys[0].public },
    smtp: { host: address, port: smtp.port },
    ...(ldaps && { ldaps: { host: address, port: ldaps.port } }),
  }));
  const { url, bindDn, password, baseDn } = directory;
  return { ready: true, control, hosts: list, directory: { url, bindDn, password, baseDn } };
}

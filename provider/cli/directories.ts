/** The directories that a hosts file names, each read once a run: they answer for the Mailbox servers' configuration in place of their shells. */
import { ExchangeError } from "../base/errors";
import { warn } from "../base/progress";
import { lookUp, ofServer, type DirectoryView } from "../directory";
import type { DirectoryConnection, HostConnection } from "../remote/hosts";
import type { Hosts } from "./hostsFile";

/** What the directory of a server's organisation holds; null where none is named, none knows the server, or it cannot be read. */
export type DirectoryOf = (host: HostConnection, fqdn: string) => DirectoryView | null;

export interface Directories {
  of: DirectoryOf;
  all: DirectoryView[];
}

/** @throws HOST_UNREACHABLE, LOGIN_FAILED, SECRET_UNAVAILABLE, DIRECTORY_UNREADABLE where one has `required` and cannot be read */
export async function readDirectories(hosts: Hosts): Promise<Directories> {
  const asked = new Map<string, Promise<DirectoryView | null>>();
  for (const { directory } of hosts.values()) {
    if (directory && !asked.has(keyOf(directory))) asked.set(keyOf(directory), whole(directory));
  }
  // All are awaited at once: one that fails while another is waited for would end the process.
  const views = new Map(await Promise.all([...asked].map(async ([key, view]) => [key, await view] as const)));
  const all = [...views.values()].filter((one) => one !== null);
  const own = ({ directory }: HostConnection): DirectoryView | null => (directory ? (views.get(keyOf(directory)) ?? null) : null);
  return { of: (host, fqdn) => [own(host), ...all].find((view) => view && ofServer(view, fqdn)) ?? null, all };
}

/** A view with holes would call a certificate unused that a connector names: then the shells are asked. @throws DIRECTORY_UNREADABLE with `required` */
async function whole(directory: DirectoryConnection): Promise<DirectoryView | null> {
  const view = await lookUp(directory, warn);
  if (view === null || view.unreadable.length === 0) return view;
  const sentence = `${directory.url} shows nothing of ${view.unreadable.length} objects, ${view.unreadable[0]} among them.`;
  const error = new ExchangeError("DIRECTORY_UNREADABLE", sentence, { host: directory.url });
  if (directory.required) throw error;
  warn(`[${error.code}] ${error.sentence} Exchange's shell is asked instead. Hint: ${error.hint}`);
  return null;
}

const keyOf = (directory: NonNullable<HostConnection["directory"]>): string => JSON.stringify(directory);

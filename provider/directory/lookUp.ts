/** What becomes of a directory that fails: the shells are asked instead, with one warning, unless the program requires the directory. */
import { asExchangeError } from "../base/errors";
import type { DirectoryConnection } from "../remote/hosts";
import { readDirectory } from "./reader";
import type { DirectorySendConnector, DirectoryServer, DirectoryView } from "./view";

/** The view; null where it failed. @throws what `readDirectory` throws, with `required` */
export async function lookUp(directory: DirectoryConnection, warn: (text: string) => void): Promise<DirectoryView | null> {
  try {
    return await readDirectory(directory);
  } catch (caught) {
    const error = asExchangeError(caught);
    if (directory.required) throw error;
    warn(`[${error.code}] ${error.sentence} Exchange's shell is asked instead. Hint: ${error.hint}`);
    return null;
  }
}

/** What Get-SendConnector would show of a connector of this name, whatever the case. */
export function ofConnector(view: DirectoryView, name: string): DirectorySendConnector["bag"] | undefined {
  return view.sendConnectors.find((one) => one.name.toLowerCase() === name.toLowerCase())?.bag;
}

/** A server's object by short or full name, whatever the case. */
export function ofServer(view: DirectoryView, name: string): DirectoryServer | undefined {
  const wanted = name.toLowerCase();
  return [...view.mailboxServers, ...view.edges].find((one) => one.name.toLowerCase() === wanted || one.fqdn === wanted);
}

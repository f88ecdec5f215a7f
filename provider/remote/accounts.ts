/**
 * Which passwords were refused in this process. Directories lock accounts after a few wrong passwords, so one that was
 * refused is not sent again, whoever asks and for whatever: logons over SSH, Exchange's shell, the directory. One that
 * has worked stays as good as new.
 *
 * A refusal counts for the account, not for the server: a domain account is one everywhere, and a bare name may be one
 * (Windows looks for a local account first, then in the domain). `.\name` and the server's own name mean a local account.
 */
import { createHash, randomBytes } from "node:crypto";
import { Mutex } from "async-mutex";

/** An account and its password, and the server that would be given them. */
export interface Account {
  user: string;
  password: string;
  /** One a server, e.g. `serverKey`. */
  server: string;
  /** The server in messages. */
  label: string;
}

/** The right to send a password. Exactly one of the three ends it. */
export interface Turn {
  /** The password has worked before in this process, so a logon that ends without an answer says nothing about it. */
  readonly known: boolean;
  worked(): void;
  refused(): void;
  /** The password was not sent, or nothing is known of what became of it. */
  unused(): void;
}

interface Entry {
  mutex: Mutex;
  /** Whether the account is the same one on every server. */
  everywhere: boolean;
  worked: Set<string>;
  /** Server → its name in messages. */
  refused: Map<string, string>;
}

const entries = new Map<string, Entry>();
/** Keeps the map free of anything a password could be guessed from. */
const salt = randomBytes(16);

/** As a new process begins: what was refused in the run before may be tried again. For whoever plays several runs in one process. */
export function forgetRefusals(): void {
  entries.clear();
}

/** The name of the server that refused this password, where it must not be sent any more. */
export function refusedBy(account: Account): string | undefined {
  const { refused, worked } = entryOf(account);
  if (worked.has(account.server)) return undefined;
  return refused.get(account.server) ?? (worked.size === 0 ? [...refused.values()][0] : undefined);
}

/** Waits until nobody else is trying this password, then gives the turn, or the name of the server that refused it. */
export async function takeTurn(account: Account): Promise<Turn | string> {
  const entry = entryOf(account);
  if (isKnown(entry, account)) return refusedBy(account) ?? turnOf(entry, account, () => undefined);
  const release = await entry.mutex.acquire();
  const by = refusedBy(account);
  if (by === undefined) return turnOf(entry, account, release);
  release();
  return by;
}

/**
 * Runs a logon with a password once. `withheld` makes the error of a password that was refused before; any failure of
 * `logon` counts as a refusal unless `unheard` says that the password did not arrive.
 */
export async function withTurn<T>(
  account: Account,
  logon: () => Promise<T>,
  withheld: (by: string) => Error,
  unheard: (error: unknown) => boolean = () => false,
): Promise<T> {
  const turn = await takeTurn(account);
  if (typeof turn === "string") throw withheld(turn);
  try {
    const value = await logon();
    turn.worked();
    return value;
  } catch (error) {
    if (turn.known || unheard(error)) turn.unused();
    else turn.refused();
    throw error;
  }
}

function isKnown({ worked, everywhere }: Entry, { server }: Account): boolean {
  return worked.has(server) || (everywhere && worked.size > 0);
}

function turnOf(entry: Entry, account: Account, release: () => void): Turn {
  let over = false;
  const end = (note?: () => void) => (): void => {
    if (over) return;
    over = true;
    note?.();
    release();
  };
  return {
    known: isKnown(entry, account),
    worked: end(() => (entry.worked.add(account.server), entry.refused.delete(account.server))),
    refused: end(() => entry.refused.set(account.server, account.label)),
    unused: end(),
  };
}

function entryOf(account: Account): Entry {
  const { name, everywhere } = accountName(account);
  const digest = createHash("sha256").update(salt).update(account.password).digest("hex");
  const key = `${name}|${digest}`;
  const entry = entries.get(key) ?? { mutex: new Mutex(), everywhere, worked: new Set<string>(), refused: new Map<string, string>() };
  entries.set(key, entry);
  return entry;
}

/** One spelling for `CONTOSO\svc`, `svc@contoso.com` and `CN=svc,OU=Service,DC=contoso,DC=com`. */
function accountName({ user, server, label }: Account): { name: string; everywhere: boolean } {
  const text = user.trim().toLowerCase();
  const [, domain, name] = /^([^\\]*)\\(.+)$/.exec(text) ?? [];
  if (domain !== undefined && isServer(domain, server, label)) return { name: `${name} of ${server}`, everywhere: false };
  if (domain !== undefined) return { name: `${name}@${firstLabel(domain)}`, everywhere: true };
  const dn = /^cn=([^,]+),.*?\bdc=([^,]+)/.exec(text);
  if (dn) return { name: `${dn[1].trim()}@${dn[2].trim()}`, everywhere: true };
  const at = text.lastIndexOf("@");
  if (at > 0) return { name: `${text.slice(0, at)}@${firstLabel(text.slice(at + 1))}`, everywhere: true };
  return { name: text, everywhere: false };
}

function isServer(domain: string, server: string, label: string): boolean {
  return domain === "." || domain === firstLabel(server) || domain === label.toLowerCase();
}

const firstLabel = (name: string): string => name.split(/[.:]/)[0];

/**
 * Whether this process is part of a rehearsal (`npx pulumi-exchange rehearse`), and of which one. One environment variable names a file in
 * a private folder; it counts only as long as the command that wrote it runs, and only where Pulumi's backend is the rehearsal's own.
 * Where the variable is set and anything of that is not so, nothing may be done at all: a rehearsal that is none would really rotate.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { lookAtCopy } from "../base/copy";
import { ExchangeError } from "../base/errors";

/** Names the file. */
export const VARIABLE = "PULUMI_EXCHANGE_REHEARSAL";
/** Says to Pulumi where the state lies; it goes before what a project file says. */
export const BACKEND = "PULUMI_BACKEND_URL";
/** Beside the file: one answer a process, by its number. */
const ANSWERS = "answers";

export interface Door {
  host: string;
  port: number;
}

/** A server of the copy. */
export interface RehearsedServer {
  name: string;
  fqdn: string;
  /** Addresses under which the real one is known, `host:port` in lower case; beside its names. */
  addresses: string[];
  ssh: Door & { user: string; password: string; hostKey: string };
  smtp: Door;
  /** Edges only. */
  ldaps?: Door;
}

/** What the file holds. Its passwords are the lab's, made for this rehearsal. */
export interface Rehearsal {
  id: string;
  /** The one backend that a run of it may use. */
  backend: string;
  /** Process id of the command; the rehearsal ends with it. */
  owner: number;
  /** The doors present look-alikes of the real certificates. */
  copied: boolean;
  servers: RehearsedServer[];
  directory: { url: string; bindDn: string; password: string; baseDn: string };
}

/**
 * The rehearsal that this process is part of; undefined where there is none.
 * @throws REHEARSAL_ELSEWHERE where the variable is set, and this is not a run of that rehearsal
 */
export function currentRehearsal(env: NodeJS.ProcessEnv = process.env): Rehearsal | undefined {
  const file = env[VARIABLE];
  if (file === undefined) return undefined;
  const rehearsal = read(file);
  if (!isRunning(rehearsal.owner)) throw elsewhere("the command that it belonged to has ended");
  if (env[BACKEND] !== rehearsal.backend) throw elsewhere(`${BACKEND} is not the backend of the rehearsal's copy`);
  lookAtCopy(rehearsal.copied);
  return rehearsal;
}

function read(file: string): Rehearsal {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw elsewhere("the file that it names is not there");
  }
  try {
    const found = JSON.parse(text) as Partial<Rehearsal> | null;
    const { id, backend, owner, servers, directory } = found ?? {};
    if (id && backend && Number.isInteger(owner) && Array.isArray(servers) && directory) return found as Rehearsal;
  } catch {
    // said below
  }
  throw elsewhere("the file that it names holds no rehearsal");
}

/** Whether a process is there. That a signal cannot be sent to another user's says so, too. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function elsewhere(why: string): ExchangeError {
  return new ExchangeError("REHEARSAL_ELSEWHERE", `${VARIABLE} is set, and this is no run of a rehearsal: ${why}.`);
}

let answered: string | undefined;

/**
 * Tells the rehearsal, once a process, that this version of the package heard of it. Where there is none it does nothing.
 * @throws REHEARSAL_ELSEWHERE
 */
export function answerRehearsal(): void {
  const rehearsal = currentRehearsal();
  if (!rehearsal || answered === rehearsal.id) return;
  writeFileSync(join(answersOf(process.env[VARIABLE]!), String(process.pid)), rehearsal.id, { mode: 0o600 });
  answered = rehearsal.id;
}

/** Where the answers of a rehearsal's processes lie. @param file what the variable names */
export const answersOf = (file: string): string => join(dirname(file), ANSWERS);

/** Beside the file: where a run was stopped on purpose. */
const STOPS = "stops";

/** Tells a rehearsal that this process ends at a point that it asked for; elsewhere it does nothing. */
export function tellStop(name: string, env: NodeJS.ProcessEnv = process.env): void {
  if (currentRehearsal(env)) writeFileSync(join(dirname(env[VARIABLE]!), STOPS), name, { mode: 0o600 });
}

/** Where the run of a rehearsal was stopped; undefined where it was not. @param file what the variable names */
export function stopOf(file: string): string | undefined {
  const stops = join(dirname(file), STOPS);
  return existsSync(stops) ? readFileSync(stops, "utf8") : undefined;
}

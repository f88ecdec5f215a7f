/**
 * The hosts file of `report` and `resume`: JSON, server name → HostConnection, as the program passes it to the resources.
 * The line that the lab prints when it is ready is accepted as it is, so that a rehearsal needs no file of its own.
 */
import { readFile } from "node:fs/promises";
import { lookAtCopy } from "../base/copy";
import { ExchangeError } from "../base/errors";
import { decodeText, plainText } from "../base/text";
import { filePath } from "../remote/secrets";
import { validateHost, type HostConnection } from "../remote/hosts";

/** Server name, upper case → connection. */
export type Hosts = ReadonlyMap<string, HostConnection>;

/** Reads and checks a hosts file. @throws INVALID_ARGUMENT, UNKNOWN_ARGUMENT, HOST_KEY_REQUIRED */
export async function readHosts(file: string): Promise<Hosts> {
  let text: string;
  try {
    text = decodeText(await readFile(filePath(file))) ?? "";
  } catch (error) {
    throw wrong(`The hosts file ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? "error"}).`);
  }
  return parseHosts(text, file);
}

/** The hosts of a file's text, and whether they are those of a copy in the lab; `file` is for messages. Messages never quote the text: it may hold a password. */
export function parseHosts(text: string, file: string): Hosts {
  const given = parse(text, file);
  lookAtCopy(isRecord(given) && given.ready === true && typeof given.copiedAt === "string");
  const found = fromLab(given);
  if (!isRecord(found)) throw wrong(`${file} must hold an object: server name → connection.`);
  const entries = Object.entries(found);
  if (entries.length === 0) throw wrong(`${file} names no host.`);
  return new Map(entries.map(([name, value]) => [name.toUpperCase(), checked(name, value, file)]));
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(plainText(text));
  } catch (error) {
    // V8's message quotes the text around the fault
    const at = /line \d+ column \d+/.exec((error as Error).message);
    throw wrong(`${file} is not JSON${at ? ` (${at[0]})` : ""}.`);
  }
}

function checked(name: string, value: unknown, file: string): HostConnection {
  const [first] = validateHost(value, name);
  if (first) {
    const [, code, sentence] = /^\[(\w+)\] (.*)$/s.exec(first.reason)!;
    throw new ExchangeError(code as ExchangeError["code"], `${file}: ${sentence}`);
  }
  const host = value as HostConnection;
  return { name, ...host };
}

interface LabHost {
  name: string;
  ssh: { host: string; port: number; user: string; password: string; hostKey: string };
}

/** The lab's ready line as named connections; anything else as it is. */
function fromLab(value: unknown): unknown {
  if (!isRecord(value) || value.ready !== true || !Array.isArray(value.hosts)) return value;
  return Object.fromEntries((value.hosts as LabHost[]).map(({ name, ssh }) => [name, ssh]));
}

/** One host by its name, whatever the case. @throws INVALID_ARGUMENT */
export function hostNamed(hosts: Hosts, name: string, file: string): HostConnection {
  const found = hosts.get(name.toUpperCase());
  if (found) return found;
  throw wrong(`${file} names no host ${name}; it names ${[...hosts.keys()].join(", ")}.`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
function wrong(sentence: string): ExchangeError {
  return new ExchangeError("INVALID_ARGUMENT", sentence, { hint: "docs/commands.md shows what a hosts file looks like." });
}

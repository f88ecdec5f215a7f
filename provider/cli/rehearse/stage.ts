/** The private folder of a rehearsal: what its runs are told, where they answer, and nothing of it left at the end. */
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Ready } from "../../../lab/start";
import { answersOf, BACKEND, isRunning, VARIABLE, type Rehearsal } from "../../rehearsal";
import { nameOf, portOf } from "../../remote/hosts";
import type { Hosts } from "../hostsFile";

const FILE = "rehearsal.json";
const PREFIX = "pulumi-exchange-rehearsal-";

export class Stage {
  readonly id = randomUUID();
  readonly folder: string;
  /** What the variable names. */
  readonly file: string;
  /** URL of the copy's own backend. */
  readonly backend: string;

  constructor() {
    sweep();
    // mkdtemp makes it for this account alone
    this.folder = mkdtempSync(join(tmpdir(), PREFIX));
    this.file = join(this.folder, FILE);
    const state = join(this.folder, "state");
    this.backend = process.platform === "win32" ? pathToFileURL(state).href : `file://${state}`;
    for (const folder of [state, answersOf(this.file)]) mkdirSync(folder);
  }

  /** Tells where the lab's doors are. @param hosts under which addresses the real servers are known, beside their names */
  open(ready: Ready, hosts: Hosts = new Map()): void {
    const { url, bindDn, password, baseDn } = ready.directory;
    const servers = ready.hosts.map(({ name, fqdn, ssh, smtp, ldaps }) => {
      return { name, fqdn, addresses: addressesOf([name, fqdn], hosts), ssh, smtp, ...(ldaps && { ldaps }) };
    });
    const { id, backend } = this;
    const directory = { url, bindDn, password, baseDn };
    const rehearsal: Rehearsal = { id, backend, owner: process.pid, copied: ready.copiedAt !== undefined, servers, directory };
    writeFileSync(this.file, JSON.stringify(rehearsal), { mode: 0o600 });
  }

  /** The two variables that belong together. */
  get variables(): { [name: string]: string } {
    return { [VARIABLE]: this.file, [BACKEND]: this.backend };
  }

  /** Whether a provider process answered since the last call, with this rehearsal's id and with nothing else. */
  takeAnswer(): boolean {
    const folder = answersOf(this.file);
    const answers = readdirSync(folder).map((name) => join(folder, name));
    const said = answers.map((file) => readFileSync(file, "utf8"));
    for (const file of answers) rmSync(file);
    return said.length > 0 && said.every((id) => id === this.id);
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** What a command left that was killed: nobody can read it any more, its passphrase is gone. */
function sweep(): void {
  for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name);
    try {
      const { owner } = JSON.parse(readFileSync(join(folder, FILE), "utf8")) as { owner?: number };
      if (owner !== undefined && !isRunning(owner)) rmSync(folder, { recursive: true, force: true });
    } catch {
      // another user's, or one that is being made
    }
  }
}

function addressesOf(names: string[], hosts: Hosts): string[] {
  const own = [...hosts].filter(([name]) => names.some((one) => one.toUpperCase() === name));
  return own.map(([, host]) => `${nameOf(host)}:${portOf(host)}`);
}

/**
 * The journal of one Edge: what a rotation set out to do, what it found, and what it has done; on a Mailbox server the same for a
 * default certificate that is to stay. Hash-chained JSON lines in the host's working folder; an intent is durable before the cmdlet,
 * its result after it (rotation.md 12). It holds no secrets.
 */
import { createHash, randomUUID } from "node:crypto";
import { ExchangeError } from "../base/errors";
import { canonical } from "../base/json";
import type { Shell } from "../exchange/shell";
import { appendText, readText, writeText } from "./files";
import { inherited } from "./holders";
import type { HostFacts } from "../remote/protocol";
import type { Actor } from "./actor";
import { stepNamed, type StepId } from "./order";
import { rememberRotation } from "./outage";

export const JOURNAL_FILE = "journal.jsonl";
/** On an Edge the record of a default that is to stay has a file of its own: it is no window, and keeps nobody out. */
const DEFAULT_FILE = "default.jsonl";
/** `journal`: an Edge's window; `default`: the default that is to stay. A Mailbox server has no windows, and one file. */
export type JournalKind = "journal" | "default";

function fileOf(kind: JournalKind, { role }: HostFacts): string {
  return kind === "default" && role === "Edge" ? DEFAULT_FILE : JOURNAL_FILE;
}
export const JOURNAL_SCHEMA = 1;

/** What was there before the first change: the first snapshot wins. */
export interface OldState {
  defaultThumbprint: string | null;
  ldapsThumbprint: string | null;
  /** What STARTTLS presented; null = nothing answered or offered it. Missing in journals of earlier versions. */
  starttlsThumbprint?: string | null;
  transport: "Running" | "Paused" | "Stopped";
  subscribed: boolean;
  /** AD LDS and its dependants but transport: service → status. */
  services: { [name: string]: string };
}
export interface OpenEntry {
  type: "open";
  schema: number;
  id: string;
  stack: string;
  owner: string;
  edge: string;
  organization: string | null;
  site: string | null;
  hold: boolean;
  old: OldState;
  target: string | null;
}
export type Entry =
  | OpenEntry
  /** `holders`: who wants the Edge held; in lines of earlier versions its first owner alone. */
  | { type: "target"; target: string | null; owner: string; hold: boolean; holders?: readonly string[] }
  | { type: "intent"; step: string }
  | { type: "result"; step: string; outcome: "done" | "already" | "failed"; code?: string }
  /** EdgeSync is to be waited for once transport runs, and for how long. Earlier versions pass over it, and subscribe again. */
  | { type: "owes"; step: "sync"; seconds: number }
  | { type: "close"; reason: "finished" | "undone" | "abandoned" };
/** `boot`: the host's last start when the line was written (lines of earlier versions have none). */
export type Line = Entry & { at: string; run: string; fence: number; boot?: string; hash: string };

/** The journal folded into what matters now. */
export interface JournalState {
  open: boolean;
  id: string;
  stack: string;
  owner: string;
  edge: string;
  organization: string | null;
  site: string | null;
  /** Another resource starts transport: as long as one of `holders` wants it so. */
  hold: boolean;
  holders: readonly string[];
  /** The window was held at some time, so that more than its own steps may have happened in it. */
  everHeld: boolean;
  old: OldState;
  target: string | null;
  /** Every certificate that this rotation set out to make the default, the present target among them. */
  targets: readonly string[];
  since: string;
  /** Transport was suspended or stopped by us and has to be started again. */
  resumeOwed: boolean;
  /** A subscription file was exported in this window: AD LDS's store and every earlier file changed, whatever the target is now. */
  exported: boolean;
  /** EdgeSync is owed until transport runs, with its time limit in seconds; null where it is not. */
  syncOwed: number | null;
  /** The host's last start when transport was last taken out of service; null where it was not, or not known. */
  drainedBoot: string | null;
  /** Steps done since the present target was set. */
  done: ReadonlySet<string>;
}

const GENESIS = "0".repeat(64);

/** Names of the two steps whose entries carry the duty to resume. */
export const DRAIN = "drain" satisfies StepId;
export const START = "start" satisfies StepId;
/** And the two that tell whether AD LDS and the organisation agree. */
export const EXPORT = "export" satisfies StepId;
export const IMPORT = "import-subscription" satisfies StepId;
/** What has to follow every export, to the last: a new one makes the ones before it void. */
export const AFTER_EXPORT: readonly StepId[] = [IMPORT, "mend", "sync", "replica"];
/** The same two once transport runs: done late is done. */
const LATE: { readonly [step: string]: StepId } = { "late-sync": "sync", "late-replica": "replica" } satisfies {
  [step in StepId]?: StepId;
};

/** The organisation has the file, and the connectors are mended. */
export function isImported(state: JournalState | null): state is JournalState {
  return state?.open === true && state.exported && state.done.has(IMPORT) && state.done.has("mend");
}
/** All is done but EdgeSync, and transport runs: nothing of it calls for another drain. */
export function awaitsSync(state: JournalState | null): boolean {
  return isImported(state) && !state.resumeOwed && state.done.has(START) && !AFTER_EXPORT.every((step) => state.done.has(step));
}

function hashLine(previous: string, body: object): string {
  return createHash("sha256").update(previous).update(canonical(body)).digest("hex");
}

/** Lines of a journal text; a torn last line (a crash while appending) is dropped. @throws JOURNAL_UNREADABLE */
export function parseJournal(text: string, host: string): { lines: Line[]; torn: boolean } {
  const raw = text.split("\n");
  const tail = raw.pop() ?? "";
  const lines: Line[] = [];
  let previous = GENESIS;
  for (const [index, one] of raw.entries()) {
    const line = parseLine(one, previous);
    if (line === "garbage" && index === raw.length - 1 && tail === "") return { lines, torn: true };
    if (typeof line === "string") {
      throw new ExchangeError("JOURNAL_UNREADABLE", `${host}: line ${index + 1} of the journal is damaged.`, { host });
    }
    lines.push(line);
    previous = line.hash;
  }
  return { lines, torn: tail !== "" };
}

/** Garbage may be a torn write; a whole line that does not follow its predecessor never is. */
function parseLine(text: string, previous: string): Line | "garbage" | "broken chain" {
  try {
    const { hash, ...body } = JSON.parse(text) as Line;
    return hash === hashLine(previous, body) ? { ...body, hash } : "broken chain";
  } catch {
    return "garbage";
  }
}

/** What the lines amount to; null before the first `open`. @throws JOURNAL_UNREADABLE for a newer schema */
export function foldJournal(lines: Line[], host: string): JournalState | null {
  let state: (Omit<JournalState, "done"> & { done: Set<string> }) | null = null;
  for (const line of lines) {
    if (line.type === "open") {
      if (line.schema > JOURNAL_SCHEMA) {
        throw new ExchangeError("JOURNAL_UNREADABLE", `${host}: the journal was written by a newer version (schema ${line.schema}).`, {
          host,
        });
      }
      const { stack, owner, id, edge, organization, site, hold, old, target, at } = line;
      state = {
        open: true,
        id,
        stack,
        owner,
        edge,
        organization,
        site,
        hold,
        holders: hold ? [owner] : [],
        everHeld: hold,
        old,
        target,
        targets: withTarget([], target),
        since: at,
        resumeOwed: false,
        exported: false,
        syncOwed: null,
        drainedBoot: null,
        done: new Set(),
      };
    } else if (!state) {
      continue;
    } else if (line.type === "target") {
      state.owner = line.owner;
      state.holders = line.holders ?? inherited(state, line);
      state.hold = line.hold;
      state.everHeld ||= line.hold;
      if (state.target !== line.target) {
        state.done = new Set([...state.done].filter((step) => step === DRAIN));
        state.syncOwed = null;
      }
      state.target = line.target;
      state.targets = withTarget(state.targets, line.target);
    } else if (line.type === "close") {
      state.open = false;
    } else if (line.type === "owes") {
      state.syncOwed = line.seconds;
    } else {
      noteStep(state, line);
    }
  }
  return state;
}

function withTarget(targets: readonly string[], target: string | null): readonly string[] {
  return target === null || targets.includes(target) ? targets : [...targets, target];
}

type Noted = Pick<JournalState, "old" | "target" | "resumeOwed" | "exported" | "syncOwed" | "drainedBoot"> & { done: Set<string> };

/** A step under its present name, whatever version wrote the line. */
function stepOf({ old, target }: Noted, name: string): string {
  const isEdge = Object.keys(old.services ?? {}).length > 0;
  return stepNamed(name, { isEdge, restores: target !== null && target === old.defaultThumbprint }) ?? name;
}

function noteStep(state: Noted, line: Line): void {
  if (line.type !== "intent" && line.type !== "result") return;
  const step = stepOf(state, line.step);
  if (step === DRAIN) state.drainedBoot = line.boot ?? null;
  if (line.type === "intent") {
    if (step === DRAIN) state.resumeOwed = state.old.transport === "Running";
    if (step === START) state.done.delete(DRAIN);
    if (step === EXPORT) {
      state.exported = true;
      state.syncOwed = null;
      for (const after of AFTER_EXPORT) state.done.delete(after);
    }
    state.done.delete(step);
  } else if (line.outcome !== "failed") {
    state.done.add(step);
    if (step === START) state.resumeOwed = false;
    if (step in LATE) state.done.add(LATE[step]);
    if (AFTER_EXPORT.every((one) => state.done.has(one))) state.syncOwed = null;
  }
}

/** What a line says, without when and by whom. */
function entryOf({ at: _at, run: _run, fence: _fence, boot: _boot, hash: _hash, ...entry }: Line): Entry {
  return entry;
}

const textOf = (lines: readonly Line[]): string => lines.map((line) => JSON.stringify(line) + "\n").join("");

/** Reads the journal of a host without any lease. */
export async function readJournal(shell: Shell, kind: JournalKind = "journal"): Promise<JournalState | null> {
  const text = await readText(shell, fileOf(kind, shell.facts));
  const state = text === null ? null : foldJournal(parseJournal(text, shell.facts.name).lines, shell.facts.name);
  if (kind === "journal") rememberRotation(shell.facts, state, "read");
  return state;
}

/** Host and file → the last lines that a handler has left behind; false where the host did not take them. */
const underway = new Map<string, Promise<boolean>>();

/** An Edge's journal, open for writing under the Edge's lease. */
export class Journal {
  /** A write failed, and nobody knows how far it came: the host is asked before the next one, or the chain would break. */
  private uncertain = false;
  /** How many lines the host has. */
  private written: number;
  private tail: Promise<void> = Promise.resolve();

  private constructor(
    private readonly leased: Shell & { fence: number },
    private readonly actor: Actor,
    private lines: Line[],
    private readonly kind: JournalKind,
  ) {
    this.written = lines.length;
  }

  /** Loads the journal; a torn last line is mended before anything is appended. */
  static async load(leased: Shell & { fence: number }, actor: Actor, kind: JournalKind = "journal"): Promise<Journal> {
    const text = await readText(leased, fileOf(kind, leased.facts));
    const { lines, torn } = text === null ? { lines: [], torn: false } : parseJournal(text, leased.facts.name);
    const journal = new Journal(leased, actor, lines, kind);
    journal.before = underway.get(journal.place);
    if (torn) await journal.rewrite();
    if (kind === "journal") rememberRotation(leased.facts, journal.state, "read");
    return journal;
  }

  /** Lines on their way that this journal was read with. */
  private before?: Promise<boolean>;
  private get place(): string {
    return `${this.leased.facts.fqdn.toLowerCase()}|${this.file}`;
  }
  private get file(): string {
    return fileOf(this.kind, this.leased.facts);
  }
  get state(): JournalState | null {
    return foldJournal(this.lines, this.leased.facts.name);
  }
  get isOpen(): boolean {
    return this.state?.open ?? false;
  }

  /** Begins a new journal; the closed one before it is kept once. Durable before anything is done: it says whose window is open. */
  async open(entry: Omit<OpenEntry, "type" | "schema" | "id" | "stack" | "owner" | "edge">): Promise<void> {
    await this.settle();
    const previous = textOf(this.lines);
    const { owner, stack } = this.actor;
    this.lines = [];
    this.push({ type: "open", schema: JOURNAL_SCHEMA, id: randomUUID(), stack, owner, edge: this.leased.facts.name, ...entry });
    await this.certainly(Promise.all([previous && this.keep(previous), this.rewrite()]));
  }

  /** Appends one entry durably, and what was deferred before it. One append after the other: each line holds the hash of the one before. */
  append(...entries: Entry[]): Promise<void> {
    return this.inTurn(async () => {
      await this.settle();
      for (const entry of entries) this.push(entry);
      await this.write();
    });
  }

  /**
   * Keeps a result, a new target or what is owed for the next append. Should the process end before, its intent stands there without one, as after a kill in the middle
   * of the step: the next run probes.
   */
  defer(entry: Extract<Entry, { type: "result" | "target" | "owes" }>): void {
    this.push(entry);
  }

  /** Writes what was deferred. */
  flush(): Promise<void> {
    return this.writeOut();
  }

  /**
   * The same without waiting: results alone, which the next handler of this window reads behind it. Where the host does not take them, they are
   * missing as after a kill, and whoever writes next reads anew what there is.
   */
  leave(): void {
    const { place } = this;
    const taken = this.writeOut({ counts: true }).then(
      () => true,
      () => false,
    );
    underway.set(place, taken);
    void taken.then((isTaken) => isTaken && underway.get(place) === taken && underway.delete(place));
  }

  private writeOut(options: { counts?: boolean } = {}): Promise<void> {
    return this.inTurn(async () => {
      await this.settle();
      await this.write(options);
    });
  }
  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.tail.then(work);
    this.tail = done.catch(() => undefined);
    return done;
  }

  /** Lines that the host does not have yet, in one append. */
  private async write(options: { counts?: boolean } = {}): Promise<void> {
    const lines = this.lines.slice(this.written);
    if (lines.length === 0) return;
    this.written = this.lines.length;
    await this.certainly(appendText(this.leased, this.file, textOf(lines), options));
  }

  private keep(previous: string): Promise<void> {
    return writeText(this.leased, this.file.replace(".", ".previous."), previous);
  }

  private async certainly(write: Promise<unknown>): Promise<void> {
    try {
      await write;
      if (this.kind === "journal") rememberRotation(this.leased.facts, this.state, "written");
    } catch (error) {
      this.uncertain = true;
      throw error;
    }
  }

  /** After a failed write: what the host has is what counts; what was deferred since follows it. */
  private async settle(): Promise<void> {
    if (this.before && !(await this.before)) this.uncertain = true;
    this.before = undefined;
    if (!this.uncertain) return;
    const deferred = this.lines.slice(this.written);
    underway.delete(this.place);
    this.lines = (await Journal.load(this.leased, this.actor, this.kind)).lines;
    this.written = this.lines.length;
    this.uncertain = false;
    for (const line of deferred) this.push(entryOf(line));
  }

  private push(entry: Entry): Line {
    const body = { ...entry, at: new Date().toISOString(), run: this.actor.run, fence: this.leased.fence, boot: this.leased.facts.boot };
    const line = { ...body, hash: hashLine(this.lines.at(-1)?.hash ?? GENESIS, body) };
    this.lines.push(line);
    return line;
  }
  private rewrite(): Promise<void> {
    this.written = this.lines.length;
    return writeText(this.leased, this.file, textOf(this.lines));
  }
}

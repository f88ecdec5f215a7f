/**
 * What this process knows of the records in a host's working folder. While it holds the host's lease nobody else changes them, so
 * each is read once; whoever took the lease from us has a higher fence, and then nothing that we decided is carried out.
 */
import { forgetReadings } from "../remote/readings";

interface Records {
  /** Text by path; null = there is no such file. */
  readonly texts: Map<string, string | null>;
  /** Grows with each change that is begun or ended: what was read around one is not kept. */
  changes: number;
}

const known = new Map<string, Records>();
const recordsOf = (fqdn: string): Records | undefined => known.get(fqdn.toLowerCase());

/** The lease is ours: from now on what is read or written is remembered. */
export function beginRecords(fqdn: string): void {
  known.set(fqdn.toLowerCase(), { texts: new Map(), changes: 0 });
}
/** The lease is given back, or nobody knows whose it is. */
export function endRecords(fqdn: string): void {
  known.delete(fqdn.toLowerCase());
}
/** The lease stays ours, but a change whose reply was lost may have been made, or another connection leads to the host. */
export function doubtRecords(fqdn: string): void {
  forgetReadings();
  const records = recordsOf(fqdn);
  if (!records) return;
  records.texts.clear();
  records.changes += 1;
}

/** What the file holds: from memory where it is certain, else as `read` finds it. */
export async function recall(fqdn: string, path: string, read: () => Promise<string | null>): Promise<string | null> {
  const records = recordsOf(fqdn);
  const text = records?.texts.get(path);
  if (text !== undefined) return text;
  const changes = records?.changes;
  const found = await read();
  if (records && records.changes === changes) records.texts.set(path, found);
  return found;
}

/** What is remembered of the file; undefined = nothing. */
export function remembered(fqdn: string, path: string): string | null | undefined {
  return recordsOf(fqdn)?.texts.get(path);
}

/**
 * A change of a file: nothing is known of it until the reply is there; then what `after` makes of the reply (undefined = nothing).
 * `expected`: what will be there when anything that is asked now is answered, and is taken for it until the reply says otherwise.
 */
export async function whileChanging<T>(
  fqdn: string,
  path: string,
  change: Promise<T>,
  after: (reply: T) => string | null | undefined,
  expected?: string,
): Promise<T> {
  const records = recordsOf(fqdn);
  const noteChange = (): void => {
    if (!records) return;
    records.texts.delete(path);
    records.changes += 1;
  };
  noteChange();
  if (expected !== undefined) records?.texts.set(path, expected);
  const reply = await change.finally(noteChange);
  const text = after(reply);
  if (records && text !== undefined) records.texts.set(path, text);
  return reply;
}

/**
 * The end of the provider process: the engine sends SIGINT and kills after 5 s (pulumi.md 1.7). Leases are given back before.
 * An engine that was killed says nothing: an orphan that went on would keep its leases alive, and write into closed pipes.
 */
import { connect } from "node:net";
import { isAnyOut, serversInWords } from "../base/edges";
import { note, setWatched, setCopy } from "../base/progress";
import { fileWriter, progressFile } from "../base/progressFile";
import { hasWatcher } from "../base/terminal";
import { closeAll } from "../remote/sessions";
import { releaseLeases } from "../rotation/leasedShell";

const LIMIT_MS = 3_000;
const WATCH_MS = 3_000;
let installed = false;

/** Installs the handler once, and only in Pulumi's dynamic provider process. */
export function releaseAtEnd(argv: readonly string[] = process.argv): void {
  if (installed || !argv.some((one) => /dynamic-provider/.test(one))) return;
  installed = true;
  setWatched(hasWatcher());
  const file = progressFile();
  if (file !== undefined) setCopy(fileWriter(file));
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => void leave());
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => void leave());
  watchEngine(argv.at(-1) ?? "");
}

/** The engine's address is the last argument; when nobody listens there any more, the run is over. */
function watchEngine(address: string): void {
  const [, host, port] = /^(.+):(\d+)$/.exec(address) ?? [];
  if (!host || !Number(port)) return;
  const look = (): void => {
    const socket = connect({ host, port: Number(port) });
    socket.once("connect", () => socket.destroy());
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") void leave();
    });
  };
  setInterval(look, WATCH_MS).unref();
}

let busy = 0;

/** Work on the servers: who interrupts it is told in what state they are. */
export async function during<T>(work: () => Promise<T>): Promise<T> {
  busy += 1;
  try {
    return await work();
  } finally {
    busy -= 1;
  }
}

/** Out of memory and before anything else: three seconds are soon over. An Edge that a finished run holds back is told too. */
function sayState(): void {
  if (leaving || (busy === 0 && !isAnyOut())) return;
  const way = busy > 0 ? "`pulumi up --refresh`" : "`pulumi up`";
  for (const line of serversInWords(new Date(), way).split("\n")) note(line);
}

let leaving = false;

async function leave(): Promise<void> {
  if (leaving) return;
  sayState();
  leaving = true;
  const limit = setTimeout(() => process.exit(0), LIMIT_MS);
  try {
    await releaseLeases();
    await closeAll();
  } finally {
    clearTimeout(limit);
    process.exit(0);
  }
}

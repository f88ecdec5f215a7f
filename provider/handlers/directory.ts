/** Reads that the directory answers: what is missing there is believed of two witnesses only, and a server that is down is waited for once. */
import { ExchangeError, isExchangeError } from "../base/errors";
import type { DirectoryView } from "../directory";
import type { HostConnection } from "../remote/hosts";
import type { HostSession } from "../remote/sessions";
import type { Context } from "./types";

/** What a directory says of one object; `undefined` where it says nothing. */
type InView<T> = (view: DirectoryView) => T | null | undefined;

/**
 * An object out of the directory, else from the shell: an account without the right to an object sees none, so that what is missing is
 * asked of Exchange before anybody believes that it is gone. `says`: whether the shell's answer is more than nothing. @throws DIRECTORY_UNREADABLE with `directory.required`
 */
export async function fromDirectory<T>(
  ctx: Context,
  host: HostConnection,
  what: string,
  inView: InView<T>,
  inShell: () => Promise<T>,
  says: (seen: T) => boolean = (seen) => seen !== null && seen !== undefined,
): Promise<T> {
  const view = (await ctx.directory?.(host)) ?? null;
  if (view === null) return inShell();
  const found = inView(view);
  if (found !== null && found !== undefined) return found;
  const seen = await inShell();
  if (!says(seen)) return seen;
  const sentence = `${host.directory!.url} does not show ${what}, and Exchange does.`;
  const error = new ExchangeError("DIRECTORY_UNREADABLE", sentence, { host: host.directory!.url });
  if (host.directory!.required) throw error;
  warnOnce(ctx, view, error);
  return seen;
}

const warned = new WeakSet<DirectoryView>();
function warnOnce(ctx: Context, view: DirectoryView, { code, sentence, hint }: ExchangeError): void {
  if (warned.has(view)) return;
  warned.add(view);
  ctx.warn(`[${code}] ${sentence} Exchange's shell is asked for what is missing. Hint: ${hint}`);
}

/** The session; null where the server is down and the directory answers in its place. */
export async function sessionIfUp(ctx: Context, host: HostConnection): Promise<HostSession | null> {
  const view = (await ctx.directory?.(host)) ?? null;
  if (view === null) return ctx.session(host);
  try {
    return await ctx.session(host);
  } catch (error) {
    if (!isExchangeError(error, "HOST_UNREACHABLE", "CONNECTION_LOST", "CALL_TIMEOUT")) throw error;
    if (!missed.has(error)) {
      missed.add(error);
      ctx.warn(`[${error.code}] ${error.sentence} What the directory does not hold stays as the stack last saw it.`);
    }
    return null;
  }
}
/** Failures are shared within a refresh: each is told once. */
const missed = new WeakSet<Error>();

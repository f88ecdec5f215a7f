/** Which shell sshd starts commands with, from what it makes of one question. */

/** What a host makes of `SHELL_QUESTION`. */
export type ShellLook = "cmd" | "powershell" | "posix" | "silent" | "unknown";

/** Each shell shows itself in what it makes of this; it changes nothing. */
export const SHELL_QUESTION = "echo pulumi-exchange:%ComSpec%:$PSHOME";

/** Reads the answer to `SHELL_QUESTION`. */
export function shellOf(output: string): ShellLook {
  const rest = /pulumi-exchange:(.*)/.exec(output)?.[1].trim();
  if (rest === undefined) return "silent";
  if (!rest.startsWith("%ComSpec%:")) return "cmd";
  const home = rest.slice("%ComSpec%:".length);
  if (home === "") return "posix";
  return home.startsWith("$") ? "unknown" : "powershell";
}

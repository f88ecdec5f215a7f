/** The user's own command, taken apart: what the runs in the copy keep of it, and what cannot be rehearsed. */
import { basename, resolve } from "node:path";
import { ExchangeError } from "../../base/errors";

/** `pulumi up …` as it was given. */
export interface CommandLine {
  /** The program as it was typed. */
  program: string;
  /** Folder of the project. */
  cwd: string;
  /** Stack that was named; undefined: the selected one. */
  stack?: string;
  /** The user's config file, where one was named. */
  configFile?: string;
  /** Everything else, for `up`. */
  rest: string[];
  /** Whether the run begins with a refresh. */
  refreshes: boolean;
}

/** Flags of `up` with a value, as far as they have to be told from what stands behind them; the others keep their form. */
const TAKEN = { "--stack": "stack", "-s": "stack", "--config-file": "configFile", "--cwd": "cwd", "-C": "cwd" } as const;
type Taken = (typeof TAKEN)[keyof typeof TAKEN];

/** What `preview` does not know, with the number of values behind it. */
const NOT_OF_PREVIEW: { readonly [flag: string]: number } = {
  "--yes": 0,
  "-y": 0,
  "--skip-preview": 0,
  "-f": 0,
  "--continue-on-error": 0,
  "--strict": 0,
  "--suppress-permalink": 0,
  "--plan": 1,
};
const REFRESH = ["--refresh", "-r"];
const REFUSED: { readonly [flag: string]: string } = {
  "--remote": "a deployment on Pulumi's servers knows nothing of the copy",
  "--secrets-provider": "the copy has a secrets provider of its own",
};

/** @throws REHEARSAL_IMPOSSIBLE where it is no local `pulumi up` */
export function readCommandLine(given: readonly string[], cwd = process.cwd()): CommandLine {
  const [program = "", ...rest] = given;
  if (!/^pulumi(\.exe|\.cmd)?$/i.test(basename(program))) {
    throw impossible(
      `${program || "Nothing"} stands behind \`--\`, and only a local \`pulumi up\` can be rehearsed.`,
      "Write `-- pulumi up --yes`.",
    );
  }
  const line: CommandLine = { program, cwd, rest: [], refreshes: false };
  let verb: string | undefined;
  for (let index = 0; index < rest.length; index++) {
    const word = rest[index];
    const [flag, inline] = split(word);
    if (REFUSED[flag] || /^--remote-/.test(flag)) throw impossible(`${flag} cannot be rehearsed: ${REFUSED[flag] ?? REFUSED["--remote"]}.`);
    const taken: Taken | undefined = TAKEN[flag as keyof typeof TAKEN];
    if (taken) line[taken] = inline ?? rest[++index];
    else if (verb === undefined && !word.startsWith("-")) verb = word;
    else line.rest.push(word);
    if (REFRESH.includes(flag) && inline !== "false") line.refreshes = true;
  }
  if (!["up", "update"].includes(verb ?? "")) throw impossible(`\`pulumi ${verb ?? ""}\` cannot be rehearsed, only \`pulumi up\`.`);
  return { ...line, cwd: resolve(cwd, line.cwd) };
}

/** The arguments of a preview of the same run. */
export function previewArguments({ rest }: CommandLine, refresh: boolean): string[] {
  const kept: string[] = [];
  for (let index = 0; index < rest.length; index++) {
    const [flag] = split(rest[index]);
    const values = NOT_OF_PREVIEW[flag];
    if (values === undefined && !REFRESH.includes(flag) && !["--json", "-j", "--diff"].includes(flag)) kept.push(rest[index]);
    else if (values === 1 && !rest[index].includes("=")) index++;
  }
  return ["preview", "--json", "--non-interactive", ...kept, `--refresh=${String(refresh)}`];
}

/** `--stack=dev` in two; `-sdev` as pulumi takes it. */
function split(word: string): [flag: string, value?: string] {
  const long = /^(--[a-z-]+)=(.*)$/s.exec(word);
  if (long) return [long[1], long[2]];
  const short = /^(-[sC])=?(.+)$/s.exec(word);
  return short ? [short[1], short[2]] : [word];
}

export function impossible(sentence: string, hint?: string): ExchangeError {
  return new ExchangeError("REHEARSAL_IMPOSSIBLE", sentence, hint === undefined ? {} : { hint });
}

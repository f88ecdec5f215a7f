/**
 * `npm run lab -- --scenario <name or file>`: starts the lab and prints one line of JSON on stdout when it is ready;
 * progress goes to stderr. Ends on SIGTERM or SIGINT, or when stdin closes with `--until-stdin-closes`.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { issuedCertificates } from "./issued";
import { addOfficial } from "./official";
import { WrongInput } from "./model/wrongInput";
import { readToggles } from "./toggles/file";
import { DEFAULT_SPEED, type Lab, startLab } from "./start";

interface Flags {
  scenario: string;
  toggles?: string;
  speed: number;
  untilStdinCloses?: boolean;
  writeCertificates?: string;
}

const positive = (text: string): number => {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError("must be a number above 0.");
  return value;
};

/** As it was called: npm tells its script's name. */
const calledBy = (script = process.env.npm_lifecycle_event): string => (script === "lab" ? "npm run lab --" : "npx pulumi-exchange lab");

/** The command, also used by `npx pulumi-exchange lab`. */
export function labCommand(name = calledBy()): Command {
  const lab = new Command(name)
    .description("Starts a simulated Exchange organisation and prints where its doors are, as one line of JSON.")
    .requiredOption("--scenario <name or file>", "name of a scenario, or path of a scenario file", "contoso")
    .option("--toggles <file.json>", "open points as `pulumi-exchange conformance` saw them, or an object of toggles and values")
    .option("--speed <factor>", "divides latencies and start costs; 1 = real", positive, DEFAULT_SPEED)
    .option("--until-stdin-closes", "end when standard input closes")
    .option("--write-certificates <folder>", "write the scenario's certificates there as PFX and PEM files")
    .action(async (flags: Flags) => {
      await run(flags);
    });
  return addOfficial(lab);
}

const note = (line: string): void => void process.stderr.write(`lab: ${line}\n`);

async function run(flags: Flags): Promise<void> {
  // Listeners come first: a signal during the start must end the lab as well.
  const ended = untilEnd(flags.untilStdinCloses ?? false);
  const toggles = flags.toggles === undefined ? {} : await togglesOf(flags.toggles);
  const lab = await startLab({ scenario: flags.scenario, toggles, speed: flags.speed, onProgress: note });
  if (flags.writeCertificates !== undefined) await writeCertificates(lab, flags.writeCertificates);
  process.stdout.write(`${JSON.stringify(lab.ready)}\n`);
  note(`ending: ${await ended}`);
  await lab.close();
  process.exit(0);
}

async function togglesOf(file: string): Promise<{ [name: string]: unknown }> {
  const { toggles, different, unseen } = await readToggles(file).catch((error: NodeJS.ErrnoException) => {
    throw new WrongInput(error.code ? `the file ${file} cannot be read (${error.code}).` : error.message, { cause: error });
  });
  note(`${file}: ${different.map((name) => `${name} ${String(toggles[name])}`).join(", ") || "every toggle has its default"}`);
  if (unseen.length > 0) note(`${file}: not seen, so by default: ${unseen.join(", ")}`);
  return toggles;
}

function untilEnd(stdin: boolean): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve(signal));
    if (!stdin) return;
    process.stdin.once("end", () => resolve("standard input closed"));
    process.stdin.once("error", () => resolve("standard input failed"));
    process.stdin.resume();
  });
}

/** `<name>.pfx`, `<name>.pem` and one `certificates.json` with passwords and descriptions. */
async function writeCertificates(lab: Lab, folder: string): Promise<void> {
  const issued = issuedCertificates(lab.organisation);
  await mkdir(folder, { recursive: true });
  for (const { name, pfx, pem } of issued) {
    await writeFile(join(folder, `${name}.pfx`), Buffer.from(pfx, "base64"), { mode: 0o600 });
    await writeFile(join(folder, `${name}.pem`), pem);
  }
  const index = issued.map(({ name, password, description }) => ({ name, file: `${name}.pfx`, password, description }));
  await writeFile(join(folder, "certificates.json"), `${JSON.stringify(index, null, 2)}\n`, { mode: 0o600 });
  note(`wrote ${issued.length} certificates to ${folder}`);
}

/** 0 after help, 2 on wrong use, 1 otherwise. */
function exitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof WrongInput ? 2 : 1;
}

if (require.main === module) {
  const lab = labCommand();
  for (const command of [lab, ...lab.commands]) command.exitOverride();
  lab.parseAsync().catch((error: unknown) => {
    // commander has printed its own errors already
    if (!(error instanceof CommanderError)) note(error instanceof Error ? error.message : String(error));
    // Not by itself: with --until-stdin-closes standard input keeps the process alive.
    process.exit(exitCode(error));
  });
}

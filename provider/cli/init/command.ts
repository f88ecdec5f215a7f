/** `init`: a Pulumi project for what is there. Reads only, and writes nothing but the project's folder. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { ExchangeError } from "../../base/errors";
import { plural } from "../../base/text";
import { packageRoot } from "../../remote/agentScript";
import { DONE, FAILED, type ExitCode } from "../exit";
import { readHosts, type Hosts } from "../hostsFile";
import { DEFAULT_HOURS } from "../options";
import { print, progressToStderr } from "../output";
import { missingIn, takeSnapshot, type Snapshot } from "../snapshot/take";
import { certificatesOf, GITIGNORE, hostsJson, packageJson, pulumiYaml, readme, tsconfigJson } from "./files";
import { planProject, type Plan } from "./plan";
import { programText, slug } from "./program";

interface Flags {
  hosts: string;
  out: string;
}

export function addInit(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command("init")
    .description("write a Pulumi project for the live organisation, which its first `pulumi up` adopts; changes nothing on any server")
    .requiredOption(
      "--hosts <file.json>",
      "the hosts file: server name → connection; name the Edges and the Mailbox servers of their sites",
    )
    .option("--out <folder>", "the project's folder; must be empty or not there", "exchange-certificates")
    .addHelpText(
      "after",
      "\nEnds with 0, with 1 when something could not be read or needs a decision (it is listed), with 2 when no server could be entered.",
    )
    .action(async (flags: Flags) => finish(await init(flags)));
}

async function init({ hosts: file, out }: Flags): Promise<ExitCode> {
  progressToStderr();
  refuseFilled(out);
  const hosts = await readHosts(file);
  const snapshot = await takeSnapshot(hosts, DEFAULT_HOURS);
  const plan = planProject(snapshot);
  const files = projectFiles(snapshot, plan, hosts, new Date());
  await writeProject(out, files);
  for (const line of told(plan, hosts, out, Object.keys(files))) print(line);
  return plan.open.length > 0 || missingIn(snapshot).length > 0 ? FAILED : DONE;
}

function refuseFilled(out: string): void {
  if (!existsSync(out) || readdirSync(out).length === 0) return;
  throw new ExchangeError("INVALID_ARGUMENT", `The folder ${out} is not empty.`, {
    hint: "Name another one with --out; nothing is overwritten.",
  });
}

/** Path in the folder → text. */
export function projectFiles(snapshot: Snapshot, plan: Plan, hosts: Hosts, now: Date): { [path: string]: string } {
  const { version, peerDependencies } = JSON.parse(readFileSync(join(packageRoot(__dirname), "package.json"), "utf8")) as {
    version: string;
    peerDependencies: { [name: string]: string };
  };
  const organisation = snapshot.organisation ?? "Exchange";
  const project = `${slug(organisation) || "exchange"}-certificates`;
  const { text, variables } = hostsJson(hosts);
  return {
    "Pulumi.yaml": pulumiYaml(project),
    "package.json": packageJson(project, version, peerDependencies),
    "tsconfig.json": tsconfigJson(),
    ".gitignore": GITIGNORE,
    "hosts.json": text,
    "index.ts": programText(plan, organisation, now),
    "README.md": readme(organisation, variables, plan),
    ...Object.fromEntries(certificatesOf(plan).map(({ file, certificate }) => [`certificates/${file}`, certificate.pem])),
  };
}

async function writeProject(out: string, files: { [path: string]: string }): Promise<void> {
  try {
    await mkdir(join(out, "certificates"), { recursive: true });
    for (const [path, text] of Object.entries(files)) await writeFile(join(out, path), text);
  } catch (error) {
    throw new ExchangeError("INVALID_ARGUMENT", `${out} cannot be written (${(error as NodeJS.ErrnoException).code ?? "error"}).`);
  }
}

function told({ fleets, mailbox, send, receive, hybrid, open }: Plan, hosts: Hosts, out: string, files: string[]): string[] {
  const { variables } = hostsJson(hosts);
  const edges = fleets.flatMap((fleet) => fleet.edges.map(({ server }) => server));
  const connectors = fleets.flatMap(({ sendConnectors }) => sendConnectors).length + send.length + receive.length;
  const parts = [
    plural(edges.length, "Edge") + (edges.length > 0 ? ` (${edges.join(", ")})` : ""),
    plural(mailbox.length, "certificate") + " of Mailbox servers",
    plural(connectors, "connector"),
  ];
  return [
    `${resolve(out)}: ${files.length} files. ${[...parts, ...(hybrid ? ["the hybrid configuration"] : [])].join(", ")}.`,
    ...open.map((one) => `to decide: ${one}`),
    `Next: cd ${out} && npm install && pulumi stack init prod`,
    `Then: ${variables.length > 0 ? `set ${variables.join(", ")}, and run ` : ""}pulumi up`,
  ];
}

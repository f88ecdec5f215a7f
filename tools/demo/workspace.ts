/** The quickstart as a Pulumi stack of its own: real engine, inline program, state in a temporary folder. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { LocalWorkspace, PulumiCommand, type PulumiFn, type Stack } from "@pulumi/pulumi/automation";
import type { ConnectionArgs } from "../../provider";
import type { IssuedCertificate } from "../../lab/issued";
import type { ReadyHost } from "../../lab/start";

/** The checkout's root, seen from dist/tools/demo. */
export const ROOT = resolve(__dirname, "..", "..", "..");
const PROGRAM = join(ROOT, "dist", "examples", "quickstart");
const PROJECT = "pulumi-exchange-quickstart";
const STACK = "demo";
const CERTIFICATES = "certificates";

export interface Workspace {
  stack: Stack;
  /** Points the program to another certificate, as `pulumi config set pfxFile …` would. */
  use(certificate: string): void;
  /** Values that must never be seen in state or output. */
  secrets: string[];
}

/** @throws Error in words when there is no Pulumi CLI on PATH */
export async function findPulumi(): Promise<PulumiCommand> {
  try {
    return await PulumiCommand.get();
  } catch (error) {
    throw new Error("No usable Pulumi CLI on PATH. `npm run demo` provides one; so does pulumi.com/docs/install.", { cause: error });
  }
}

/** Writes the PFX files and makes the stack. The program finds servers and certificate in its environment, as in a pipeline. */
export async function openWorkspace(
  folder: string,
  pulumiCommand: PulumiCommand,
  hosts: ReadyHost[],
  certificates: IssuedCertificate[],
): Promise<Workspace> {
  for (const part of [CERTIFICATES, "state", "home"]) mkdirSync(join(folder, part));
  // The provider process looks for packages from its working folder up.
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"), "junction");
  for (const { name, pfx } of certificates) writeFileSync(join(folder, pfxFile(name)), Buffer.from(pfx, "base64"), { mode: 0o600 });
  const envVars = environment(folder, hosts);
  const projectSettings = { name: PROJECT, runtime: "nodejs" as const, backend: { url: `file://${join(folder, "state")}` } };
  const program = { stackName: STACK, projectName: PROJECT, program: quickstart };
  const stack = await LocalWorkspace.createStack(program, { workDir: folder, pulumiCommand, envVars, projectSettings });
  const secrets = [...hosts.map(({ ssh }) => ssh.password), ...certificates.map(({ password }) => password)].filter(Boolean);
  const use = (certificate: string): void => {
    process.env.EXCHANGE_PFX_FILE = pfxFile(certificate);
    const password = certificates.find(({ name }) => name === certificate)?.password;
    if (password === undefined) throw new Error(`The lab has no certificate ${certificate}.`);
    stack.workspace.envVars.EXCHANGE_PFX_PASSWORD = password;
  };
  return { stack, use, secrets };
}

const pfxFile = (certificate: string): string => `${CERTIFICATES}/${certificate}.pfx`;

/** Loaded anew for each run: an ordinary program registers its resources while it is being loaded. */
const quickstart: PulumiFn = () => {
  for (const file of Object.keys(require.cache)) if (file.startsWith(PROGRAM)) delete require.cache[file];

  return Promise.resolve(require(PROGRAM) as Record<string, unknown>);
};

function environment(folder: string, hosts: ReadyHost[]): Record<string, string> {
  const passwords = Object.fromEntries(hosts.map(({ name, ssh }) => [passwordVariable(name), ssh.password]));
  process.env.EXCHANGE_HOSTS = JSON.stringify(Object.fromEntries(hosts.map((host) => [host.name, connection(host)])));
  return {
    ...passwords,
    PULUMI_CONFIG_PASSPHRASE: "demo",
    PULUMI_HOME: join(folder, "home"),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}

const passwordVariable = (server: string): string => `${server}_PASSWORD`;

function connection({ name, ssh }: ReadyHost): ConnectionArgs {
  const { host, port, user, hostKey } = ssh;
  return { host, port, user, hostKey, password: { env: passwordVariable(name) } };
}

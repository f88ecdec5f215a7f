/** The examples as Pulumi programs on a test's own stack: servers and files come from the environment, as in a pipeline. */
import Module from "node:module";
import { join } from "node:path";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import type { Lab } from "../../../lab/start";

const EXAMPLES = join(__dirname, "..", "..", "..", "examples");

/** Files of an example that a test stands in for: name without ending → what they export. */
type StandIns = { [file: string]: object };

/** An example's program; `env` is what the program itself reads. Loaded anew for each run, as a program is. */
export function example(name: string, lab: Lab, env: { [name: string]: string } = {}, standIns: StandIns = {}): PulumiFn {
  const folder = join(EXAMPLES, name);
  return async () => {
    const before = { ...process.env };
    Object.assign(process.env, { EXCHANGE_HOSTS: hosts(lab), ...env });
    for (const file of Object.keys(require.cache)) if (file.startsWith(folder)) delete require.cache[file];
    for (const [file, exports] of Object.entries(standIns)) standIn(join(folder, `${file}.js`), exports);
    try {
      return await Promise.resolve(require(folder) as Record<string, unknown>);
    } finally {
      for (const key of ["EXCHANGE_HOSTS", ...Object.keys(env)]) restore(key, before[key]);
    }
  };
}

function standIn(file: string, exports: object): void {
  const module = new Module(file);
  require.cache[file] = Object.assign(module, { exports, loaded: true });
}

function restore(key: string, value: string | undefined): void {
  if (value === undefined) delete process.env[key];
  else process.env[key] = value;
}

const variable = (server: string): string => `${server}_PASSWORD`;

function hosts(lab: Lab): string {
  const all = lab.ready.hosts.map(({ name, ssh: { password: _reference, ...ssh } }) => [
    name,
    { ...ssh, password: { env: variable(name) } },
  ]);
  return JSON.stringify(Object.fromEntries(all));
}

/** The passwords, for the provider process. */
export function passwords(lab: Lab): { [name: string]: string } {
  return Object.fromEntries(lab.ready.hosts.map(({ name, ssh }) => [variable(name), ssh.password]));
}

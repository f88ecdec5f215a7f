/** The server, from the stack's configuration or, in a pipeline, from the environment. */
import type * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "pulumi-exchange";

/** Environment variable with the same JSON as the configuration key `hosts`; it wins over the configuration. */
const VARIABLE = "EXCHANGE_HOSTS";

type Hosts = { [name: string]: ConnectionArgs | undefined };

/** One JSON object: server name → how to connect. Passwords are references, so the value itself is no secret. */
export function readHost(config: pulumi.Config, name: string): ConnectionArgs {
  const fromEnvironment = process.env[VARIABLE];
  const hosts = fromEnvironment ? parse(fromEnvironment) : config.requireObject<Hosts>("hosts");
  const found = hosts[name];
  if (!found) throw new Error(`The configuration key hosts (or ${VARIABLE}) names no server ${name}.`);
  return { name, ...found };
}

/** A byte order mark is what Windows PowerShell 5.1 puts in front of what it reads from or writes to a file. */
function parse(text: string): Hosts {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, "")) as Hosts;
  } catch {
    throw new Error(`The environment variable ${VARIABLE} is not JSON; it holds one object: server name → how to connect.`);
  }
}

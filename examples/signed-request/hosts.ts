/** The server, from the stack's configuration or, in a pipeline, from the environment. */
import type * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "pulumi-exchange";

/** Environment variable with the same JSON as the configuration key `hosts`; it wins over the configuration. */
const VARIABLE = "EXCHANGE_HOSTS";

/** One JSON object: server name → how to connect. Passwords are references, so the value itself is no secret. */
export function readHost(config: pulumi.Config, name: string): ConnectionArgs {
  const fromEnvironment = process.env[VARIABLE];
  type Hosts = { [name: string]: ConnectionArgs | undefined };
  const hosts = fromEnvironment ? (JSON.parse(fromEnvironment) as Hosts) : config.requireObject<Hosts>("hosts");
  const found = hosts[name];
  if (!found) throw new Error(`The configuration key hosts (or ${VARIABLE}) names no server ${name}.`);
  return { name, ...found };
}

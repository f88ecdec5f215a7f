/** The servers, from the stack's configuration or, in a pipeline, from the environment. */
import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "pulumi-exchange";

/** The servers of the example. */
export interface Hosts {
  EDGE01: ConnectionArgs;
  EDGE02: ConnectionArgs;
  MBX01: ConnectionArgs;
}

/** Environment variable with the same JSON as the configuration key `hosts`; it wins over the configuration. */
const VARIABLE = "EXCHANGE_HOSTS";

/** One JSON object: server name → how to connect. Passwords are references, so the value itself is no secret. */
export function readHosts(config: pulumi.Config): Hosts {
  const fromEnvironment = process.env[VARIABLE];
  const hosts = fromEnvironment ? parse(fromEnvironment) : config.requireObject<Hosts>("hosts");
  const named = (name: keyof Hosts): ConnectionArgs => {
    if (!hosts[name]) throw new Error(`The configuration key hosts (or ${VARIABLE}) names no server ${name}.`);
    return { name, ...hosts[name] };
  };
  return { EDGE01: named("EDGE01"), EDGE02: named("EDGE02"), MBX01: named("MBX01") };
}

/** A byte order mark is what Windows PowerShell 5.1 puts in front of what it reads from or writes to a file. */
function parse(text: string): Hosts {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, "")) as Hosts;
  } catch {
    throw new Error(`The environment variable ${VARIABLE} is not JSON; it holds one object: server name → how to connect.`);
  }
}

/** The servers, from the stack's configuration or, in a pipeline, from the environment. */
import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "pulumi-exchange";

/** A connection with the server's name, which receive connectors carry in theirs. */
export type NamedHost = ConnectionArgs & { name: string };

/** The servers of the example: a Mailbox server and two Edges. */
export interface Hosts {
  EDGE1: NamedHost;
  EDGE2: NamedHost;
  EX01: NamedHost;
}

/** Environment variable with the same JSON as the configuration key `hosts`; it wins over the configuration. */
const VARIABLE = "EXCHANGE_HOSTS";

/** One JSON object: server name → how to connect. Passwords are references, so the value itself is no secret. */
export function readHosts(config: pulumi.Config): Hosts {
  const fromEnvironment = process.env[VARIABLE];
  const hosts = fromEnvironment ? parse(fromEnvironment) : config.requireObject<Hosts>("hosts");
  const named = (name: keyof Hosts): NamedHost => {
    if (!hosts[name]) throw new Error(`The configuration key hosts (or ${VARIABLE}) names no server ${name}.`);
    return { ...hosts[name], name };
  };
  return { EDGE1: named("EDGE1"), EDGE2: named("EDGE2"), EX01: named("EX01") };
}

/** A byte order mark is what Windows PowerShell 5.1 puts in front of what it reads from or writes to a file. */
function parse(text: string): Hosts {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, "")) as Hosts;
  } catch {
    throw new Error(`The environment variable ${VARIABLE} is not JSON; it holds one object: server name → how to connect.`);
  }
}

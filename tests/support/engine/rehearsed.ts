/** The quickstart's fleet with what a rehearsal's tests vary, for a language host of its own: everything comes from the environment. */
import * as pulumi from "@pulumi/pulumi";
import { EdgeFleet, type ConnectionArgs, type LoadBalancerArgs } from "pulumi-exchange";
import { OFFICE, SITE } from "./programs";

/** In `REHEARSED`, as JSON. */
export interface Rehearsed {
  connector?: string;
  /** Leaf and key without any issuer. */
  pem?: { certificate: string; privateKey: string };
  /** Another server for EDGE02. */
  edge02?: Partial<ConnectionArgs>;
  loadBalancer?: LoadBalancerArgs;
  /** A resource of another provider. */
  other?: boolean;
  /** Reads another stack. */
  reference?: string;
  /** What the secret configuration key `canary` must hold. */
  canary?: string;
}

export default function program(): object {
  const asked = JSON.parse(process.env.REHEARSED ?? "{}") as Rehearsed;
  if (asked.canary !== undefined && new pulumi.Config().require("canary") !== asked.canary)
    throw new Error("the configuration was not copied");
  if (asked.other) new Other("theirs", {});
  if (asked.reference !== undefined) new pulumi.StackReference(asked.reference);
  const hosts = JSON.parse(process.env.EXCHANGE_HOSTS!) as { [name: string]: ConnectionArgs };
  const named = (name: string, changes = {}): ConnectionArgs => ({ name, ...hosts[name], ...changes });
  const source = asked.pem ?? { pfx: { file: process.env.EXCHANGE_PFX_FILE! }, password: { env: "EXCHANGE_PFX_PASSWORD" } };
  const certificate = { source, services: ["SMTP" as const], defaultSmtp: "replace" as const };
  const { loadBalancer } = asked;
  const fleet = new EdgeFleet("edges", {
    organization: named("MBX01"),
    site: SITE,
    edges: [
      { edge: named("EDGE01"), certificate, ...(loadBalancer && { loadBalancer }) },
      { edge: named("EDGE02", asked.edge02), certificate },
    ],
    mailboxHosts: [named("MBX01")],
    sendConnectors: [{ connector: asked.connector ?? OFFICE }],
  });
  return { thumbprints: fleet.thumbprints };
}

class Other extends pulumi.dynamic.Resource {
  constructor(name: string, props: object) {
    super({ create: () => Promise.resolve({ id: "other" }) }, name, props);
  }
}

/**
 * What runs before a certificate is refused with it: a hook looks at the servers right before the command that takes an Edge out of a
 * load balancer, and only when that command is about to run. A run that changes nothing contacts nobody.
 */
import * as pulumi from "@pulumi/pulumi";
import type { JsonObject } from "../../base/json";
import type * as early from "../../handlers/certificate/early";
import type { CertificateArgs } from "../certificate";
import { ownerOf } from "../exchangeResource";
import { projectConfig } from "./desired";

/** Hooks for the resource that comes before certificate `name`. */
export function lookFirst(name: string, args: CertificateArgs): pulumi.ResourceHookBinding | undefined {
  if (!takesHooks()) return undefined;
  // Now: an inline program's hook runs outside of its run, and would be told of another project.
  const [owner, config] = [ownerOf(name), projectConfig()];
  const hook = new pulumi.ResourceHook(`${name}: what speaks against it`, async () => {
    const inputs = await valueOf({ ...args, owner });
    // Loaded on first need: a program has no use for the provider's code otherwise.
    const { refuseEarly } = require("../../handlers/certificate/early") as typeof early;
    await refuseEarly(inputs, (key) => config[key]);
  });
  return { beforeCreate: [hook], beforeUpdate: [hook] };
}

/** Under Pulumi's mocks a program of users' own tests has an engine that knows no hooks, and would wait for it for ever. */
function takesHooks(): boolean {
  const { getMonitor } = pulumi.runtime as unknown as { getMonitor?: () => object | undefined };
  return "registerResourceHook" in (getMonitor?.() ?? {});
}

/** Arguments as the provider would get them. */
function valueOf(args: object): Promise<JsonObject> {
  return new Promise((resolve) => {
    pulumi.output(args).apply((known) => resolve(JSON.parse(JSON.stringify(known)) as JsonObject));
  });
}

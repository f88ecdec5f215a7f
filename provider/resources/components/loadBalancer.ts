/** Commands that take an Edge out of a load balancer before its window and put it back after the verified start. */
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { ExchangeError } from "../../base/errors";
import type { CertificateArgs } from "../certificate";
import { child, type Dependencies } from "./dependencies";
import { desiredThumbprint } from "./desired";
import { lookFirst } from "./lookFirst";

/**
 * Arguments of `@pulumi/command`'s `remote.Command`. Both run at the first deployment and then at each rotation only;
 * they must be safe to run again. Needs the `command` plugin.
 */
export interface LoadBalancerArgs {
  /** Runs before the window. */
  takeOut: command.remote.CommandArgs;
  /** Runs after the verified start; the next Edge of a fleet waits for it. */
  putIn: command.remote.CommandArgs;
}

/** Before a window is asked for an Edge may have to wait, and would do so out of the balancer (docs/adr/0027). @throws NOT_SUPPORTED */
export function refuseSideBySide(what: string, maxUnavailable: number, loadBalancer: LoadBalancerArgs | undefined): void {
  if (maxUnavailable === 1 || loadBalancer === undefined) return;
  throw new ExchangeError("NOT_SUPPORTED", `${what} has a loadBalancer, so not more than one Edge at a time may be out of service.`, {
    hint: "Leave maxUnavailable out (or 1). Or leave loadBalancer out, where the balancer itself sees that port 25 of an Edge does not answer.",
  });
}

/** Loaded on first need, so that programs without a load balancer need no plugin. */
function commands(): typeof command {
  return require("@pulumi/command") as typeof command;
}

/**
 * Runs when the desired thumbprint changed: known in the program, because it must run before the certificate. What would refuse the
 * certificate is looked at right before.
 */
export function takeOut(
  parent: pulumi.ComponentResource,
  name: string,
  args: command.remote.CommandArgs,
  certificate: { name: string; args: CertificateArgs },
  ...after: Dependencies[]
): command.remote.Command {
  const triggers = withOwn(args, desiredThumbprint(certificate.args.source));
  const hooks = lookFirst(certificate.name, certificate.args);
  return new (commands().remote.Command)(`${name}-take-out`, { ...args, triggers }, { ...child(parent, ...after), hooks });
}

/** Runs when `takeOut` ran, and when the service did something. */
export function putIn(
  parent: pulumi.ComponentResource,
  name: string,
  args: command.remote.CommandArgs,
  out: command.remote.Command,
  revision: pulumi.Output<string>,
): command.remote.Command {
  const triggers = withOwn(args, out.id, revision);
  return new (commands().remote.Command)(`${name}-put-in`, { ...args, triggers }, child(parent, out));
}

function withOwn(args: command.remote.CommandArgs, ...own: pulumi.Input<unknown>[]): pulumi.Output<unknown[]> {
  return pulumi.all([pulumi.output(args.triggers ?? []), pulumi.all(own)]).apply(([given, ours]) => [...(given as unknown[]), ...ours]);
}

import * as pulumi from "@pulumi/pulumi";
import { ExchangeError } from "../base/errors";
import { refuseUnreachable } from "../base/reachable";
import { protect } from "./secrets";
import { shells, type ResourceKind } from "./shell";

/** The module part of every type token: `pulumi-nodejs:dynamic/exchange:<Class>`. */
const MODULE = "exchange";

/** The type token of a class, as policies and the state show it. */
export function typeToken(kind: ResourceKind): string {
  return `pulumi-nodejs:dynamic/${MODULE}:${kind}`;
}

/** Whether `value` is a resource of this type, also when another copy of the package made it. */
export function isKind(value: unknown, kind: ResourceKind): boolean {
  return (value as { __pulumiType?: unknown } | null | undefined)?.__pulumiType === typeToken(kind);
}

/**
 * What all resources of this package share.
 *
 * `pulumi import` cannot work for dynamic providers: the first `up` adopts what is there instead. Pulumi's
 * `customTimeouts` have no effect on dynamic resources; use `queueTimeout` and `syncTimeout`.
 */
export abstract class ExchangeResource extends pulumi.dynamic.Resource {
  /** Changes whenever this resource did something; unknown in a preview that touches it. Pass it to `after` of what comes later. */
  declare public readonly revision: pulumi.Output<string>;
  /**
   * The pending or last rotation in one sentence: reason and dates, e.g. `renew: valid until 2026-12-01, AAAA… → BBBB…`. It holds
   * no count of days, so that a saved plan lives on; what a preview prints does: `renew: 9 days left (2026-12-01), …`.
   */
  declare public readonly rotation: pulumi.Output<string | undefined>;
  /** This resource's numbered steps with host, what is interrupted and the point of no return. */
  declare public readonly plan: pulumi.Output<string[] | undefined>;

  protected constructor(kind: ResourceKind, name: string, args: object, outputs: readonly string[], opts?: pulumi.CustomResourceOptions) {
    refuseUnreachable();
    refuseImport(kind, name, opts);
    super(shells[kind], name, inputsOf(name, args, outputs), withHiddenProvider(opts), MODULE, kind);
  }
}

/** The engine would ask a provider whose code it does not have yet, and say "code must be a string". // docs/pulumi.md 1.5 */
function refuseImport(kind: ResourceKind, name: string, opts: pulumi.CustomResourceOptions = {}): void {
  if (opts.import === undefined) return;
  throw new ExchangeError("NOT_SUPPORTED", `${kind} ${name}: Pulumi cannot import dynamic resources.`, {
    hint: "Leave the option import out: the first `pulumi up` adopts what is there, and its preview says so. `adoptOnly` of a certificate refuses to change anything.",
  });
}

/** Outputs are seeded with undefined: Pulumi makes a property only of names that it sees among the inputs. */
function inputsOf(name: string, args: object, outputs: readonly string[]): pulumi.Inputs {
  const seeds = Object.fromEntries([...outputs, "revision", "rotation", "plan"].map((output) => [output, undefined]));
  return { ...seeds, ...protect(args), owner: ownerOf(name) };
}

/** How claims and journals name a resource. */
export function ownerOf(name: string): string {
  return `${pulumi.getProject()}/${pulumi.getStack()}/${name}`;
}

/** What is none of a reader's business: the shell, and what a component lets its first resource know of the others. */
const HIDDEN = ["__provider", "lookAhead"];

function withHiddenProvider(opts?: pulumi.CustomResourceOptions): pulumi.CustomResourceOptions {
  return { ...opts, hideDiffs: [...(opts?.hideDiffs ?? []), ...HIDDEN] };
}

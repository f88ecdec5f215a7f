import type * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "./connection";

/** How to free a certificate that Exchange refuses to remove because connectors name it. */
export interface UnlockArgs {
  unlock: pulumi.Input<{
    /** The organisation's host, where the connectors are changed and put back. */
    organization: pulumi.Input<ConnectionArgs>;
    /** Every source server of those connectors. */
    sourceHosts: pulumi.Input<pulumi.Input<ConnectionArgs>[]>;
  }>;
}

/** Arguments of every resource. */
export interface LifecycleArgs {
  /**
   * What a delete does when the host does not answer: `"fail"` (default, `HOST_UNREACHABLE`), or `"forget"`: the
   * resource leaves the state and the host keeps what it has.
   */
  onUnreachable?: pulumi.Input<"fail" | "forget">;
}

/** `revision`s of what must be done first. A changed one makes the resource verify, and act on a difference only. */
export type After = pulumi.Input<pulumi.Input<string>[]>;

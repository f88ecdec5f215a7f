import type * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "./connection";
import { ExchangeResource, isKind, typeToken } from "./exchangeResource";
import type { After, LifecycleArgs } from "./lifecycle";
import { tellSynchronise } from "./otherEdges";

/** How an Edge is subscribed: {@link EdgeSubscriptionArgs} without what the components set. */
export interface SubscriptionSettings extends LifecycleArgs {
  /** `{Mailbox server: thumbprint of its default certificate}`; a change proves the synchronisation, and re-subscribes where that fails. */
  organizationThumbprints?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** `"overwrite"` (default) imports over the existing subscription, `"recreate"` removes it first. */
  method?: pulumi.Input<"overwrite" | "recreate">;
  /** CreateInternetSendConnector of New-EdgeSubscription; default false. */
  createInternetSendConnector?: pulumi.Input<boolean>;
  /** CreateInboundSendConnector of New-EdgeSubscription; default false. */
  createInboundSendConnector?: pulumi.Input<boolean>;
  /**
   * Whether connectors whose only source is this Edge may go with the subscription; default false (`CONNECTOR_WOULD_BE_LOST`, and
   * what a removal by hand took away is given back).
   */
  allowConnectorLoss?: pulumi.Input<boolean>;
  /**
   * When EdgeSync is waited for in a rotation: `"beforeStart"` (default), or `"afterStart"`: transport starts once the subscription is
   * imported and connectors are mended, and EdgeSync's five minutes pass with the Edge in service, before the next Edge begins. Only with a
   * name that does not change; refused (`AFTER_START_REFUSED`) with `method: "recreate"`, a first subscription, or changed
   * `organizationThumbprints`. What it assumes of direct trust nobody has seen on Exchange: docs/rotation.md 2.
   */
  synchronise?: pulumi.Input<"beforeStart" | "afterStart">;
  /** How long to wait for EdgeSync, in seconds; default 1200. EdgeSync may refuse for 5 minutes after a re-subscription. */
  syncTimeout?: pulumi.Input<number>;
  /** What a delete does: `"remove"` or `"keep"`. Unset: what was made goes, what was adopted stays. */
  onDelete?: pulumi.Input<"remove" | "keep">;
}

/** Arguments of {@link EdgeSubscription}. */
export interface EdgeSubscriptionArgs extends SubscriptionSettings {
  /** The Edge Transport server. */
  edge: pulumi.Input<ConnectionArgs>;
  /** A Mailbox server of the organisation. */
  organization: pulumi.Input<ConnectionArgs>;
  /** The AD site that the Edge is subscribed to. Errors: `SITE_UNKNOWN`. */
  site: pulumi.Input<string>;
  /** The certificate to bind; must be the Edge's default (`SUBSCRIPTION_NOT_DEFAULT`). Unset: the binding is left alone. */
  certificateThumbprint?: pulumi.Input<string | undefined>;
  /** Revisions of what must be done first. */
  after?: After;
}

/**
 * The subscription of an Edge to an AD site, and the certificate that it binds (New-EdgeSubscription).
 *
 * A changed thumbprint re-subscribes: export on the Edge, restart of AD LDS with its dependants, a look at what LDAPS
 * presents, import over the existing subscription, connectors compared with the snapshot and mended, EdgeSync forced
 * and awaited. Errors: `SUBSCRIPTION_MISSING`, `SUBSCRIPTION_NOT_DEFAULT`, `SUBSCRIPTION_REFUSED`, `SITE_UNKNOWN`,
 * `CERTIFICATE_IS_MAILBOX_DEFAULT`, `LDAPS_WRONG_CERTIFICATE`, `SUBSCRIPTION_FILE_DATES`, `AFTER_START_REFUSED`, `FORWARDING_REFUSED`, `SYNC_TIMEOUT`, `EDGE_WINDOW_BUSY`.
 * Id: the Edge's name.
 * Example: examples/snippets/edgeSubscription.ts.
 */
export class EdgeSubscription extends ExchangeResource {
  /** Type token, for policies. */
  static readonly __pulumiType = typeToken("EdgeSubscription");

  /** Name of the Edge in the organisation. */
  declare public readonly edgeName: pulumi.Output<string>;
  /** The thumbprint that LDAPS presents, if that is the Edge's default and the synchronisation is healthy; else null. */
  declare public readonly boundThumbprint: pulumi.Output<string | null>;
  /**
   * SyncStatus of Test-EdgeSynchronization, e.g. `Normal`. With `synchronise: "afterStart"` what it was before the rotation (`Awaited`
   * without), until the next refresh: the {@link TransportService} waits for EdgeSync, and fails where it does not succeed.
   */
  declare public readonly syncStatus: pulumi.Output<string>;
  /** Last successful synchronisation, `YYYY-MM-DDTHH:MM:SSZ`. */
  declare public readonly lastSynchronized: pulumi.Output<string | null>;

  constructor(name: string, args: EdgeSubscriptionArgs, opts?: pulumi.CustomResourceOptions) {
    tellSynchronise(args.edge, args.synchronise);
    super("EdgeSubscription", name, args, ["edgeName", "boundThumbprint", "syncStatus", "lastSynchronized"], opts);
  }

  /** Reads a subscription. `id` is the Edge's name; `args` gives the connections. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, args: EdgeSubscriptionArgs, opts?: pulumi.CustomResourceOptions): EdgeSubscription {
    return new EdgeSubscription(name, args, { ...opts, id });
  }

  /** Whether `value` is an EdgeSubscription, also when another copy of the package made it. */
  static override isInstance(value: unknown): value is EdgeSubscription {
    return isKind(value, "EdgeSubscription");
  }
}

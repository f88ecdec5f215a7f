import type * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "./connection";
import { ExchangeResource, isKind, typeToken } from "./exchangeResource";
import type { After, LifecycleArgs } from "./lifecycle";
import type { MailFlow, WatchMail } from "./watchMail";

/** Arguments of {@link TransportService}. */
export interface TransportServiceArgs extends LifecycleArgs {
  /** The server. */
  host: pulumi.Input<ConnectionArgs>;
  /** A Mailbox server of the organisation; required on an Edge. */
  organization?: pulumi.Input<ConnectionArgs>;
  /** Revisions of what must be done before the server goes back into service. */
  after?: After;
  /** The certificate that STARTTLS must present (`STARTTLS_WRONG_CERTIFICATE`: suspended again, the resume stays owed). */
  expectThumbprint?: pulumi.Input<string | undefined>;
  /** `{connector: tlsCertificateName}`: what send connectors must show on this server before it goes back into service. */
  expectConnectors?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** How long to wait for queues to empty, in seconds; default 600. Afterwards transport stops with a warning (queues persist). */
  queueTimeout?: pulumi.Input<number>;
  /** A delete puts back what an open rotation has begun, and else leaves the service as it is: `"keep"` is the only value. */
  onDelete?: pulumi.Input<"keep">;
  /** Watch after the start whether the server carries mail: queues, message tracking, a probe where asked (`MAIL_WAITS`, a warning). */
  watchMail?: pulumi.Input<WatchMail>;
}

/**
 * The transport service of a server, back in service and verified: the end of every rotation on an Edge.
 *
 * Resumes what a {@link Certificate} with `drain: "hold"` drained: checks first, removes a predecessor of the same
 * name, starts, and looks at what STARTTLS presents. A delete with an open rotation restores the old state first
 * (`ROTATION_OPEN` when it cannot). Errors: `STARTTLS_WRONG_CERTIFICATE`, `STARTTLS_NOT_OFFERED`, `SERVICE_FAILED`,
 * `INVARIANT_VIOLATED`, `FORWARDING_REFUSED`. Id: the server's fqdn. Example: examples/snippets/transportService.ts.
 */
export class TransportService extends ExchangeResource {
  /** Type token, for policies. */
  static readonly __pulumiType = typeToken("TransportService");

  /** State of the service. */
  declare public readonly status: pulumi.Output<"Running" | "Paused" | "Stopped">;
  /** Thumbprint that STARTTLS presented, upper-case hex. */
  declare public readonly presentedThumbprint: pulumi.Output<string | null>;
  /** What the last start's watch, or its one look, saw of the server's mail; undefined before the first. */
  declare public readonly mailFlow: pulumi.Output<MailFlow | undefined>;

  constructor(name: string, args: TransportServiceArgs, opts?: pulumi.CustomResourceOptions) {
    super("TransportService", name, args, ["status", "presentedThumbprint", "mailFlow"], opts);
  }

  /** Reads a server's transport service. `id` is its fqdn; `args` gives the connection. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, args: TransportServiceArgs, opts?: pulumi.CustomResourceOptions): TransportService {
    return new TransportService(name, args, { ...opts, id });
  }

  /** Whether `value` is a TransportService, also when another copy of the package made it. */
  static override isInstance(value: unknown): value is TransportService {
    return isKind(value, "TransportService");
  }
}

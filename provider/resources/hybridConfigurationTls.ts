import type * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "./connection";
import { ExchangeResource, isKind, typeToken } from "./exchangeResource";
import type { After, LifecycleArgs } from "./lifecycle";

/** Arguments of {@link HybridConfigurationTls}. */
export interface HybridConfigurationTlsArgs extends LifecycleArgs {
  /** A Mailbox server of the organisation. */
  host: pulumi.Input<ConnectionArgs>;
  /** `<I>issuer<S>subject` of the certificate that secures mail with Exchange Online. */
  tlsCertificateName: pulumi.Input<string>;
  /** Revisions of what must be done first. */
  after?: After;
  /** What a delete does: `"restore"` the name before, `"clear"` it, or `"keep"`. Unset: as in {@link SendConnectorTls}. */
  onDelete?: pulumi.Input<"restore" | "clear" | "keep">;
}

/**
 * The certificate name in the hybrid configuration (Set-HybridConfiguration), so that the Hybrid Configuration Wizard
 * does not put an old name back. Errors: `CERTIFICATE_NOT_FOUND`, `NAME_DIFFERS`. Id: `hybrid`.
 * Example: examples/snippets/hybridConfigurationTls.ts.
 */
export class HybridConfigurationTls extends ExchangeResource {
  /** Type token, for policies. */
  static readonly __pulumiType = typeToken("HybridConfigurationTls");

  /** Values before the first change of this resource. */
  declare public readonly previous: pulumi.Output<{ tlsCertificateName?: string | null }>;
  /** The name in force. */
  declare public readonly tlsCertificateName: pulumi.Output<string>;

  constructor(name: string, args: HybridConfigurationTlsArgs, opts?: pulumi.CustomResourceOptions) {
    super("HybridConfigurationTls", name, args, ["previous", "tlsCertificateName"], opts);
  }

  /** Reads the hybrid configuration. `id` is `hybrid`; `args` gives the connection. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    args: HybridConfigurationTlsArgs,
    opts?: pulumi.CustomResourceOptions,
  ): HybridConfigurationTls {
    return new HybridConfigurationTls(name, args, { ...opts, id });
  }

  /** Whether `value` is a HybridConfigurationTls, also when another copy of the package made it. */
  static override isInstance(value: unknown): value is HybridConfigurationTls {
    return isKind(value, "HybridConfigurationTls");
  }
}

import type * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "./connection";
import { ExchangeResource, isKind, typeToken } from "./exchangeResource";
import type { After, LifecycleArgs } from "./lifecycle";

/** What a receive connector's TLS should be: {@link ReceiveConnectorTlsArgs} without `host` and `after`. */
export interface ReceiveConnectorSettings extends LifecycleArgs {
  /** Name of the receive connector, without its server. Errors: `CONNECTOR_NOT_FOUND`. */
  connector: pulumi.Input<string>;
  /** `<I>issuer<S>subject`, at most 256 characters (`NAME_TOO_LONG`). Unset: stays as it is; components set it. */
  tlsCertificateName?: pulumi.Input<string>;
  /**
   * Capabilities by certificate domain, e.g. `{"mail.protection.outlook.com": "AcceptCloudServicesMail"}`; entries of
   * other domains stay. `"auto"` keeps AcceptOorgProtocol or AcceptCloudServicesMail where either is there, else sets
   * the one that the server's version has (Exchange 2010, or 2013 and later).
   */
  tlsDomainCapabilities?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Fqdn that the connector shows and looks certificates up by. */
  fqdn?: pulumi.Input<string>;
  /** What a delete does: `"restore"` the values before, `"clear"` the name, or `"keep"`. Unset: as in {@link SendConnectorTls}. */
  onDelete?: pulumi.Input<"restore" | "clear" | "keep">;
}

/** Arguments of {@link ReceiveConnectorTls}. */
export interface ReceiveConnectorTlsArgs extends ReceiveConnectorSettings {
  /** The server whose connector it is. */
  host: pulumi.Input<ConnectionArgs>;
  /** Revisions of what must be done first. */
  after?: After;
}

/** TLS properties of a receive connector, as far as the arguments say. */
export interface ReceiveConnectorState {
  tlsCertificateName?: string | null;
  tlsDomainCapabilities?: Record<string, string> | null;
  fqdn?: string | null;
}

/**
 * The certificate that a receive connector offers (Set-ReceiveConnector).
 *
 * A resource of its own is right on a Mailbox server, and on an Edge whose `Certificate` lists the connector in `receiveConnectors`.
 * A connector of an {@link EdgeTransport} or {@link EdgeFleet} belongs into `receiveConnectors` of the component: beside it the
 * Edge's certificate does not know that the connector follows, and where issuer or subject change, the connector still asks for the old
 * name, which is refused before the Edge is drained (`STARTTLS_NAME_MISSING`).
 *
 * Errors: `CONNECTOR_NOT_FOUND`, `CERTIFICATE_NOT_FOUND`, `NAME_DIFFERS`, `NAME_TOO_LONG`. Id: `server\name`.
 * Example: examples/snippets/receiveConnectorTls.ts.
 */
export class ReceiveConnectorTls extends ExchangeResource {
  /** Type token, for policies. */
  static readonly __pulumiType = typeToken("ReceiveConnectorTls");

  /** Values before the first change of this resource. */
  declare public readonly previous: pulumi.Output<ReceiveConnectorState>;
  /** The name in force. */
  declare public readonly tlsCertificateName: pulumi.Output<string | undefined>;

  constructor(name: string, args: ReceiveConnectorTlsArgs, opts?: pulumi.CustomResourceOptions) {
    super("ReceiveConnectorTls", name, args, ["previous", "tlsCertificateName"], opts);
  }

  /** Reads a connector. `id` is `server\name`; `args` gives the connection. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    args: ReceiveConnectorTlsArgs,
    opts?: pulumi.CustomResourceOptions,
  ): ReceiveConnectorTls {
    return new ReceiveConnectorTls(name, args, { ...opts, id });
  }

  /** Whether `value` is a ReceiveConnectorTls, also when another copy of the package made it. */
  static override isInstance(value: unknown): value is ReceiveConnectorTls {
    return isKind(value, "ReceiveConnectorTls");
  }
}

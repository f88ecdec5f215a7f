import type * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "./connection";
import { ExchangeResource, isKind, typeToken } from "./exchangeResource";
import type { After, LifecycleArgs } from "./lifecycle";

/** A source server of a connector and the certificate that the connector's name must resolve to there. */
export interface ConnectorSourceArgs {
  /** The source server, usually an Edge. */
  host: pulumi.Input<ConnectionArgs>;
  /** Thumbprint of the certificate that the name must find on it. */
  thumbprint: pulumi.Input<string>;
}

/** What a send connector's TLS should be: {@link SendConnectorTlsArgs} without `host`, `sources` and `after`. */
export interface SendConnectorSettings extends LifecycleArgs {
  /** Name of the send connector. Errors: `CONNECTOR_NOT_FOUND`. */
  connector: pulumi.Input<string>;
  /** `<I>issuer<S>subject`, at most 256 characters (`NAME_TOO_LONG`). Unset: the connector's name stays as it is. */
  tlsCertificateName?: pulumi.Input<string>;
  /** RequireTLS of the connector. */
  requireTls?: pulumi.Input<boolean>;
  /** TlsAuthLevel of the connector. Where it leaves `DomainValidation` a TlsDomain goes, with a warning: Exchange refuses both. */
  tlsAuthLevel?: pulumi.Input<"EncryptionOnly" | "CertificateValidation" | "DomainValidation">;
  /** TlsDomain of the connector; goes with `DomainValidation`. */
  tlsDomain?: pulumi.Input<string>;
  /** Fqdn that the connector shows in HELO. */
  fqdn?: pulumi.Input<string>;
  /**
   * What a delete does: `"restore"` the name that was there before (only if it resolves on every source), `"clear"`
   * it, or `"keep"` it. Unset: a change that was made is restored, what was adopted stays.
   */
  onDelete?: pulumi.Input<"restore" | "clear" | "keep">;
}

/** Arguments of {@link SendConnectorTls}. */
export interface SendConnectorTlsArgs extends SendConnectorSettings {
  /** A Mailbox server of the organisation: send connectors are changed there, EdgeSync carries them to the Edges. */
  host: pulumi.Input<ConnectionArgs>;
  /** What the name must resolve to on each source server. Entries that are not sources of the connector are ignored. */
  sources?: pulumi.Input<pulumi.Input<ConnectorSourceArgs>[]>;
  /** Revisions of what must be done first. */
  after?: After;
}

/** TLS properties of a send connector, as far as the arguments say. */
export interface SendConnectorState {
  tlsCertificateName?: string | null;
  requireTls?: boolean;
  tlsAuthLevel?: string | null;
  tlsDomain?: string | null;
  fqdn?: string | null;
}

/**
 * The certificate that a send connector uses (Set-SendConnector).
 *
 * The name flips last, when every source server has the certificate; then EdgeSync, a read-back on each source and,
 * where transport started earlier, a restart source by source. It runs again when a source's thumbprint changed, even
 * with an equal name. Errors: `CONNECTOR_NOT_FOUND`, `SOURCE_WITHOUT_CERTIFICATE`, `CERTIFICATE_NOT_FOUND`, `NAME_DIFFERS`,
 * `NAME_TOO_LONG`, `SYNC_TIMEOUT`. Id: the connector's name. Example: examples/snippets/sendConnectorTls.ts.
 */
export class SendConnectorTls extends ExchangeResource {
  /** Type token, for policies. */
  static readonly __pulumiType = typeToken("SendConnectorTls");

  /** Values before the first change of this resource. */
  declare public readonly previous: pulumi.Output<SendConnectorState>;
  /** Names of the connector's source servers. */
  declare public readonly sourceTransportServers: pulumi.Output<string[]>;
  /** The name in force. */
  declare public readonly tlsCertificateName: pulumi.Output<string | undefined>;

  constructor(name: string, args: SendConnectorTlsArgs, opts?: pulumi.CustomResourceOptions) {
    super("SendConnectorTls", name, args, ["previous", "sourceTransportServers", "tlsCertificateName"], opts);
  }

  /** Reads a connector. `id` is its name; `args` gives the connection. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, args: SendConnectorTlsArgs, opts?: pulumi.CustomResourceOptions): SendConnectorTls {
    return new SendConnectorTls(name, args, { ...opts, id });
  }

  /** Whether `value` is a SendConnectorTls, also when another copy of the package made it. */
  static override isInstance(value: unknown): value is SendConnectorTls {
    return isKind(value, "SendConnectorTls");
  }
}

import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "./connection";
import { ExchangeResource, isKind, typeToken } from "./exchangeResource";
import type { LifecycleArgs, UnlockArgs } from "./lifecycle";
import { otherEdges, synchroniseOf } from "./otherEdges";
import type { CertificateSourceArgs } from "./source";

/** A service of Exchange that a certificate can be enabled for. */
export type ExchangeService = "SMTP" | "IIS" | "POP" | "IMAP";

/** What a certificate should be, wherever it is deployed: {@link CertificateArgs} without `host`. */
export interface CertificateSettings extends LifecycleArgs {
  /** Where the certificate comes from. */
  source: pulumi.Input<CertificateSourceArgs>;
  /** Services to enable; `[]` installs only. A server that reports more than asked is no drift. */
  services: pulumi.Input<pulumi.Input<ExchangeService>[]>;
  /** A Mailbox server of the organisation; required on an Edge unless `services` is `[]`. Components set it. */
  organization?: pulumi.Input<ConnectionArgs>;
  /** Whether this becomes the default SMTP certificate (direct trust): `"keep"` (default) or `"replace"`. */
  defaultSmtp?: pulumi.Input<"keep" | "replace">;
  /** FriendlyName of the certificate. Exchange cannot change it on an installed one: a change counts for the next certificate. */
  friendlyName?: pulumi.Input<string>;
  /** Whether the private key may be exported later; default false. A change counts for the next certificate. */
  exportable?: pulumi.Input<boolean>;
  /**
   * Certificates that the server makes (`{selfSigned}`, `{adcs}`): renew when fewer days than this are left; a third of its life where
   * this is no shorter than that. With another source nothing comes of it, and the preview warns.
   */
  renewBefore?: pulumi.Input<number>;
  /**
   * Edges only, on first need: `"auto"` (default) drains and resumes within the call, `"hold"` leaves the resume to
   * {@link TransportService} (components set it), `"never"` does not drain. An Edge that is still held goes back into service, checked,
   * in the run that gives `"hold"` up.
   */
  drain?: pulumi.Input<"auto" | "hold" | "never">;
  /** How long a drain waits for the queues to empty, in seconds; default 600. Then it goes on with a warning: queues are kept on disk. */
  queueTimeout?: pulumi.Input<number>;
  /** Only take over what is there, and refuse to change anything; default false (`CERTIFICATE_NOT_ADOPTABLE`). */
  adoptOnly?: pulumi.Input<boolean>;
  /**
   * Names of the send connectors that the stack sets afterwards. Where the certificate has something to change, one that the
   * organisation does not have, and that no open window is to give back, is refused first (`CONNECTOR_NOT_FOUND`). Unset: not looked
   * at. {@link EdgeTransport} and {@link EdgeFleet} set it.
   */
  sendConnectors?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * What a delete does. Unset: a replaced certificate goes; else what was made goes and what was adopted stays.
   * `"remove"`, `"keep"`, or `{unlock}` where Exchange refuses because connectors name it. A certificate in use is
   * always kept, with a warning.
   */
  onDelete?: pulumi.Input<"remove" | "keep" | UnlockArgs>;
}

/** A receive connector that follows a certificate. */
export interface FollowingConnector {
  /** Name of the connector, without its server. */
  connector: pulumi.Input<string>;
  /** Another name than the certificate's. */
  tlsCertificateName?: pulumi.Input<string>;
  /** Fqdn that the connector gets. */
  fqdn?: pulumi.Input<string>;
}

/** A server, and what it is there for. */
export interface ExpectedServer {
  host: pulumi.Input<ConnectionArgs>;
  role: "Edge" | "Mailbox";
}

/** What a component tells its first certificate of everything that comes later. */
export interface LookAhead {
  /** Every server of the component. */
  servers?: ExpectedServer[];
  /** The AD site that its Edges are subscribed to. */
  site?: pulumi.Input<string>;
  /** Send connectors whose name flips last; without a name of their own they get the certificate's. */
  connectors?: { connector: pulumi.Input<string>; tlsCertificateName?: pulumi.Input<string> }[];
  /** When EdgeSync of its Edges is waited for, as their {@link EdgeSubscription} says it; the class sets it on the Edge's own certificate. */
  synchronise?: pulumi.Input<string | undefined>;
  /** How many Edges of the site may be out of service at once; {@link EdgeFleet} sets it where it is more than one. */
  maxUnavailable?: number;
  /** The program's other Edges, where nobody names them as `peers`; the class sets it. They are asked on a way back alone. */
  peers?: pulumi.Input<pulumi.Input<ConnectionArgs>[] | undefined>;
}

/** Arguments of {@link Certificate}. */
export interface CertificateArgs extends CertificateSettings {
  /**
   * Of a copy: the services that the certificate is for on another server. What could not serve them there is refused before it is
   * installed here. {@link EdgeTransport} and {@link EdgeFleet} set it.
   */
  copyFor?: pulumi.Input<pulumi.Input<ExchangeService>[]>;
  /** The server, Edge or Mailbox. */
  host: pulumi.Input<ConnectionArgs>;
  /**
   * Connections of this stack's other Edges at the same site. When an earlier run left one of them out of service, it is taken back
   * by its journal before this Edge leaves service. {@link EdgeFleet} sets it on its first Edge. Elsewhere the program's first Edge
   * knows the others by itself, unless the program waits for something before it constructs them.
   */
  peers?: pulumi.Input<pulumi.Input<ConnectionArgs>[]>;
  /**
   * What the whole program is about, looked at before the first change of a run, by whichever resource makes it: every server answers,
   * has its role (`ROLE_MISMATCH`) and is no other one of those that are named (`HOST_IS_ANOTHER_SERVER`), the site exists and is the
   * Edges' (`SITE_UNKNOWN`), and no connector that is to flip sends through a server which is not here (`SOURCE_WITHOUT_CERTIFICATE`).
   * {@link EdgeTransport} and {@link EdgeFleet} set it. It is no output, and a change of it alone is no update.
   */
  lookAhead?: LookAhead;
  /**
   * On an Edge whose `TransportService` expects this certificate at STARTTLS: the receive connectors that the stack sets afterwards
   * (they carry its name unless `tlsCertificateName` says otherwise). Where no connector on port 25 would take the certificate, that is
   * refused before the Edge is drained: it has none of their names (`STARTTLS_NAME_MISSING`), or another certificate that stays
   * installed is certain to be preferred (`STARTTLS_OTHER_PREFERRED`). One that is not there is refused, too (`CONNECTOR_NOT_FOUND`).
   * Unset: not looked at. {@link EdgeTransport} sets it.
   */
  receiveConnectors?: pulumi.Input<pulumi.Input<FollowingConnector>[]>;
}

const OUTPUTS = [
  "thumbprint",
  "subject",
  "issuer",
  "serialNumber",
  "notBefore",
  "notAfter",
  "tlsCertificateName",
  "enabledServices",
  "isDefaultSmtp",
] as const;

/**
 * A certificate on an Exchange server: chain and key installed, services enabled (Import- and Enable-ExchangeCertificate).
 *
 * A new thumbprint replaces the resource, create before delete; services and policies update in place. The first run
 * adopts a certificate that is already there, and installs what its chain lacks (see `chain` of the source). All outputs but `enabledServices`, `isDefaultSmtp` and `revision` are
 * known in previews, read from the certificate's own bytes.
 *
 * Errors: those of the source; `CERTIFICATE_EXPIRED`, `CERTIFICATE_NOT_YET_VALID`, `CERTIFICATE_KEY_UNSUPPORTED`,
 * `CERTIFICATE_UNTRUSTED`, `CERTIFICATE_REVOKED`, `STARTTLS_NAME_MISSING`, `STARTTLS_OTHER_PREFERRED`, `CERTIFICATE_IS_MAILBOX_DEFAULT`,
 * `CONNECTOR_NOT_FOUND`, `SUBSCRIPTION_WOULD_BREAK`, `NAME_TOO_LONG`, `OBJECT_CLAIMED`, `LEASE_HELD`; of an authority
 * `REQUEST_PENDING`, `REQUEST_DENIED`, `REQUEST_WITHDRAWN`, `REQUEST_NOT_ISSUED`; of a self-signed one with a lifetime
 * `CERTIFICATE_NOT_MADE`.
 *
 * Id: `fqdn\thumbprint`. Example: examples/snippets/certificate.ts.
 */
export class Certificate extends ExchangeResource {
  /** Type token, for policies. */
  static readonly __pulumiType = typeToken("Certificate");

  /** SHA-1 of the certificate, upper-case hex. */
  declare public readonly thumbprint: pulumi.Output<string>;
  /** Subject as Windows prints it. */
  declare public readonly subject: pulumi.Output<string>;
  /** Issuer as Windows prints it. */
  declare public readonly issuer: pulumi.Output<string>;
  /** Serial number, upper-case hex. */
  declare public readonly serialNumber: pulumi.Output<string>;
  /** Start of validity, `YYYY-MM-DDTHH:MM:SSZ`. */
  declare public readonly notBefore: pulumi.Output<string>;
  /** End of validity, `YYYY-MM-DDTHH:MM:SSZ`. */
  declare public readonly notAfter: pulumi.Output<string>;
  /** `<I>issuer<S>subject`: how a connector names this certificate. */
  declare public readonly tlsCertificateName: pulumi.Output<string>;
  /** Services that the server reports for it. */
  declare public readonly enabledServices: pulumi.Output<ExchangeService[]>;
  /** Whether it is the server's default SMTP certificate. */
  declare public readonly isDefaultSmtp: pulumi.Output<boolean>;

  constructor(name: string, args: CertificateArgs, opts?: pulumi.CustomResourceOptions) {
    super("Certificate", name, withOthers(args, opts), OUTPUTS, opts);
  }

  /** Reads an installed certificate. `id` is `fqdn\thumbprint`; `args` needs what reading needs, the connection. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, args: CertificateArgs, opts?: pulumi.CustomResourceOptions): Certificate {
    return new Certificate(name, args, { ...opts, id });
  }

  /** Whether `value` is a Certificate, also when another copy of the package made it. */
  static override isInstance(value: unknown): value is Certificate {
    return isKind(value, "Certificate");
  }
}

/**
 * On an Edge: what its own subscription says, and where it is the first of the program and is not told its peers, the others that the
 * program has.
 */
function withOthers(args: CertificateArgs, { id }: pulumi.CustomResourceOptions = {}): CertificateArgs {
  if (args.organization === undefined || id !== undefined) return args;
  const others = otherEdges(args.host);
  const peers = args.peers === undefined ? others : undefined;
  const synchronise = synchroniseOf(args.host);
  const { lookAhead } = args;
  if (lookAhead !== undefined) return { ...args, lookAhead: { synchronise, ...lookAhead, ...(peers && { peers }) } };
  const told = pulumi.all([peers, synchronise]).apply(([known, when]) => {
    if (known === undefined && when === undefined) return undefined;
    return { ...(known && { peers: known }), ...(when !== undefined && { synchronise: when }) };
  });
  return { ...args, lookAhead: told as unknown as LookAhead };
}

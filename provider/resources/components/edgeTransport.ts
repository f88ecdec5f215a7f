import * as pulumi from "@pulumi/pulumi";
import { Certificate, type CertificateArgs, type CertificateSettings, type LookAhead } from "../certificate";
import type { ConnectionArgs } from "../connection";
import { EdgeSubscription, type SubscriptionSettings } from "../edgeSubscription";
import type { ReceiveConnectorSettings } from "../receiveConnectorTls";
import type { SendConnectorSettings } from "../sendConnectorTls";
import { TransportService } from "../transportService";
import type { MailFlow, WatchMail } from "../watchMail";
import { receiveConnectorsOf, sendConnectorsOf, withSendConnectors } from "./connectors";
import { carryCopies, isPortable, makeCopies } from "./copies";
import { child, type Dependencies } from "./dependencies";
import { KNOWN, refuseUnknown } from "./known";
import { lookAheadOf, synchroniseIn } from "./lookAhead";
import { putIn, refuseSideBySide, takeOut, type LoadBalancerArgs } from "./loadBalancer";

/** What the Edges of a site have in common. */
export interface SiteArgs {
  /** A Mailbox server of the organisation. */
  organization: pulumi.Input<ConnectionArgs>;
  /** The AD site that the Edges are subscribed to. */
  site: pulumi.Input<string>;
  /** Send connectors that use the certificate; changed last, one after the other. */
  sendConnectors?: SendConnectorSettings[];
  /**
   * Mailbox servers that get a copy of the certificate, installed only, before any Edge's window. Needed where a send
   * connector names the certificate.
   */
  mailboxHosts?: pulumi.Input<ConnectionArgs>[];
  /** How Edges are subscribed, beyond what the component sets. */
  subscription?: SubscriptionSettings;
  /**
   * When EdgeSync is waited for: `"beforeStart"` (default), or `"afterStart"` with the Edge in service again, which shortens each Edge's
   * window by EdgeSync's five minutes; before `subscription.synchronise`. See {@link EdgeSubscription} for what it wants
   * (`AFTER_START_REFUSED`) and assumes.
   */
  synchronise?: pulumi.Input<"beforeStart" | "afterStart">;
  /** How long to wait for queues to empty, in seconds. */
  queueTimeout?: pulumi.Input<number>;
  /** Watch after each Edge's start whether it carries mail, as {@link TransportService} does. */
  watchMail?: pulumi.Input<WatchMail>;
}

/** Arguments of {@link EdgeTransport}. */
export interface EdgeTransportArgs extends SiteArgs {
  /** The Edge Transport server. */
  edge: pulumi.Input<ConnectionArgs>;
  /** The certificate, as {@link Certificate} takes it, without `host`. `drain` is `"hold"` unless set. */
  certificate: CertificateSettings;
  /** Receive connectors of the Edge that use the certificate. */
  receiveConnectors?: ReceiveConnectorSettings[];
  /**
   * Connections of this stack's other Edges at the same site. When an earlier run left one of them out of service, it is taken back
   * by its journal before this Edge leaves service. {@link EdgeFleet} sets it on its first Edge.
   */
  peers?: pulumi.Input<ConnectionArgs>[];
  /** What the first resource looks at before the first change; {@link EdgeFleet} gives that of the whole fleet. */
  lookAhead?: LookAhead;
  /** Commands that take the Edge out of a load balancer and put it back; of one Edge at a time (`NOT_SUPPORTED` otherwise). */
  loadBalancer?: LoadBalancerArgs;
}

/**
 * The certificate of one Edge with all that hangs on it, in the one order that keeps mail flowing: copies on Mailbox
 * servers, certificate (drained), subscription (with `defaultSmtp: "replace"` bound to the certificate), receive
 * connectors, transport back in service and verified, and last the send connectors.
 *
 * Errors: those of its resources. Example: examples/snippets/edgeTransport.ts.
 */
export class EdgeTransport extends pulumi.ComponentResource {
  /** Thumbprint of the Edge's certificate. */
  public readonly thumbprint: pulumi.Output<string>;
  /** `<I>issuer<S>subject` of the certificate. */
  public readonly tlsCertificateName: pulumi.Output<string>;
  /** State of the transport service. */
  public readonly status: pulumi.Output<"Running" | "Paused" | "Stopped">;
  /** What the last start's watch saw of the Edge's mail: counts. */
  public readonly mailFlow: pulumi.Output<MailFlow | undefined>;
  /** The resources inside, for `dependsOn` and `after` elsewhere. */
  public readonly certificate: Certificate;
  public readonly subscription: EdgeSubscription;
  public readonly service: TransportService;

  constructor(name: string, given: EdgeTransportArgs, opts?: pulumi.ComponentResourceOptions) {
    super("exchange:index:EdgeTransport", name, {}, opts);
    refuseUnknown(`EdgeTransport ${name}`, given, KNOWN.edgeTransport);
    refuseUnknown(`The certificate of EdgeTransport ${name}`, given.certificate, KNOWN.certificate);
    const lookAhead = given.lookAhead ?? lookAheadOf([given.edge], given);
    refuseSideBySide(`EdgeTransport ${name}`, lookAhead.maxUnavailable ?? 1, given.loadBalancer);
    const args = { ...given, lookAhead, certificate: withSendConnectors(given.certificate, given.sendConnectors) };
    const before = opts?.dependsOn;
    const copies = this.copiesBefore(name, args, before);
    const own = { name: `${name}-certificate`, args: certificateArgs(args) };
    const out = args.loadBalancer ? takeOut(this, name, args.loadBalancer.takeOut, own, before, copies) : undefined;

    this.certificate = new Certificate(own.name, own.args, child(this, before, copies, out));
    this.subscription = this.makeSubscription(name, args);
    this.service = this.makeService(name, args);
    if (args.loadBalancer && out) putIn(this, name, args.loadBalancer.putIn, out, this.service.revision);
    this.makeSendConnectors(name, args);

    this.thumbprint = this.certificate.thumbprint;
    this.tlsCertificateName = this.certificate.tlsCertificateName;
    this.status = this.service.status;
    this.mailFlow = this.service.mailFlow;
    const { thumbprint, tlsCertificateName, status } = this;
    const watched = args.watchMail === undefined ? {} : { mailFlow: this.mailFlow };
    this.registerOutputs({ thumbprint, tlsCertificateName, status, ...watched });
  }

  private copiesBefore(name: string, args: EdgeTransportArgs, before: Dependencies): Certificate[] {
    if (!isPortable(args.certificate)) return [];
    const original = { label: "edge", edge: args.edge, settings: args.certificate, lookAhead: args.lookAhead };
    return makeCopies(this, name, args.mailboxHosts ?? [], [original], before);
  }

  /** Binds the certificate only where it becomes the default: a subscription binds the default certificate. */
  private makeSubscription(name: string, args: EdgeTransportArgs): EdgeSubscription {
    const { edge, organization, site } = args;
    const certificateThumbprint = this.boundTo(args.certificate.defaultSmtp);
    const after = [this.certificate.revision];
    const { onUnreachable } = args.certificate;
    const synchronise = synchroniseIn(args);
    const own = { edge, organization, site, certificateThumbprint, after, ...(synchronise !== undefined && { synchronise }) };
    return new EdgeSubscription(`${name}-subscription`, { onUnreachable, ...args.subscription, ...own }, child(this, this.certificate));
  }

  private boundTo(defaultSmtp: CertificateSettings["defaultSmtp"]): pulumi.Input<string | undefined> | undefined {
    if (defaultSmtp === undefined || defaultSmtp === "keep") return undefined;
    if (defaultSmtp === "replace") return this.certificate.thumbprint;
    return pulumi
      .all([defaultSmtp, this.certificate.thumbprint])
      .apply(([mode, thumbprint]) => (mode === "replace" ? thumbprint : undefined));
  }

  private makeService(name: string, args: EdgeTransportArgs): TransportService {
    const { edge, organization, queueTimeout, watchMail } = args;
    const prepared = [this.certificate.revision, this.subscription.revision];
    const own = { edge, certificate: this.certificate };
    const receive = receiveConnectorsOf(this, name, own, args.receiveConnectors ?? [], prepared);
    const after = [...prepared, ...receive.map((connector) => connector.revision)];
    const expectThumbprint = this.expected(args.certificate.services);
    // Send connectors still have their old names here: they flip last, so nothing is expected of them yet.
    const { onUnreachable } = args.certificate;
    const service = { host: edge, organization, after, expectThumbprint, queueTimeout, watchMail, onUnreachable };
    return new TransportService(`${name}-transport`, service, child(this, this.subscription, receive));
  }

  /** STARTTLS presents the certificate only if it is enabled for SMTP. */
  private expected(services: CertificateSettings["services"]): pulumi.Output<string | undefined> {
    return pulumi
      .all([services, this.certificate.thumbprint])
      .apply(([all, thumbprint]) => (all.includes("SMTP") ? thumbprint : undefined));
  }

  private makeSendConnectors(name: string, args: EdgeTransportArgs): void {
    const { edge, organization, mailboxHosts = [], sendConnectors = [] } = args;
    const original = { label: "edge", edge, settings: args.certificate };
    const carried = isPortable(args.certificate) ? [] : carryCopies(this, name, mailboxHosts, original, this.certificate);
    const own = [{ edge, certificate: this.certificate }];
    sendConnectorsOf(this, name, organization, own, sendConnectors, [this.service.revision], this.service, carried);
  }
}

function certificateArgs(args: EdgeTransportArgs): CertificateArgs {
  const { edge, organization, certificate, peers, lookAhead, queueTimeout } = args;
  const settings = { queueTimeout, ...certificate, organization: certificate.organization ?? organization };
  const drain = certificate.drain ?? "hold";
  const receiveConnectors = (args.receiveConnectors ?? []).map(({ connector, tlsCertificateName, fqdn }) => ({
    connector,
    tlsCertificateName,
    fqdn,
  }));
  return { ...settings, host: edge, peers, lookAhead, receiveConnectors, drain };
}

import * as pulumi from "@pulumi/pulumi";
import { ExchangeError } from "../../base/errors";
import { sendConnectorsOf, withSendConnectors } from "./connectors";
import { carryCopies, isPortable, makeCopies, type Original } from "./copies";
import type { Certificate } from "../certificate";
import type { Dependencies } from "./dependencies";
import { EdgeTransport, type EdgeTransportArgs, type SiteArgs } from "./edgeTransport";
import { KNOWN, refuseUnknown } from "./known";
import { hostLabels } from "./labels";
import { refuseSideBySide } from "./loadBalancer";
import { lookAheadOf } from "./lookAhead";
import { unavailableOf, type MaxUnavailable } from "./maxUnavailable";

/** One Edge of a fleet. */
export interface FleetEdgeArgs extends Pick<EdgeTransportArgs, "edge" | "certificate" | "receiveConnectors" | "loadBalancer"> {
  /** Part of the child resources' names; default the first label of the Edge's host name, else `edge<position>`. */
  name?: string;
}

/** Arguments of {@link EdgeFleet}. */
export interface EdgeFleetArgs extends SiteArgs {
  /** The Edges, in the order in which they are rotated. */
  edges: FleetEdgeArgs[];
  /**
   * How many Edges of the site may be out of service at once: a whole number, or a share of the fleet such as `"25%"` (rounded down, at
   * least one); default 1. A further Edge than the first leaves service only while another one of the site, and another source of each of
   * its send connectors, is known to run; those that are stopped, abandoned, unreachable or not known to this stack count as out. It waits
   * meanwhile. A plain value: the order of the resources depends on it. Not with `loadBalancer` (`NOT_SUPPORTED`).
   */
  maxUnavailable?: pulumi.Input<MaxUnavailable>;
}

/**
 * The Edges of a site, rotated one after the other: an Edge starts only when the one before it is back in service and
 * verified; with `maxUnavailable` several are under way at once. Copies on Mailbox servers come first, connectors that the Edges
 * share come last.
 *
 * Errors: `INVALID_ARGUMENT` for a fleet without Edges and a `maxUnavailable` that is none, `NOT_SUPPORTED` for more than one with
 * `loadBalancer`, and those of its resources. Example: examples/quickstart.
 */
export class EdgeFleet extends pulumi.ComponentResource {
  /** Thumbprints in the order of `edges`. */
  public readonly thumbprints: pulumi.Output<string[]>;
  /** The components inside, in the order of `edges`. */
  public readonly edges: readonly EdgeTransport[];

  constructor(name: string, given: EdgeFleetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("exchange:index:EdgeFleet", name, {}, opts);
    refuseUnknown(`EdgeFleet ${name}`, given, KNOWN.edgeFleet);
    for (const edge of given.edges) {
      refuseUnknown(`An Edge of EdgeFleet ${name}`, edge, KNOWN.fleetEdge);
      refuseUnknown(`A certificate of EdgeFleet ${name}`, edge.certificate, KNOWN.certificate);
    }
    if (given.edges.length === 0) throw new ExchangeError("INVALID_ARGUMENT", `EdgeFleet ${name} has no Edges.`);
    const width = unavailableOf(name, given.maxUnavailable, given.edges.length);
    for (const { loadBalancer } of given.edges) refuseSideBySide(`EdgeFleet ${name}`, width, loadBalancer);
    const edges = given.edges.map((edge) => ({ ...edge, certificate: withSendConnectors(edge.certificate, given.sendConnectors) }));
    const args = { ...given, edges };

    const lookAhead = lookAheadOf(
      edges.map(({ edge }) => edge),
      given,
    );
    const originals = originalsOf(args).map((original) => ({ ...original, lookAhead }));
    const hosts = args.mailboxHosts ?? [];
    const portable = originals.filter(({ settings }) => isPortable(settings));
    const copies = makeCopies(this, name, hosts, portable, opts?.dependsOn);
    this.edges = this.makeEdges(name, args, originals, { before: [opts?.dependsOn, copies], width });
    this.makeSendConnectors(name, args, originals);

    this.thumbprints = pulumi.all(this.edges.map((edge) => edge.thumbprint));
    this.registerOutputs({ thumbprints: this.thumbprints });
  }

  /**
   * Whole Edges in a row, or in as many rows as may be out at once: each waits for everything inside the one before it. The first one knows
   * the others, because its turn comes first also on a way back, while a later one may still be out of service (docs/adr/0009).
   */
  private makeEdges(name: string, args: EdgeFleetArgs, originals: Original[], { before, width }: Rows): EdgeTransport[] {
    const { organization, site, subscription, synchronise, queueTimeout, watchMail } = args;
    return args.edges.reduce<EdgeTransport[]>((made, { name: _label, ...edge }, index) => {
      const dependsOn = [...before, made.at(-width)].filter((some) => some !== undefined) as pulumi.Resource[];
      const others = args.edges.slice(1).map((one) => one.edge);
      const isFirst = index === 0;
      const seen = isFirst ? originals[0].lookAhead : undefined;
      // Connectors are the whole fleet's: the first one looks at them.
      const alone = { organization, site, subscription, synchronise };
      const lookAhead = width > 1 ? { ...(seen ?? lookAheadOf([edge.edge], alone)), maxUnavailable: width } : seen;
      const known = { ...(lookAhead && { lookAhead }), ...(isFirst && others.length > 0 && { peers: others }) };
      const own = { ...edge, ...known, organization, site, subscription, synchronise, queueTimeout, watchMail };
      const opts = { parent: this, dependsOn };
      return [...made, new EdgeTransport(`${name}-${originals[index].label}`, own, opts)];
    }, []);
  }

  private makeSendConnectors(name: string, args: EdgeFleetArgs, originals: Original[]): void {
    const own = this.edges.map((made, index) => ({ edge: args.edges[index].edge, certificate: made.certificate }));
    const carried = originals.flatMap((original, index): Certificate[] =>
      isPortable(original.settings)
        ? []
        : carryCopies(this, `${name}-${original.label}`, args.mailboxHosts ?? [], original, own[index].certificate),
    );
    const after = this.edges.map((made) => made.service.revision);
    const services = this.edges.map((made) => made.service);
    sendConnectorsOf(this, name, args.organization, own, args.sendConnectors ?? [], after, services, carried);
  }
}

function originalsOf(args: EdgeFleetArgs): Original[] {
  const labels = hostLabels(
    args.edges.map(({ edge }) => edge),
    "edge",
  );
  return args.edges.map(({ name, edge, certificate }, index) => ({
    label: name ?? labels[index],
    edge,
    settings: certificate,
  }));
}

/** What comes before all Edges, and how many of them go side by side. */
interface Rows {
  before: Dependencies[];
  width: number;
}

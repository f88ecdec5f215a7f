/** The programs that are run under faults: what a user would declare for the scenario. */
import type { JsonObject } from "../../../provider/base/json";
import type { IssuedCertificate } from "../../../lab/issued";
import type { Declare, Program } from "./engine";

/** Names hosts and gives certificates: a world in memory, or a lab behind SSH. */
export interface Surroundings {
  connection(name: string): JsonObject;
  certificate(name: string): IssuedCertificate;
}
export interface Shape {
  /** Certificate that the Edges get. */
  certificate: string;
  edges?: string[];
  method?: "overwrite" | "recreate";
  /** The Mailbox server's copy gets SMTP, and its default stays. */
  keep?: boolean;
  /** An Edge that gets the certificate for SMTP, whose default stays and which is not drained; nothing else. */
  never?: string;
  /** The connector that carries the name flips last. */
  connector?: boolean;
  /** EdgeSync is waited for with the Edge in service. */
  late?: boolean;
}
export const SITE = "Default-First-Site-Name";
export const CONNECTOR = "Outbound to Office 365";
export const PARTNER = "Partner litware";

/** A copy inside, then Edge by Edge certificate, subscription, service; connectors at the end. */
export function program(around: Surroundings, shape: Shape): Program {
  const { edges = ["EDGE01"], method = "overwrite", connector = false, late = false } = shape;
  return async (declare) => {
    const issued = around.certificate(shape.certificate);
    const source = { pfx: issued.pfx, password: issued.password };
    const organization = around.connection("MBX01");
    const copy = await declare("Certificate", "copy", { host: organization, source, services: shape.keep ? ["SMTP"] : [] });
    if (shape.never) {
      const settings = { source, services: ["SMTP"], drain: "never" };
      await declare("Certificate", "undrained", { host: around.connection(shape.never), organization, ...settings });
    }
    let after: unknown[] = [];
    for (const [index, edge] of edges.entries()) {
      // As EdgeFleet has it: the first Edge knows the others.
      const peers = index === 0 ? edges.slice(1).map((one) => around.connection(one)) : undefined;
      after = await oneEdge(declare, { edge: around.connection(edge), name: edge, organization, source, method, late, after, peers });
    }
    if (!connector) return;
    const sources = edges.map((edge) => ({ host: around.connection(edge), thumbprint: copy.thumbprint }));
    for (const name of [CONNECTOR, PARTNER]) {
      const args = { host: organization, connector: name, tlsCertificateName: copy.tlsCertificateName, sources, after };
      after = [(await declare("SendConnectorTls", name, args)).revision];
    }
  };
}

interface EdgePart {
  edge: JsonObject;
  name: string;
  organization: JsonObject;
  source: object;
  method: string;
  late: boolean;
  after: unknown[];
  peers?: JsonObject[];
}

async function oneEdge(declare: Declare, { edge, name, organization, source, method, late, peers }: EdgePart): Promise<unknown[]> {
  const synchronise = late ? "afterStart" : "beforeStart";
  const certificate = await declare("Certificate", `${name}-certificate`, {
    host: edge,
    organization,
    source,
    services: ["SMTP"],
    defaultSmtp: "replace",
    drain: "hold",
    peers,
    // As the class has it.
    ...(late && { lookAhead: { synchronise } }),
  });
  const subscription = await declare("EdgeSubscription", `${name}-subscription`, {
    edge,
    organization,
    site: SITE,
    method,
    ...(late && { synchronise }),
    certificateThumbprint: certificate.thumbprint,
    after: [certificate.revision],
  });
  const receive = await declare("ReceiveConnectorTls", `${name}-receive`, {
    host: edge,
    connector: `Default internal receive connector ${name}`,
    tlsCertificateName: certificate.tlsCertificateName,
    after: [subscription.revision],
  });
  const service = await declare("TransportService", `${name}-transport`, {
    host: edge,
    organization,
    expectThumbprint: certificate.thumbprint,
    after: [certificate.revision, subscription.revision, receive.revision],
  });
  return [service.revision];
}

/** The ways a rotation can go. */
export const SHAPES: { [name: string]: Shape } = {
  overwrite: { certificate: "v2" },
  recreate: { certificate: "v2", method: "recreate" },
  flip: { certificate: "v3", edges: ["EDGE01", "EDGE02"], connector: true },
};
/** EdgeSync is waited for while the Edge serves. */
export const LATE: Shape = { certificate: "v2", late: true };

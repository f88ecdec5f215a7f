/** The programs that are run under faults: what a user would declare for the scenario. */
import type { JsonObject } from "../../../provider/base/json";
import type { IssuedCertificate } from "../../../lab/issued";
import type { Declare, Program } from "./engine";

/** Names hosts and gives certificates: a world in memory, or a lab behind SSH. */
export interface Surroundings {
  /** Waited for between an Edge's certificate, with which it left service, and its subscription. */
  meanwhile?(edge: string): Promise<void>;
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
  /** So many Edges go side by side, as EdgeFleet has it with `maxUnavailable`. */
  wide?: number;
  /** Edges that the program knows a way to, and does nothing on. */
  known?: string[];
}
export const SITE = "Default-First-Site-Name";
export const CONNECTOR = "Outbound to Office 365";
export const PARTNER = "Partner litware";

/** A copy inside, then Edge by Edge certificate, subscription, service; connectors at the end. */
export function program(around: Surroundings, shape: Shape): Program {
  const { edges = ["EDGE01"], method = "overwrite", connector = false, late = false, wide = 1, known = [] } = shape;
  return async (engine) => {
    const declare = untilFailure(engine);
    const issued = around.certificate(shape.certificate);
    const source = { pfx: issued.pfx, password: issued.password };
    const organization = around.connection("MBX01");
    const copy = await declare("Certificate", "copy", { host: organization, source, services: shape.keep ? ["SMTP"] : [] });
    if (shape.never) {
      const settings = { source, services: ["SMTP"], drain: "never" };
      await declare("Certificate", "undrained", { host: around.connection(shape.never), organization, ...settings });
    }
    const made: Promise<unknown[]>[] = [];
    for (const [index, name] of edges.entries()) {
      const edge = around.connection(name);
      // As EdgeFleet has it: the first Edge knows the others.
      const peers = index === 0 ? [...edges.slice(1), ...known].map((one) => around.connection(one)) : undefined;
      const servers = (index === 0 ? edges : [name]).map((one) => ({ host: around.connection(one), role: "Edge" }));
      const ahead = { ...(wide > 1 && { servers, maxUnavailable: wide }), ...(late && { synchronise: "afterStart" }) };
      const meanwhile = (): Promise<void> => around.meanwhile?.(name) ?? Promise.resolve();
      const part = { edge, name, organization, source, method, late, peers, ahead, meanwhile };
      const before = made[index - wide] ?? Promise.resolve([]);
      const own = before.then((after) => oneEdge(declare, { ...part, after }));
      own.catch(() => undefined);
      made.push(own);
    }
    await Promise.allSettled(made);
    let after = (await Promise.all(made)).slice(-wide).flat();
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
  ahead: object;
  meanwhile: () => Promise<void>;
}

/** As Pulumi has it: what is under way when something fails is finished, and nothing more begins. */
function untilFailure(declare: Declare): Declare {
  let failure: Promise<never> | undefined;
  return async (...args) => {
    if (failure) return failure;
    const made = declare(...args);
    made.catch((error: Error) => (failure ??= Promise.reject(error)).catch(() => undefined));
    return made;
  };
}

async function oneEdge(declare: Declare, part: EdgePart): Promise<unknown[]> {
  const { edge, name, organization, source, method, late, peers, ahead } = part;
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
    ...(Object.keys(ahead).length > 0 && { lookAhead: ahead }),
  });
  await part.meanwhile();
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
/** Four Edges, of which two may be out at once. */
export const WIDE: Shape = { certificate: "v2", edges: ["EDGE01", "EDGE02", "EDGE03", "EDGE04"], wide: 2 };
/** The same, with EdgeSync behind each start. */
export const WIDE_LATE: Shape = { ...WIDE, late: true };
/** EdgeSync is waited for while the Edge serves. */
export const LATE: Shape = { certificate: "v2", late: true };

/** A fleet of two Edges as the components declare it, for tests without Pulumi. */
import { SITE } from "../drift/servers";
import type { Program, Rig } from "./rig";

const EDGES = ["EDGE01", "EDGE02"];
const CONNECTOR = "Outbound to Office 365";

/** What EdgeFleet declares: whole Edges in a row, the first one knows the others. */
export const fleet =
  (rig: Rig, certificate: string, options: { peers?: boolean; edges?: string[] } = {}): Program =>
  async (declare) => {
    const { peers = true, edges = EDGES } = options;
    const organization = rig.host("MBX01");
    const source = rig.source(certificate);
    const copy = await declare("Certificate", "copy", { host: organization, source, services: [] });
    const after: unknown[] = [];
    for (const [index, name] of edges.entries()) {
      const host = rig.host(name);
      const others = edges.slice(1).map((one) => rig.host(one));
      const made = await declare("Certificate", `${name}-certificate`, {
        host,
        organization,
        source,
        services: ["SMTP"],
        defaultSmtp: "replace",
        drain: "hold",
        ...(index === 0 && peers ? { peers: others } : {}),
      });
      const { thumbprint } = made;
      const bound = await declare("EdgeSubscription", `${name}-subscription`, {
        edge: host,
        organization,
        site: SITE,
        certificateThumbprint: thumbprint,
        after: [made.revision],
      });
      const prepared = [made.revision, bound.revision];
      const service = { host, organization, expectThumbprint: thumbprint, after: prepared };
      after.push((await declare("TransportService", `${name}-transport`, service)).revision);
    }
    const sources = edges.map((name) => ({ host: rig.host(name), thumbprint: copy.thumbprint }));
    const names = { connector: CONNECTOR, tlsCertificateName: copy.tlsCertificateName };
    await declare("SendConnectorTls", "connector", { host: organization, ...names, sources, after });
  };

/** Connectors inside components: one after the other, named after what they change. */
import * as pulumi from "@pulumi/pulumi";
import { NO_COMMON_NAME } from "../../base/commonName";
import type { Certificate, CertificateSettings } from "../certificate";
import type { ConnectionArgs } from "../connection";
import type { After } from "../lifecycle";
import { ReceiveConnectorTls, type ReceiveConnectorSettings } from "../receiveConnectorTls";
import { SendConnectorTls, type SendConnectorSettings } from "../sendConnectorTls";
import { child, type Dependencies } from "./dependencies";
import { connectorLabels } from "./labels";

/** An Edge and its certificate. */
export interface EdgeCertificate {
  edge: pulumi.Input<ConnectionArgs>;
  certificate: Certificate;
}

/** Receive connectors of one Edge; they name the Edge's certificate unless they say otherwise. */
export function receiveConnectorsOf(
  parent: pulumi.ComponentResource,
  name: string,
  own: EdgeCertificate,
  settings: readonly ReceiveConnectorSettings[],
  after: After,
): ReceiveConnectorTls[] {
  const labels = connectorLabels(settings.map((one) => one.connector));
  return settings.reduce<ReceiveConnectorTls[]>((made, one, index) => {
    const tlsCertificateName = one.tlsCertificateName ?? own.certificate.tlsCertificateName;
    const args = { ...one, host: own.edge, tlsCertificateName, after };
    return [...made, new ReceiveConnectorTls(`${name}-receive-${labels[index]}`, args, child(parent, made.at(-1)))];
  }, []);
}

/** Send connectors: last of all, when every source has the new certificate and is back in service. */
export function sendConnectorsOf(
  parent: pulumi.ComponentResource,
  name: string,
  organization: pulumi.Input<ConnectionArgs>,
  edges: readonly EdgeCertificate[],
  settings: readonly SendConnectorSettings[],
  after: After,
  ...dependsOn: Dependencies[]
): SendConnectorTls[] {
  const labels = connectorLabels(settings.map((one) => one.connector));
  const sources = edges.map(({ edge, certificate }) => ({ host: edge, thumbprint: certificate.thumbprint }));
  return settings.reduce<SendConnectorTls[]>((made, one, index) => {
    const tlsCertificateName = one.tlsCertificateName ?? commonName(edges);
    const args = { ...one, host: organization, tlsCertificateName, sources, after };
    const opts = child(parent, made.at(-1), ...dependsOn);
    return [...made, new SendConnectorTls(`${name}-send-${labels[index]}`, args, opts)];
  }, []);
}

/** A certificate's settings that know which send connectors are set last: one that is not there is refused before all else. */
export function withSendConnectors(settings: CertificateSettings, connectors: readonly SendConnectorSettings[] = []): CertificateSettings {
  if (settings.sendConnectors !== undefined || connectors.length === 0) return settings;
  return { ...settings, sendConnectors: connectors.map(({ connector }) => connector) };
}

/**
 * The name that all Edges' certificates share. Where there is none check refuses the connector: with `--target` of one Edge the others'
 * certificates are still the old ones, and Pulumi checks what is targeted only.
 */
function commonName(edges: readonly EdgeCertificate[]): pulumi.Output<string> {
  const names = pulumi.all(edges.map(({ certificate }) => certificate.tlsCertificateName));
  return names.apply((all) => (new Set(all).size <= 1 ? all[0] : NO_COMMON_NAME));
}

/** What the organisation and the source servers say before a connector is touched. */
import { inspectCertificate } from "../../exchange/certificates";
import { findSendConnector, sourcesOf, type ConnectorBag } from "../../exchange/sendConnectors";
import type { CertificateInspection, Value } from "../../remote/protocol";
import type { HostSession } from "../../remote/sessions";
import { changesOf as settingChanges } from "../settings";
import type { Context } from "../types";
import { OWNED, type ConnectorInputs, type SourceServer } from "./inputs";
import { withoutTlsDomain } from "./tlsDomain";

/** A declared source that is one of the connector's source servers. */
export interface Source {
  server: SourceServer;
  session: HostSession;
  inspection: CertificateInspection;
}
export interface Gathered {
  connector: ConnectorBag;
  sources: Source[];
  /** Source servers of the connector that the program does not declare. */
  foreign: string[];
  /** Exchange properties to set. */
  changes: { [property: string]: Value };
}

export async function gather(ctx: Context, inputs: ConnectorInputs, organization: HostSession): Promise<Gathered> {
  const connector = await findSendConnector(organization, inputs.connector);
  const names = sourcesOf(connector);
  const sources: Source[] = [];
  for (const server of inputs.sources ?? []) {
    ctx.register(server.host);
    const session = await ctx.session(server.host);
    if (!names.includes(session.facts.name.toUpperCase())) continue;
    sources.push({ server, session, inspection: await inspectCertificate(session, server.thumbprint) });
  }
  const declared = new Set(sources.map((one) => one.session.facts.name.toUpperCase()));
  const foreign = inputs.sources ? names.filter((name) => !declared.has(name)) : [];
  return { connector, sources, foreign, changes: changesOf(inputs, connector) };
}

/** Owned properties of a connector that differ from what is declared, and what Exchange does not keep beside them. */
export function changesOf(inputs: ConnectorInputs, connector: ConnectorBag): { [property: string]: Value } {
  return withoutTlsDomain(inputs, settingChanges(OWNED, inputs, connector), connector);
}

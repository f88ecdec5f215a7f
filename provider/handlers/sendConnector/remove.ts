/** Delete of send connector TLS settings: restore only to a name that resolves on every source (rotation.md 6). */
import type { Json, JsonObject } from "../../base/json";
import { listCertificates } from "../../exchange/certificates";
import { connectorNamed, setSendConnector, sourcesOf, tlsNameOf, type ConnectorBag } from "../../exchange/sendConnectors";
import { text } from "../../exchange/shell";
import { sameTlsCertificateName } from "../../pki";
import type { Value } from "../../remote/protocol";
import { deleteClaimed } from "../deletion";
import type { Context } from "../types";
import { restoring, type Bag } from "../settings";
import { OWNED, type ConnectorInputs } from "./inputs";
import { lostWords, restoringTlsDomain } from "./tlsDomain";

export async function deleteConnector(ctx: Context, id: string, props: JsonObject): Promise<void> {
  const inputs = props as unknown as ConnectorInputs;
  await deleteClaimed(ctx, { kind: "sendConnector", name: id, host: inputs.host, props }, async ({ leased, right, record }) => {
    const connector = right === "act" ? await connectorNamed(leased, id) : null;
    if (!connector) return;
    const cleared = inputs.onDelete === "clear" ? { TlsCertificateName: null } : null;
    const changes = cleared ?? (await restorable(ctx, inputs, connector, record.previous));
    if (Object.keys(changes).length === 0) return;
    await setSendConnector(leased, id, changes);
    const lost = lostWords(inputs, changes, connector);
    if (lost) ctx.warn(lost);
  });
}

/** What brings the declared properties' old values back, without a name that would not resolve everywhere (with a warning). */
async function restorable(
  ctx: Context,
  inputs: ConnectorInputs,
  connector: ConnectorBag,
  previous: Json,
): Promise<{ [property: string]: Value }> {
  const before = (previous ?? {}) as Bag;
  const { TlsCertificateName: old, ...others } = restoringTlsDomain(inputs, restoring(OWNED, inputs, connector, before), connector, before);
  if (old === undefined) return others;
  const name = text(old);
  const missing =
    name === "" || sameTlsCertificateName(name, tlsNameOf(connector)) ? [] : await sourcesWithout(ctx, inputs, connector, name);
  if (missing.length === 0) return { ...others, TlsCertificateName: old };
  ctx.warn(
    `[DELETE_KEPT] "${inputs.connector}" keeps its present TlsCertificateName: the one before it does not resolve on ${missing.join(", ")}.`,
  );
  return others;
}

async function sourcesWithout(ctx: Context, inputs: ConnectorInputs, connector: ConnectorBag, name: string): Promise<string[]> {
  const open = new Set(sourcesOf(connector));
  for (const { host } of inputs.sources ?? []) {
    const session = await ctx.session(host, { preferRegistered: true }).catch(() => null);
    if (!session) continue;
    const found = (await listCertificates(session)).some(
      (one) => sameTlsCertificateName(one.tlsCertificateName, name) && one.hasPrivateKey,
    );
    if (found) open.delete(session.facts.name.toUpperCase());
  }
  return [...open];
}

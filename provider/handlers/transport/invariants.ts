/** What must hold before an Edge goes back into service (rotation.md 14, I1–I3). */
import { ExchangeError } from "../../base/errors";
import { defaultThumbprint } from "../../exchange/certificates";
import { listSendConnectors, tlsNameOf } from "../../exchange/sendConnectors";
import { equalNames, text, type Shell } from "../../exchange/shell";
import { listSubscriptions } from "../../exchange/subscriptions";
import { sameTlsCertificateName } from "../../pki";
import type { HostConnection } from "../../remote/hosts";
import type { HostSession } from "../../remote/sessions";
import type { JournalState } from "../../rotation/journal";
import { readClaims, recordOf } from "../../rotation/claims";
import { connectorDifferences, nameEdits, readSnapshot, snapshotPath, type NameEdit } from "../../rotation/snapshot";
import { ldapsLeaf, waitForLeaf } from "../doors";
import type { Context } from "../types";

/** Short: the subscription's own handler has waited for AD LDS already. */
const LDAPS_DEADLINE_MS = 10_000;

/** @throws INVARIANT_VIOLATED, LDAPS_WRONG_CERTIFICATE */
export async function requireInvariants(
  host: HostConnection,
  edge: HostSession,
  organization: HostSession | null,
  journal: JournalState,
  ctx: Pick<Context, "signal" | "warn">,
): Promise<void> {
  if (!organization || !journal.old.subscribed) return;
  await requireConnectors(edge, organization, ctx.warn);
  const own = (await listSubscriptions(organization)).filter((one) => equalNames(one.name, edge.facts.name));
  if (own.length !== 1) throw violated(edge, `it has ${own.length} Edge Subscriptions`);
  const current = await defaultThumbprint(edge);
  // Where the default is what it was, AD LDS keeps what it had: its choice is none of this rotation's business.
  if (current === journal.old.defaultThumbprint && !journal.exported) return;
  const leaf = await waitForLeaf(
    () => ldapsLeaf(host, edge, organization),
    (one) => one === current,
    LDAPS_DEADLINE_MS,
    ctx.signal,
  );
  if (leaf === current) return;
  const name = edge.facts.name;
  throw new ExchangeError(
    "LDAPS_WRONG_CERTIFICATE",
    `${name}: AD LDS presents ${leaf ?? "nothing"}, the default is ${current ?? "missing"}; EdgeSync would refuse it.`,
    {
      host: name,
      hint: "Declare an EdgeSubscription with certificateThumbprint before this resource and run `pulumi up` again.",
    },
  );
}

async function requireConnectors(edge: HostSession, organization: HostSession, warn: Context["warn"]): Promise<void> {
  const snapshot = await readSnapshot(organization, edge.facts.name);
  if (!snapshot) return;
  const now = await listSendConnectors(organization);
  const differences = connectorDifferences(snapshot, now);
  const file = `${snapshotPath(edge.facts.name)} on ${organization.facts.name}`;
  if (differences.length > 0) {
    const hint = `Somebody changed it meanwhile: give it back in the Exchange Management Shell (what it was: ${file}), then run again.`;
    throw violated(edge, `send connector ${differences.join(", ")}`, hint);
  }
  const edits = nameEdits(snapshot, now);
  if (edits.length === 0) return;
  const claims = await readClaims(organization);
  for (const one of edits) {
    // Another name on a claimed connector is that resource's own flip, or its drift to tell.
    if (one.now === "" || !recordOf(claims, "sendConnector", one.connector)) warn(editWords(one, edge.facts.name, file));
  }
}

function editWords({ connector, before, now }: NameEdit, edge: string, file: string): string {
  const what = now === "" ? "was cleared" : `was changed to ${now}`;
  const back = `a SendConnectorTls that declares it sets it again; else give it back in the Exchange Management Shell if it is missed`;
  return `${edge}: the TlsCertificateName of send connector "${connector}" ${what} by hand while the window was open; it was ${before} (${file}, until the window is closed). ${edge} goes back into service all the same: ${back}.`;
}

function violated(edge: HostSession, what: string, hint?: string): ExchangeError {
  const name = edge.facts.name;
  return new ExchangeError("INVARIANT_VIOLATED", `${name} stays out of service: ${what}.`, { host: name, hint });
}

/** Connectors of the Edge's replica that do not carry the expected name. @throws READ_BACK_DIFFERS */
export async function requireConnectorNames(shell: Shell, expected: { [connector: string]: string } | undefined): Promise<void> {
  const host = shell.facts.name;
  if (!expected || Object.keys(expected).length === 0) return;
  const replica = await listSendConnectors(shell);
  for (const [connector, name] of Object.entries(expected)) {
    const found = replica.find((one) => equalNames(text(one.Name), connector));
    if (!found)
      throw new ExchangeError("READ_BACK_DIFFERS", `${host} does not have send connector "${connector}" in its replica.`, { host });
    if (!sameTlsCertificateName(tlsNameOf(found), name)) {
      throw new ExchangeError("READ_BACK_DIFFERS", `${host}: "${connector}" carries "${tlsNameOf(found)}", not "${name}".`, { host });
    }
  }
}

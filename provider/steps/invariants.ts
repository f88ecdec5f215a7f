/** `invariants`: what must hold before an Edge goes back into service (rotation.md 14, I1–I3). */
import { ExchangeError } from "../base/errors";
import { defaultThumbprint } from "../exchange/certificates";
import { connectorIn, namesOnConnectors, outlineConnectors, tlsNameOf, type ConnectorBag } from "../exchange/sendConnectors";
import { equalNames, type Shell } from "../exchange/shell";
import { subscriptionsOf } from "../exchange/subscriptions";
import { sameTlsCertificateName } from "../pki";
import type { HostConnection } from "../remote/hosts";
import type { HostSession } from "../remote/sessions";
import type { JournalState } from "../rotation/journal";
import { claimRecord } from "../rotation/claimFiles";
import {
  connectorDifferences,
  connectorsBeside,
  nameEdits,
  readSnapshot,
  snapshotPath,
  type NameEdit,
  type Snapshot,
} from "../rotation/snapshot";
import { ldapsSeen, waitForLeaf } from "../rotation/doors";
import type { Context } from "../rotation/context";
import type { Step } from "../rotation/engine";
import type { InWindow } from "./tasks";

/** Short: the subscription's own handler has waited for AD LDS already. */
const LDAPS_DEADLINE_MS = 10_000;

/** `also`: what else has to hold, as the resource declares it. */
export function invariantsStep(task: Omit<InWindow, "ctx" | "leased" | "actor"> & { ctx: Watching }, also?: () => Promise<void>): Step {
  let checked = false;
  return {
    id: "invariants",
    looks: true,
    text: "check connectors, subscription and the LDAPS certificate",
    probe: () => Promise.resolve(checked),
    ahead: async () => {
      const { session, organization } = task;
      if (!organization) return;
      await Promise.all([lookAround(session, organization), defaultThumbprint(session), ldapsSeen(task.host, session, organization)]);
    },
    run: async () => {
      const { ctx, host, session, organization, journal } = task;
      await requireInvariants(host, session, organization, journal.state!, ctx);
      await also?.();
      checked = true;
    },
  };
}
type Watching = Pick<Context, "signal" | "warn">;

/** @throws INVARIANT_VIOLATED, LDAPS_WRONG_CERTIFICATE */
async function requireInvariants(
  host: HostConnection,
  edge: HostSession,
  organization: HostSession | null,
  journal: JournalState,
  ctx: Watching,
): Promise<void> {
  if (!organization || !journal.old.subscribed) return;
  const { snapshot, connectors, own } = await lookAround(edge, organization);
  if (snapshot) await requireConnectors(edge, organization, snapshot, connectors, ctx.warn);
  if (own.length !== 1) throw violated(edge, `it has ${own.length} Edge Subscriptions`);
  const current = await defaultThumbprint(edge);
  // Where the default is what it was, AD LDS keeps what it had: its choice is none of this rotation's business.
  if (current === journal.old.defaultThumbprint && !journal.exported) return;
  const leaf = await waitForLeaf(
    () => ldapsSeen(host, edge, organization),
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

/** What the organisation shows of the Edge, asked together. */
export async function lookAround(edge: HostSession, organization: HostSession) {
  const { name } = edge.facts;
  const asked = readSnapshot(organization, name);
  const [snapshot, connectors, own] = await Promise.all([
    asked,
    connectorsBeside(organization, name, asked),
    subscriptionsOf(organization, name),
  ]);
  return { snapshot, connectors, own };
}

async function requireConnectors(
  edge: HostSession,
  organization: HostSession,
  snapshot: Snapshot,
  now: ConnectorBag[],
  warn: Context["warn"],
): Promise<void> {
  const differences = connectorDifferences(snapshot, now);
  const file = `${snapshotPath(edge.facts.name)} on ${organization.facts.name}`;
  if (differences.length > 0) {
    const hint = `Somebody changed it meanwhile: give it back in the Exchange Management Shell (what it was: ${file}), then run again.`;
    throw violated(edge, `send connector ${differences.join(", ")}`, hint);
  }
  const edits = nameEdits(snapshot, now);
  if (edits.length === 0) return;
  for (const one of edits) {
    // Another name on a claimed connector is that resource's own flip, or its drift to tell.
    if (one.now === "" || !(await claimRecord(organization, { kind: "sendConnector", name: one.connector })))
      warn(editWords(one, edge.facts.name, file));
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

/** Who can tell an operator's edit from a value that has not arrived. */
interface Witness {
  /** Null where none is known: then every difference counts. */
  organization: Shell | null;
  warn: Context["warn"];
}

/**
 * Connectors of the Edge's replica that do not carry the expected name. A name that somebody cleared, or changed while the window was
 * open, keeps no Edge out of service (docs/adr/0012): it is warned of. @throws READ_BACK_DIFFERS
 */
export async function requireConnectorNames(
  shell: Shell,
  expected: { [connector: string]: string } | undefined,
  { organization, warn }: Witness,
): Promise<void> {
  const host = shell.facts.name;
  if (!expected || Object.keys(expected).length === 0) return;
  const replica = await namesOnConnectors(shell);
  for (const [connector, name] of Object.entries(expected)) {
    const found = connectorIn(replica, connector);
    if (!found)
      throw new ExchangeError("READ_BACK_DIFFERS", `${host} does not have send connector "${connector}" in its replica.`, { host });
    if (!sameTlsCertificateName(tlsNameOf(found), name)) {
      const edit = organization && (await editOf(organization, host, { connector, before: name, now: tlsNameOf(found) }));
      if (edit) {
        warn(expectedWords(edit, host));
        continue;
      }
      throw new ExchangeError("READ_BACK_DIFFERS", `${host}: "${connector}" carries "${tlsNameOf(found)}", not "${name}".`, { host });
    }
  }
}

/** The difference as an edit by hand: the organisation has it too, and no synchronisation is owed. Null where it is none. */
async function editOf(organization: Shell, edge: string, seen: NameEdit): Promise<NameEdit | null> {
  const now = await outlineConnectors(organization);
  const there = connectorIn(now, seen.connector);
  if (!there || tlsNameOf(there) !== seen.now) return null;
  if (seen.now === "") return seen;
  const snapshot = await readSnapshot(organization, edge);
  const edits = snapshot ? nameEdits(snapshot, now) : [];
  return edits.some((one) => equalNames(one.connector, seen.connector) && sameTlsCertificateName(one.before, seen.before)) ? seen : null;
}

function expectedWords({ connector, before, now }: NameEdit, edge: string): string {
  const what = now === "" ? "was cleared" : `was changed to ${now}`;
  return `${edge}: the TlsCertificateName of send connector "${connector}" ${what} by hand; expectConnectors has ${before}. ${edge} serves all the same: a SendConnectorTls that declares the name sets it again; else give it back in the Exchange Management Shell if it is missed.`;
}

/** The step that gives back what a subscription took away: memberships by set difference, vanished connectors from their full bags. */
import { asExchangeError, isExchangeError } from "../base/errors";
import {
  addSource,
  connectorNamed,
  findSendConnector,
  recreateSendConnector,
  tlsNameOf,
  type ConnectorBag,
} from "../exchange/sendConnectors";
import { equalNames, list, text } from "../exchange/shell";
import type { Step } from "../rotation/engine";
import { withLease, type LeasedShell } from "../rotation/leasedShell";
import { connectorsBeside, lostName, mendings, readSnapshot, writeSnapshot, type Mending, type Snapshot } from "../rotation/snapshot";
import type { Subscribing } from "./tasks";

export function mendStep(task: Subscribing): Step {
  const { organization, actor, edge, createInternet, createInbound, signal } = task;
  const look = async (): Promise<{ snapshot: Snapshot | null; open: Mending[] }> => {
    const asked = readSnapshot(organization, edge.facts.name);
    const [snapshot, now] = await Promise.all([asked, connectorsBeside(organization, edge.facts.name, asked)]);
    return { snapshot, open: snapshot ? mendings(snapshot, now, createInternet || createInbound) : [] };
  };
  return {
    id: "mend",
    text: "mend connectors against the snapshot",
    probe: async () => (await look()).open.length === 0,
    ahead: look,
    run: () =>
      withLease(
        organization,
        actor,
        async (leased) => {
          const { snapshot, open } = await look();
          for (const one of open) await mend(leased, snapshot!, one);
        },
        signal,
        { lingers: true },
      ),
  };
}

async function mend(leased: LeasedShell, snapshot: Snapshot, mending: Mending): Promise<void> {
  if (mending.action === "recreate") await rebuild(leased, snapshot, mending.bag, false);
  else if (mending.action === "replace")
    await rebuild(leased, snapshot, { ...(await findSendConnector(leased, mending.connector)), ...mending.bag }, true);
  else if (mending.action === "settle") await note(leased, snapshot, mending.connector, false);
  else if (mending.action === "addSource") await addMember(leased, snapshot, mending.connector, mending.server);
  else await removeSendConnector(leased, mending.connector);
}

/**
 * Set-SendConnector asks for a named connector's certificate whatever it sets, and refuses where no Mailbox server has it, as with
 * a name whose certificate lies on Edges alone. New-SendConnector asks for nothing (exchange.md 15.4): so the connector is made
 * again from its own properties. The snapshot knows it should a crash come between.
 */
async function addMember(leased: LeasedShell, snapshot: Snapshot, connector: string, server: string): Promise<void> {
  try {
    await addSource(leased, connector, server);
  } catch (error) {
    if (!isExchangeError(error, "CMDLET_FAILED")) throw error;
    const bag = await findSendConnector(leased, connector);
    if (tlsNameOf(bag) === "") throw error;
    await rebuild(leased, snapshot, { ...bag, SourceTransportServers: [...list(bag.SourceTransportServers), server] }, true);
  }
}

/**
 * A connector without its name that we made is our loss, one that somebody cleared is not. So the snapshot says which one is being
 * made, before the first change and until it was read back with its name.
 */
async function rebuild(leased: LeasedShell, snapshot: Snapshot, bag: ConnectorBag, present: boolean): Promise<void> {
  const name = text(bag.Name);
  await note(leased, snapshot, name, true);
  if (present) await removeSendConnector(leased, name);
  let failure: unknown = null;
  try {
    await recreateSendConnector(leased, bag);
  } catch (error) {
    failure = error; // a lost reply is resolved by reading back
  }
  const made = await connectorNamed(leased, name);
  if (made && !lostName(bag, made)) return note(leased, snapshot, name, false);
  // Without a failure it is the step's own read-back that finds what is missing still.
  if (failure) throw asExchangeError(failure);
}

async function note(leased: LeasedShell, snapshot: Snapshot, connector: string, rebuilding: boolean): Promise<void> {
  const others = (snapshot.rebuilding ?? []).filter((one) => !equalNames(one, connector));
  snapshot.rebuilding = rebuilding ? [...others, connector] : others;
  await writeSnapshot(leased, snapshot);
}

function removeSendConnector(leased: LeasedShell, connector: string): Promise<unknown> {
  return leased.invoke("Remove-SendConnector", { Identity: connector, Confirm: false }, []);
}

/**
 * The steps that bind an Edge's default certificate again (exchange.md 15.6): export (it pins the certificate in AD LDS's own
 * store), restart AD LDS, look at the LDAPS leaf, import over the existing subscription, mend connectors, synchronise.
 */
import { ExchangeError } from "../../base/errors";
import { refuseSkew, waitUntilPast } from "../../exchange/clocks";
import { listSendConnectors, sourcesOf } from "../../exchange/sendConnectors";
import { equalNames, text, type Shell } from "../../exchange/shell";
import {
  exportSubscription,
  findSubscription,
  importSubscription,
  removeSubscription,
  SUBSCRIPTION_FILE,
} from "../../exchange/subscriptions";
import { ADLDS, TRANSPORT, transportStatus } from "../../exchange/transport";
import type { Step } from "../../rotation/engine";
import { directoryStep } from "../../rotation/directoryServices";
import { withLease, type LeasedShell } from "../../rotation/leasedShell";
import { short } from "../../rotation/reasons";
import { EXPORT, IMPORT } from "../../rotation/journal";
import { ldapsLeaf, waitForLeaf } from "../doors";
import { mendStep } from "./mend";
import { forceSync } from "./sync";
import type { Resubscription } from "./task";

/** How long AD LDS may take to answer after its restart. */
const LDAPS_DEADLINE_MS = 60_000;

/** The export's bytes live in memory between two steps; after a crash they are exported again. */
interface Carried {
  file: Buffer | null;
  /** The Edge's clock right after the export: the file must not come from the organisation's future. */
  made: Date;
}

export function resubscriptionSteps(task: Resubscription): Step[] {
  const carried: Carried = { file: null, made: new Date(0) };
  return [
    directoryStep(task.edge, task.journal),
    exportStep(task, carried),
    importStep(task, carried),
    mendStep(task),
    syncStep(task),
    readBackStep(task),
  ];
}

/** Export, restart and leaf belong together: what LDAPS presents is fixed by the last export plus a restart after it. */
function exportStep(task: Resubscription, carried: Carried): Step {
  const { edge, organization, thumbprint, journal } = task;
  return {
    id: EXPORT,
    text: `export the subscription file (pins ${short(thumbprint)}) and restart AD LDS`,
    probe: async () => (carried.file !== null || journal.state?.done.has(IMPORT) === true) && (await leaf(task)) === thumbprint,
    run: async () => {
      await refuseSkew(edge, organization);
      const file = await exportSubscription(edge, SUBSCRIPTION_FILE);
      carried.made = new Date((await edge.request("hello", {})).utc);
      await restartDirectory(edge);
      const presented = await waitForLeaf(
        () => leaf(task),
        (one) => one === thumbprint,
        LDAPS_DEADLINE_MS,
        task.signal,
      );
      if (presented !== thumbprint) throw wrongLeaf(edge, thumbprint, presented);
      carried.file = file;
    },
  };
}

/** Restarts AD LDS; its dependants come back as they were, and transport stays out of service inside the window. */
async function restartDirectory(edge: LeasedShell): Promise<void> {
  const keepStopped = (await transportStatus(edge)).status === "Running" ? [] : [TRANSPORT];
  await edge.request("service.restart", { name: ADLDS, keepStopped });
}

function leaf({ edgeHost, edgeSession, organization }: Resubscription): Promise<string | null> {
  return ldapsLeaf(edgeHost, edgeSession, organization);
}
function wrongLeaf(edge: Shell, wanted: string, presented: string | null): ExchangeError {
  const host = edge.facts.name;
  return new ExchangeError(
    "LDAPS_WRONG_CERTIFICATE",
    `${host}: AD LDS presents ${presented ?? "nothing"} after its restart, not ${wanted}.`,
    { host },
  );
}

function importStep(task: Resubscription, carried: Carried): Step {
  const { organization, actor, site, edge, createInternet, createInbound, journal, signal, method } = task;
  return {
    id: IMPORT,
    text: method === "recreate" ? "remove the subscription and import the file" : "import the file over the existing subscription",
    probe: async () => {
      const done = carried.file === null || journal.state?.done.has(IMPORT) === true;
      const found = await findSubscription(organization, edge.facts.name);
      return done && found !== null;
    },
    run: async () => {
      const file = carried.file;
      if (!file)
        throw new ExchangeError("SUBSCRIPTION_REFUSED", `${edge.facts.name}: the subscription file is gone; run again.`, {
          host: edge.facts.name,
        });
      await waitUntilPast(organization, carried.made, signal);
      await withLease(organization, actor, (leased) => subscribe(leased, file), signal);
      carried.file = null;
    },
  };
  async function subscribe(leased: LeasedShell, file: Buffer): Promise<void> {
    if (method === "recreate" && (await findSubscription(leased, edge.facts.name))) await removeSubscription(leased, edge.facts.name);
    await importSubscription(leased, { file, site, createInternet, createInbound });
  }
}

function syncStep({ organization, edge, actor, syncTimeout, signal }: Resubscription): Step {
  let done = false;
  return {
    id: "sync",
    text: "force EdgeSync and wait (it may refuse for 5 minutes)",
    probe: () => Promise.resolve(done),
    run: async () => {
      await forceSync({ organization, edgeFqdn: edge.facts.fqdn, actor, timeoutSeconds: syncTimeout, signal });
      done = true;
    },
  };
}

/** What the Edge's own replica shows: every connector that has it as a source, with the organisation's name on it. */
function readBackStep({ organization, edge, actor, syncTimeout, signal }: Resubscription): Step {
  const behind = async (): Promise<string[]> => {
    const [there, here] = await Promise.all([listSendConnectors(organization), listSendConnectors(edge)]);
    const own = there.filter((one) => sourcesOf(one).includes(edge.facts.name.toUpperCase()));
    return own.filter((one) => !here.some((replica) => sameOnEdge(one, replica))).map((one) => text(one.Name));
  };
  return {
    id: "replica",
    text: "read the connectors back on the Edge",
    probe: async () => (await behind()).length === 0,
    run: () => forceSync({ organization, edgeFqdn: edge.facts.fqdn, actor, timeoutSeconds: syncTimeout, signal }),
  };
}

function sameOnEdge(one: { [property: string]: unknown }, replica: { [property: string]: unknown }): boolean {
  return equalNames(text(one.Name), text(replica.Name)) && equalNames(text(one.TlsCertificateName), text(replica.TlsCertificateName));
}

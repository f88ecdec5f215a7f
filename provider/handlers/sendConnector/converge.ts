/** The work on send connector TLS settings: acts on a difference only. */
import { ExchangeError } from "../../base/errors";
import { findSendConnector, type ConnectorBag } from "../../exchange/sendConnectors";
import { runPlan } from "../../rotation/engine";
import { withLease, type LeasedShell } from "../../rotation/leasedShell";
import { readFlip, writeFlip } from "../../rotation/flips";
import { writeClaim, type Task, type Working } from "../lifecycle";
import { refuseFirst } from "../refusals";
import { ownedValues } from "../settings";
import { carry } from "./carry";
import { changesOf, gather, type Source } from "./gather";
import { OWNED, type ConnectorInputs } from "./inputs";
import { REFUSALS, type Facts } from "./refusals";
import { setNamed } from "./refused";
import { closeWindows, edgesAmong, openWindows, restarting, running } from "./siteWindows";
import { lostWords } from "./tlsDomain";

type Run = Task<ConnectorInputs>;

export async function look({ ctx, inputs, home }: Run): Promise<Facts> {
  const owed = (await readFlip(home, inputs.connector)) !== null;
  return { ...(await gather(ctx, inputs, home)), inputs, owed };
}

/** The name under the organisation's lease, and then the way to every source. @throws READ_BACK_DIFFERS */
export async function work({ facts, touch, ...run }: Working<ConnectorInputs, Facts, null>): Promise<Facts> {
  const { ctx, inputs, home, actor } = run;
  const set = async (leased: LeasedShell): Promise<void> => {
    const { sources } = await refuseFirst(REFUSALS, await look(run));
    await setUnderLease(run, leased, sources, touch);
  };
  await withLease(home, actor, set, ctx.signal);
  if (await readFlip(home, inputs.connector)) await carry(ctx, inputs, facts, home, actor);
  const connector = await findSendConnector(home, inputs.connector);
  if (Object.keys(changesOf(inputs, connector)).length === 0) return { ...facts, connector };
  throw new ExchangeError("READ_BACK_DIFFERS", `"${inputs.connector}" does not show the declared values.`, { host: home.facts.name });
}

/** The sites' windows first: refused there, nothing was changed. */
async function setUnderLease(run: Run, leased: LeasedShell, sources: Source[], touched: () => void): Promise<void> {
  const { inputs } = run;
  const connector = await findSendConnector(leased, inputs.connector);
  const changed = Object.keys(changesOf(inputs, connector)).length > 0;
  const edges = changed ? await running(await restarting(sources)) : [];
  await openWindows(leased, inputs.connector, edges, run.actor);
  touched();
  if (!changed) {
    // What a run left that was killed between its windows and the name.
    if ((await readFlip(leased, inputs.connector)) === null) await closeWindows(leased, inputs.connector, edgesAmong(sources));
    return claim(run, leased, connector, false);
  }
  try {
    await setAll(run, leased, sources, connector);
  } catch (error) {
    await closeWindows(leased, inputs.connector, edges).catch(() => undefined);
    throw error;
  }
}

async function setAll(run: Run, leased: LeasedShell, sources: Source[], connector: ConnectorBag): Promise<void> {
  const { inputs, home: organization, ctx } = run;
  const changes = changesOf(inputs, connector);
  await claim(run, leased, connector, true);
  const shells = sources.map(({ session }) => session);
  await writeFlip(leased, inputs.connector, shells, await readFlip(organization, inputs.connector));
  const step = {
    id: "set-connector" as const,
    text: `set ${Object.keys(changes).join(", ")} of "${inputs.connector}"`,
    probe: async () => Object.keys(changesOf(inputs, await findSendConnector(leased, inputs.connector))).length === 0,
    run: () => setNamed(leased, inputs.connector, inputs.tlsCertificateName, changes),
  };
  await runPlan({ host: organization.facts.name, steps: [step], journal: null, signal: ctx.signal });
  const lost = lostWords(inputs, changes, connector);
  if (lost) ctx.warn(lost);
}

function claim(run: Run, leased: LeasedShell, connector: ConnectorBag, made: boolean): Promise<void> {
  return writeClaim(run, leased, { kind: "sendConnector", name: run.inputs.connector, made, previous: ownedValues(OWNED, connector) });
}

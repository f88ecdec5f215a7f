/**
 * A process that rotates Edges at a lab's own latencies, by a clock that jumps, and tells how long each was out of service and what became
 * of the mail meanwhile. Started by `tests/contract/resources/afterStart.test.ts`.
 */
import { deliveries } from "../../../lab/open";
import { LATENCIES } from "../../../lab/model/settings";
import { answerApart } from "../apart";
import { Engine } from "./engine";
import { sendMail } from "./mail";
import { program } from "./programs";
import { Provider, takeLines } from "./provider";
import { beginAnew, installVirtualTime } from "./virtualTime";
import { World } from "./world";

export interface OutageOrder {
  edges: string[];
  late: boolean;
  toggles?: { [name: string]: string | boolean };
}
export interface Outages {
  error?: string;
  /** Seconds from the suspension of transport to its start's end, Edge by Edge. */
  out: number[];
  /** Seconds from the start's end until EdgeSync had succeeded. */
  waited: number[];
  /** Mails that were sent while an Edge served and its EdgeSync was waited for, and those of them that had arrived before it succeeded. */
  sent: number;
  arrived: number;
  /** All mails of the rotation, and those that have arrived in the end. */
  all: number;
  delivered: number;
  /** Edges that were suspended before the one before them had synchronised. */
  early: string[];
  lines: string[];
}

/** What a mail needs at most over both its hops. */
const ON_ITS_WAY_MS = 8_000;

/** A moment of the lab's clock in ms. */
type At = number;

async function measure({ edges, late, toggles }: OutageOrder): Promise<Outages> {
  beginAnew();
  const world = await World.open({ toggles });
  const engine = new Engine();
  const up = async (certificate: string, hooks = {}): Promise<void> => {
    const provider = new Provider(world, hooks);
    const result = await engine.up(provider, program(world, { certificate, edges, late }));
    await provider.end();
    if (!result.ok) throw result.error!;
  };
  await up("v1");
  takeLines();
  const mark = world.entries.length;
  const sentAt = new Map<string, At>();
  const send = (): void => {
    const before = world.mails;
    sendMail(world);
    for (let mail = before + 1; mail <= world.mails; mail++) sentAt.set(`mail-${mail}`, world.organisation.now().getTime());
  };
  let requests = 0;
  await up("v2", { onRequest: () => (requests++ % 5 === 0 && send(), "pass") });
  const calls = world.entries.slice(mark);
  const ofEdge = (edge: string, cmdlet: string): At[] => calls.filter((one) => one.host === edge && one.cmdlet === cmdlet).map(at);
  const suspended = edges.map((edge) => ofEdge(edge, "Suspend-Service")[0]);
  const served = edges.map((edge) => ofEdge(edge, "Start-Service").at(-1)! + LATENCIES.serviceStart.default * 1000);
  const forced = calls.filter((one) => one.cmdlet === "Start-EdgeSynchronization");
  const succeeded = edges.map((_edge, index) => {
    const until = suspended[index + 1] ?? Infinity;
    const own = forced.map(at).filter((moment) => moment > suspended[index] && moment < until);
    return Math.max(...own) + LATENCIES.edgeSyncRun.default * 1000;
  });
  world.organisation.advanceClock(3600);
  const arrivals = new Map(deliveries(world.organisation).map(({ id, utc }) => [id, Date.parse(utc)]));
  const meanwhile = [...sentAt].flatMap(([id, moment]) => {
    const index = edges.findIndex((_edge, edge) => moment > served[edge] && moment < succeeded[edge] - ON_ITS_WAY_MS);
    return index < 0 ? [] : [{ id, until: succeeded[index] }];
  });
  world.close();
  return {
    out: edges.map((_edge, index) => (served[index] - suspended[index]) / 1000),
    waited: edges.map((_edge, index) => (succeeded[index] - served[index]) / 1000),
    sent: meanwhile.length,
    arrived: meanwhile.filter(({ id, until }) => (arrivals.get(id) ?? Infinity) <= until).length,
    all: sentAt.size,
    delivered: [...sentAt.keys()].filter((id) => arrivals.has(id)).length,
    early: edges.filter((_edge, index) => index > 0 && suspended[index] < succeeded[index - 1]),
    lines: takeLines(),
  };
}

const at = ({ utc }: { utc: string }): At => Date.parse(utc);

installVirtualTime();
const none = { out: [], waited: [], sent: 0, arrived: 0, all: 0, delivered: 0, early: [], lines: [] };
answerApart(measure, (error): Outages => ({ error, ...none }));

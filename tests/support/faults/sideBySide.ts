/**
 * A process that rotates many Edges, several at once, while mail goes through all of them, and tells how many were out of service at the same
 * time and what became of the mail: by the lab's own counters. Started by `tests/contract/resources/maxUnavailable.test.ts`.
 */
import type { Organisation } from "../../../lab/model/organisation";
import { readCertificate } from "../../../provider/pki";
import { answerApart } from "../apart";
import { Engine } from "./engine";
import { installEventTime } from "./eventTime";
import { edgeName, fleet } from "./fleet";
import { checkPost, retry, sendMail, waysOver } from "./mail";
import { program, type Surroundings } from "./programs";
import { Provider } from "./provider";
import { beginAnew, installVirtualTime, passedSinceStart } from "./virtualTime";
import { World, type LabState } from "./world";

export interface SideBySideOrder {
  edges: number;
  wide: number;
  /** The last Edge is stopped, and nothing is done on it; the first one that leaves service is gone on with when the other has given up. */
  starved?: true;
  /** How long the renewal takes is what counts: whoever waits at the same time waits together, and nobody waits for anything else. */
  timed?: true;
  /** EdgeSync is waited for with the Edge in service. */
  late?: true;
}
export interface SideBySide {
  error?: string;
  /** The most Edges whose transport did not run at the same moment, looked at with every request that the provider sent. */
  most: number;
  mails: number;
  /** The lab's own count. */
  mail?: LabState["mail"];
  /** Mails that did not arrive, or arrived twice. */
  wrong: string[];
  /** Edges without the new certificate at a door, or out of service, in the end. */
  behind: string[];
  /** What the renewal took by the lab's clock, at the lab's latencies. */
  minutes: number;
}

const EVERY = 25;
/** Longer than another Edge waits, by a clock that jumps. */
const TURNS = 20_000;

const around = (world: World, meanwhile?: () => Promise<void>): Surroundings => ({
  connection: (name) => world.connection(name),
  certificate: (name) => world.certificate(name),
  meanwhile,
});

async function rotate({ edges: count, wide, timed, late }: SideBySideOrder): Promise<SideBySide> {
  beginAnew();
  const edges = Array.from({ length: count }, (_, index) => edgeName(index + 1));
  const world = await World.open({ scenario: fleet(edges) });
  const { lab } = world.organisation as Organisation;
  const out = (): string[] => edges.filter((edge) => !lab.world.server(edge).runs("MSExchangeTransport"));
  const engine = new Engine();
  // Until as many are out as may be: without that a test could pass with one at a time.
  const untilWide = async (): Promise<void> => {
    for (let turn = 0; turn < TURNS && most < wide; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  let most = 0;
  let requests = 0;
  const up = async (certificate: string, meanwhile?: () => Promise<void>): Promise<void> => {
    const onRequest = (): "pass" => {
      most = Math.max(most, out().length);
      if (requests++ % EVERY === 0) sendMail(world, waysOver(edges));
      return "pass";
    };
    const provider = new Provider(world, { onRequest });
    const result = await engine.up(provider, program(around(world, meanwhile), { certificate, edges, wide, late, connector: true }));
    await provider.end();
    if (!result.ok) throw result.error!;
  };
  await up("v1");
  most = 0;
  const began = passedSinceStart();
  await up("v2", timed ? undefined : untilWide);
  const minutes = (passedSinceStart() - began) / 60_000;
  retry(world);
  world.organisation.advanceClock(3600);
  const state = world.state();
  const wanted = readCertificate(world.certificate("v2").pem).thumbprint;
  const isBehind = (edge: string): boolean => {
    const { defaultThumbprint, transportThumbprint, ldapsThumbprint, services } = state.servers.find(({ name }) => name === edge)!;
    const all = [defaultThumbprint, transportThumbprint, ldapsThumbprint];
    return services.MSExchangeTransport !== "Running" || all.some((one) => one !== wanted);
  };
  const wrong = checkPost(world).map(({ text }) => text);
  world.close();
  return { most, mails: world.mails, mail: state.mail, wrong, behind: edges.filter(isBehind), minutes };
}

/** As with `pulumi up --parallel 1`, where the Edge that waits has the only place. */
async function starve({ edges: count, wide }: SideBySideOrder): Promise<SideBySide> {
  beginAnew();
  const all = Array.from({ length: count }, (_, index) => edgeName(index + 1));
  const [edges, stopped] = [all.slice(0, -1), all.at(-1)!];
  const world = await World.open({ scenario: fleet(all) });
  const engine = new Engine();
  let turns = 0;
  const up = async (certificate: string, meanwhile?: () => Promise<void>): Promise<string | undefined> => {
    const provider = new Provider(world);
    const result = await engine.up(provider, program(around(world, meanwhile), { certificate, edges, wide, known: [stopped] }));
    await provider.end();
    return result.error?.message;
  };
  await up("v1");
  await world.organisation.service.stop(stopped, "MSExchangeTransport");
  const error = await up("v2", async () => {
    for (turns = 0; turns < TURNS; turns++) await new Promise((resolve) => setImmediate(resolve));
  });
  const second = await up("v2");
  const out = world.state().servers.filter(({ name, services }) => edges.includes(name) && services.MSExchangeTransport !== "Running");
  world.close();
  return { error, most: 0, mails: 0, wrong: second === undefined ? [] : [second], behind: out.map(({ name }) => name), minutes: 0 };
}

answerApart(
  (order: SideBySideOrder) => {
    (order.timed ? installEventTime : installVirtualTime)();
    return (order.starved ? starve : rotate)(order);
  },
  (error): SideBySide => ({ error, most: 0, mails: 0, wrong: [], behind: [], minutes: 0 }),
);

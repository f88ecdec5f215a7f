/**
 * Runs of a certificate that the server makes, each ended somewhere, and the clean runs after it. What an ended run has made is used or taken
 * out: never a second certificate, never a key that waits for nothing.
 */
import type { Fault } from "./cases";
import { checkAlways } from "./checker";
import { Engine, type Program } from "./engine";
import { hooksOf } from "./hooks";
import { expectation } from "./judge";
import { CLEAN_RUNS, openWorld } from "./play";
import { Provider } from "./provider";
import type { World } from "./world";

const CA = "dc01.contoso.com\\Contoso Issuing CA";
const NAMES = ["edge01.contoso.com", "mbx01.contoso.com"];
const SOURCES = {
  selfSigned: { selfSigned: { domainNames: NAMES } },
  adcs: { adcs: { template: "WebServer", ca: CA, domainNames: NAMES } },
};
export interface Made {
  on: "MBX01" | "EDGE01";
  by: keyof typeof SOURCES;
}

const programOf =
  (world: World, { on, by }: Made): Program =>
  async (declare) => {
    const organization = on === "EDGE01" ? { organization: world.connection("MBX01") } : {};
    await declare("Certificate", "made", { host: world.connection(on), ...organization, source: SOURCES[by], services: ["SMTP"] });
  };

interface Ended {
  provider: Provider;
  /** Runs after the first until one succeeded; null: none did. */
  cleanRuns: number | null;
  wrong: string[];
}

/** One run that meets a fault, clean runs after it, and what is wrong at the end. */
export async function played(made: Made, faults: Fault[]): Promise<Ended> {
  const world = await openWorld();
  try {
    const [before, old] = [world.state(), thumbprints(world, made.on)];
    const mark = world.entries.length;
    const engine = new Engine();
    const first = new Provider(
      world,
      hooksOf(world, faults, () => undefined),
    );
    const wrong: string[] = [];
    let cleanRuns: number | null = null;
    for (let run = 0; run <= CLEAN_RUNS && cleanRuns === null; run++) {
      const provider = run === 0 ? first : new Provider(world);
      const result = await engine.up(provider, programOf(world, made), { refresh: run > 0 });
      if (!provider.dead) await provider.end();
      if (result.ok) cleanRuns = run;
      // Leases of a killed run end by the host's clock.
      world.organisation.advanceClock(3600);
    }
    const always = checkAlways(before, world.state(), world.entries.slice(mark), expectation(world, { certificate: "v1" }));
    wrong.push(...always.map(({ invariant, text }) => `${invariant}: ${text}`), ...wrongAtEnd(world, made, old, engine));
    return { provider: first, cleanRuns, wrong };
  } finally {
    world.close();
  }
}

const server = (world: World, name: string) => world.state().servers.find((one) => one.name === name)!;
const thumbprints = (world: World, name: string): string[] => server(world, name).certificates.map(({ thumbprint }) => thumbprint);

function wrongAtEnd(world: World, { on }: Made, before: string[], engine: Engine): string[] {
  const { certificates, defaultThumbprint, services, requests } = server(world, on) as ReturnType<typeof server> & { requests: unknown[] };
  const fresh = certificates.filter(({ thumbprint }) => !before.includes(thumbprint)).map(({ thumbprint }) => thumbprint);
  const own = String(engine.state.resources.made?.outs.thumbprint);
  return [
    ...(fresh.join() === own ? [] : [`the stack has ${own}, and new on ${on} are ${fresh.join(", ") || "none"}`]),
    ...(before.includes(String(defaultThumbprint)) ? [] : [`the default of ${on} is ${defaultThumbprint}`]),
    ...(services.MSExchangeTransport === "Running" ? [] : [`transport of ${on} is ${services.MSExchangeTransport}`]),
    ...(requests.length === 0 ? [] : [`${requests.length} request(s) wait on ${on}`]),
  ];
}

/** Every end of the process at a fail point, and before and after every call that writes; and every failure at a fail point. */
export function faultsOf({ points, requests }: Provider): [string, Fault][] {
  const at = (action: "kill" | "error") =>
    points.map(({ step, position }, index): [string, Fault] => [`${step}.${position}=${action}`, { at: "point", index, action }]);
  const calls = requests.flatMap(({ call, mutating, writes }, index) =>
    mutating || writes
      ? (["dieBefore", "dieAfter"] as const).map((verdict): [string, Fault] => [
          `${call} #${index} ${verdict}`,
          { at: "request", index, verdict },
        ])
      : [],
  );
  return [...at("kill"), ...at("error"), ...calls];
}

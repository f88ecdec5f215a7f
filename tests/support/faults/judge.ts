/** What a case expects of its end, and what is wrong with it beyond the checker's invariants. */
import { X509Certificate } from "node:crypto";
import type { JsonObject } from "../../../provider/base/json";
import { adopted } from "./adoption";
import type { Case } from "./cases";
import { essence } from "./essence";
import type { Expectation, Violation } from "./violations";
import type { Engine, RunResult } from "./engine";
import { CONNECTOR, PARTNER, program, type Shape } from "./programs";
import { Provider } from "./provider";
import { CANARIES, World, type LabState } from "./world";

export function expectation(world: World, goal: Shape): Expectation {
  const { thumbprint, name } = facts(world, goal.certificate);
  const edges = Object.fromEntries((goal.edges ?? ["EDGE01"]).map((edge) => [edge, thumbprint]));
  const issued = world.certificate(goal.certificate);
  const canaries = [CANARIES.login, issued.password, issued.pfx.slice(400, 480), issued.keyPem.split("\n")[2]];
  const connectors: NonNullable<Expectation["connectors"]> = goal.connector
    ? { [CONNECTOR]: { TlsCertificateName: name }, [PARTNER]: { TlsCertificateName: name } }
    : {};
  const receive = Object.fromEntries(
    Object.keys(edges).map((edge) => [`${edge}\\Default internal receive connector ${edge}`, { TlsCertificateName: name }]),
  );
  const replaced = goal.certificate === "v1" ? [] : [facts(world, "v1").thumbprint];
  return { edges, canaries, connectors, receive, replaced, runs: world.runs, undrained: goal.never, unavailable: goal.wide };
}

interface Facts {
  thumbprint: string;
  name: string;
}
/** By PEM: every case asks the same of the same few certificates. */
const read = new Map<string, Facts>();

function facts(world: World, certificate: string): Facts {
  const { pem } = world.certificate(certificate);
  const known = read.get(pem);
  if (known) return known;
  const parsed = new X509Certificate(pem);
  const turned = (dn: string): string => dn.split("\n").reverse().join(", ");
  const made = { thumbprint: parsed.fingerprint.replaceAll(":", ""), name: `<I>${turned(parsed.issuer)}<S>${turned(parsed.subject)}` };
  read.set(pem, made);
  return made;
}

/** A failed run says why, with a code and a hint (I9). */
export function stated(result: RunResult, killed: boolean): Violation[] {
  if (result.ok || killed || /\[[A-Z_]+\] .*Hint: /s.test(result.error!.message)) return [];
  return [{ invariant: "I9", text: `the run ended without a stated condition: ${result.error!.message}` }];
}

/** A failure before the default changed takes the Edge back into service at once (I4). */
export function undone(error: Error, before: LabState, now: LabState): Violation[] {
  if (!/^\[(FAILPOINT|CMDLET_FAILED)\]/.test(error.message)) return [];
  return now.servers.flatMap((server) => {
    const old = before.servers.find((one) => one.name === server.name)!;
    const bound = now.subscriptions.find((one) => one.Name === server.name)?.certificateThumbprint;
    if (server.role !== "Edge" || server.defaultThumbprint !== old.defaultThumbprint || bound !== old.defaultThumbprint) return [];
    if (server.ldapsThumbprint !== old.ldapsThumbprint || server.services.MSExchangeTransport === old.services.MSExchangeTransport)
      return [];
    return [{ invariant: "I4", text: `${server.name} is out of service although its old default is in place` }];
  });
}

const ends = new Map<string, Promise<string>>();

/** The end of a run without faults, where the end should be just that. */
export async function twin(spec: Case, goal: Shape, open: () => Promise<World>): Promise<string | null> {
  const disturbed = spec.attempts.flat().some((one) => one.at === "operator" || one.at === "rival");
  if (goal !== spec.shape || spec.toggles || disturbed) return null;
  const key = JSON.stringify(spec.shape);
  let reference = ends.get(key);
  if (!reference) ends.set(key, (reference = faultless(spec.shape, open)));
  return reference;
}

async function faultless(goal: Shape, open: () => Promise<World>): Promise<string> {
  const world = await open();
  const engine = await adopted(world, goal);
  const provider = new Provider(world);
  const result = await engine.up(provider, program(world, goal));
  await provider.end();
  world.organisation.advanceClock(3600);
  const end = essence(world.state());
  world.close();
  if (!result.ok) throw result.error!;
  return end;
}

export function compare(reference: string | null, after: LabState): Violation[] {
  if (reference === null) return [];
  const [wanted, got] = [reference.split("\n"), essence(after).split("\n")];
  const index = wanted.findIndex((line, at) => line !== got[at]);
  const where = got.slice(0, Math.max(index, 0)).findLast((line) => /^ {3}"/.test(line)) ?? "";
  return index < 0 ? [] : [{ invariant: "end", text: `differs from a faultless run: ${where} ${got[index]} instead of ${wanted[index]}` }];
}

/** Inputs hold what the program gave (encrypted by Pulumi); outputs must hold no key material. */
export function outputsOf(engine: Engine): JsonObject[] {
  return Object.values(engine.state.resources).map(({ outs }) => {
    const { host: _host, organization: _organization, edge: _edge, sources: _sources, peers: _peers, ...rest } = outs;
    return rest;
  });
}

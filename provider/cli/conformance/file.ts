/** `conformance.json`: what was seen, for whoever keeps it, sends it with a bug report, or starts a lab with it. */
import type { HostFacts } from "../../remote/protocol";
import { outcomeOf, type Outcome } from "./answers";
import type { Look } from "./looks";
import { POINTS, POINT_NAMES, type PointClass, type PointName, type PointValue } from "./points";
import type { Observations } from "./read";
import type { Lookout, Timing } from "./servers";

export interface ConformanceHost extends Pick<HostFacts, "name" | "role" | "exchange" | "powershell" | "culture" | "agent"> {
  /** How the host was entered: `key` and `password` differ on Mailbox servers. */
  logon: "password" | "key";
  /** Exchange's shell with a credential of its own. */
  credential: boolean;
}

export interface PointReport extends Omit<Outcome, "point"> {
  class: PointClass;
  assumed: PointValue;
  values: readonly PointValue[];
  how: string;
}

export interface Conformance {
  /** Version of this file's form. `lab --toggles` reads it. */
  conformance: 1;
  taken: string;
  anonymised: boolean;
  hosts: ConformanceHost[];
  /** Hosts that could not be entered, and why. */
  closed: { name: string; code: string; sentence: string }[];
  points: { [name in PointName]: PointReport };
  looks: Look[];
  timings: Timing[];
}

export function conformanceOf(lookout: Lookout, observations: Observations, looks: Look[], now: Date): Conformance {
  const reports = POINT_NAMES.map((name): [PointName, PointReport] => {
    const { point: _name, ...outcome } = outcomeOf(name, observations.get(name) ?? []);
    const { class: where, assumed, values, how } = POINTS[name];
    return [name, { class: where, assumed, values, how, ...outcome }];
  });
  return {
    conformance: 1,
    taken: now.toISOString(),
    anonymised: false,
    hosts: lookout.servers.map(({ host, session: { facts } }) => ({
      name: facts.name,
      role: facts.role,
      exchange: facts.exchange,
      powershell: facts.powershell,
      culture: facts.culture,
      agent: facts.agent,
      logon: host.password === undefined ? "key" : "password",
      credential: host.exchangeCredential !== undefined,
    })),
    closed: lookout.closed.map(({ name, error: { code, sentence } }) => ({ name, code, sentence })),
    points: Object.fromEntries(reports) as Conformance["points"],
    looks,
    timings: lookout.timings,
  };
}

/** What an operator can change of what a resource owns: one row a property, for tests/contract/resources/drift.test.ts and docs/drift.md. */
import type { Organisation } from "../../../lab/model/organisation";
import type { Server } from "../../../lab/model/server";
import type { LabOptions } from "../../../lab/start";
import type { Kind, Program, Rig } from "../stories/rig";

export interface Drift {
  kind: Kind;
  /** What is changed, as docs/drift.md names it. */
  what: string;
  program: (rig: Rig) => Program;
  /** Name of the resource in the program; default: its kind. */
  name?: string;
  options?: LabOptions;
  operator: (rig: Rig) => Promise<unknown>;
  /** The output of a refresh that shows it; null: the object is gone, and the refresh drops the resource. */
  shown: string | null;
  /** The property as the lab has it: as before when mended. */
  seen: (rig: Rig) => unknown;
  /** Something beside it that the resource does not own. */
  foreign: { change: (rig: Rig) => Promise<unknown>; seen: (rig: Rig) => unknown };
  /** A key that is gone cannot come back: another one takes its place. */
  anew?: true;
}

/** A command that somebody types at a server. */
export const type = (host: string, cmdlet: string, parameters: object) => (rig: Rig) => rig.control.operator(host, cmdlet, parameters);

/** A server of the model, for what no cmdlet changes (certlm.msc, an ACL). */
export function serverOf(rig: Rig, name: string): Server {
  return (rig.lab.organisation as Organisation).lab.world.server(name);
}

/** The actor: the resource that owns a claim, its stack, and this run of the provider process. */
import { randomUUID } from "node:crypto";

/** One value a provider process: tells a run from its own orphan. */
export const RUN_ID = randomUUID();

export interface Actor {
  /** `project/stack/name` of the resource. */
  owner: string;
  /** `project/stack`. */
  stack: string;
  run: string;
}

export function actorOf(owner: string): Actor {
  const parts = owner.split("/");
  return { owner, stack: parts.slice(0, 2).join("/") || owner, run: RUN_ID };
}

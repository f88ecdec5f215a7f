/** Faults on demand: which call is hit, when, and how. */
import { z } from "zod";

/**
 * `before`: the request was accepted, the model has not run it. `after`: the model has run it, nothing was answered.
 * `reply`: while the reply is written (`kill` and `disconnect` leave half a line).
 */
export const faultSchema = z.strictObject({
  host: z.string().min(1).optional(),
  /** As in the history: cmdlet, service verb or operation; `start` is the start of a PowerShell process. */
  cmdlet: z.string().min(1).optional(),
  /** Counts matching calls since posting; 1 = the next one. */
  nth: z.int().min(1).default(1),
  at: z.enum(["before", "after", "reply"]),
  kind: z.enum(["error", "hang", "disconnect", "kill", "delay"]),
  /** How many matching calls are hit, from `nth` on. */
  times: z.int().min(1).default(1),
  /** `delay`: real milliseconds. `disconnect` at `before`: the orphan runs the call after so long (without: never). */
  ms: z.int().min(0).optional(),
  message: z.string().optional(),
});

export type FaultSpec = z.infer<typeof faultSchema>;
export type FaultPoint = FaultSpec["at"];

interface Posted {
  id: number;
  spec: FaultSpec;
  seen: number;
  hit: number;
}

const sameName = (wanted: string | undefined, actual: string): boolean =>
  wanted === undefined || wanted.toLowerCase() === actual.toLowerCase();

/** The faults that are waiting. A call asks once (`match`), then looks up what applies at each point. */
export class Faults {
  private posted: Posted[] = [];
  private lastId = 0;

  add(spec: FaultSpec): number {
    const id = ++this.lastId;
    this.posted.push({ id, spec, seen: 0, hit: 0 });
    return id;
  }

  clear(): void {
    this.posted = [];
  }

  list(): { id: number; seen: number; hit: number; fault: FaultSpec }[] {
    return this.posted.map(({ id, seen, hit, spec }) => ({ id, seen, hit, fault: spec }));
  }

  /** Counts this call for every fault that matches it, and returns those that hit it. */
  match(host: { name: string; fqdn: string }, cmdlet: string): FaultSpec[] {
    const hits: FaultSpec[] = [];
    for (const fault of this.posted) {
      const { spec } = fault;
      const here = sameName(spec.host, host.name) || sameName(spec.host, host.fqdn);
      if (!here || !sameName(spec.cmdlet, cmdlet)) continue;
      fault.seen += 1;
      if (fault.seen < spec.nth || fault.hit >= spec.times) continue;
      fault.hit += 1;
      hits.push(spec);
    }
    return hits;
  }
}

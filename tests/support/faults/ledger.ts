/**
 * What a run asks of its hosts, counted where its requests leave: how many, in how many turns one after the other, how many bytes, and
 * which reads were made again though nothing had changed in between. The clock jumps, so that every run counts the same.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Hooks } from "./provider";
import type { Sent } from "./wire";

export interface Counts {
  requests: number;
  /** Requests that had to wait for the answer to another one: at a long distance each costs a round trip. */
  turns: number;
  changes: number;
  /** Reads whose answer was known already: asked before, and no change was sent to any host since. */
  repeated: number;
  bytes: number;
  /** Forced synchronisations. */
  forced: number;
}

interface Asked {
  label: string;
  key: string;
  sent: Sent;
  depth: number;
  bytes: number;
  again: boolean;
}

/** What a lease's holder does beside its work is no turn of it. */
const beside = new AsyncLocalStorage<true>();
export const besideTheWork = (run: () => void): void => beside.run(true, run);

/** Reads that are asked again because their answer moves by itself. */
const MOVING = ["hello", "Test-EdgeSynchronization", "Get-Queue", "service.status", "fence.raise", "shell.open"];

export class Ledger {
  /** Who works now: `create owner`, `update owner` … */
  label = "";
  private readonly asked: (Asked | null)[] = [];
  private known = new Set<string>();
  private heard = 0;

  readonly hooks: Pick<Hooks, "onRequest" | "onReply"> = {
    onRequest: (sent, line) => {
      if (beside.getStore()) return void this.asked.push(null);
      const { op, params } = JSON.parse(line) as { op: string; params: object };
      const key = `${sent.host} ${op} ${JSON.stringify(params)}`;
      const changes = sent.mutating || sent.writes;
      const again = !changes && !MOVING.includes(sent.call) && this.known.has(key);
      if (sent.mutating) this.known.clear();
      // a record that is written says nothing about Exchange
      else if (sent.writes) this.known = new Set([...this.known].filter((one) => !one.startsWith(`${sent.host} file.`)));
      else this.known.add(key);
      this.asked.push({ label: this.label, key, sent, depth: this.heard + 1, bytes: Buffer.byteLength(line), again });
    },
    onReply: (index, text) => {
      const one = this.asked[index];
      if (!one) return;
      one.bytes += Buffer.byteLength(text);
      this.heard = Math.max(this.heard, one.depth);
    },
  };

  /** Of the resources whose label fits; of all without it. */
  count(fits: (label: string) => boolean = () => true): Counts {
    const own = this.own(fits);
    const sum = (of: (one: Asked) => number): number => own.reduce((total, one) => total + of(one), 0);
    return {
      requests: own.length,
      turns: new Set(own.map(({ depth }) => depth)).size,
      changes: sum(({ sent }) => Number(sent.mutating)),
      repeated: sum(({ again }) => Number(again)),
      bytes: sum(({ bytes }) => bytes),
      forced: sum(({ sent }) => Number(sent.call === "Start-EdgeSynchronization")),
    };
  }

  /** Requests from one cmdlet to another, the two not counted: those of a window. */
  between(first: string, last: string, fits: (label: string) => boolean): Counts["turns"] {
    const own = this.own(fits);
    const from = own.findIndex(({ sent }) => sent.call === first);
    const to = own.findLastIndex(({ sent }) => sent.call === last);
    return new Set(own.slice(from + 1, to).map(({ depth }) => depth)).size;
  }

  /** For people: a line a request. */
  lines(fits: (label: string) => boolean): string[] {
    return this.own(fits).map(({ label, key, sent, depth, again, bytes }) => {
      const mark = sent.mutating ? "!" : sent.writes ? "w" : again ? "=" : " ";
      return `${String(depth).padStart(4)} ${mark} ${String(bytes).padStart(6)} ${label.padEnd(34)} ${key.slice(0, 150)}`;
    });
  }

  private own(fits: (label: string) => boolean): Asked[] {
    return this.asked.filter((one): one is Asked => one !== null && fits(one.label));
  }
}

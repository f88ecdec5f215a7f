/** What one simulated Windows host keeps across its PowerShell processes. */
import type { LabOrganisation } from "../model/contract";
import type { Reply } from "../../provider/remote/protocol";
import { fenceOf } from "../open";
import { WorkingFolder } from "./agent/files";
import type { Faults } from "./faults";
import type { History } from "./history";

/** Milliseconds that a shell takes to start, at speed 1. */
export interface StartCost {
  powershell: number;
  exchange: number;
}

/** Starts: 0.5 s for PowerShell, 3 s for Exchange's shell. */
export const DEFAULT_START_COST: StartCost = { powershell: 500, exchange: 3000 };
export const POWERSHELL_VERSION = "5.1.20348.2849";

/** A user name and password that the host knows. */
export interface Account {
  user: string;
  password: string;
}

interface Stored {
  /** Name of the call that the key belongs to. */
  request: string;
  reply: Promise<Reply>;
}

export interface HostServices {
  organisation: LabOrganisation;
  history: History;
  faults: Faults;
  /** Already divided by the lab's speed. */
  startCost: StartCost;
}

export class Host {
  readonly fqdn: string;
  readonly role: "Edge" | "Mailbox" | "None";
  readonly folder: WorkingFolder;
  /** Replies of changes that had an idempotency key. */
  readonly replies = new Map<string, Stored>();
  private highestFence = 0;
  private changing: Promise<unknown> = Promise.resolve();
  private processes = 0;

  constructor(
    readonly name: string,
    readonly account: Account,
    readonly services: HostServices,
  ) {
    const facts = services.organisation.facts(name);
    this.fqdn = facts.fqdn;
    this.role = facts.role;
    this.folder = new WorkingFolder(services.organisation, name);
    this.highestFence = fenceOf(services.organisation, name);
  }

  /** Highest fence seen on this host, across processes. */
  get fence(): number {
    return this.highestFence;
  }

  raiseFence(fence: number): void {
    this.highestFence = Math.max(this.highestFence, fence);
  }

  /** One change at a time on this host, across processes: docs/agent-protocol.md 5. */
  exclusively<T>(change: () => Promise<T>): Promise<T> {
    const mine = this.changing.then(change, change);
    this.changing = mine.catch(() => undefined);
    return mine;
  }

  /** Identity of a new PowerShell process; pids are multiples of four, as on Windows. */
  newProcess(): { session: string; pid: number } {
    const number = ++this.processes;
    return { session: `${this.name.toLowerCase()}-${number}`, pid: 4096 + 4 * number };
  }

  /** How many PowerShell processes were started on this host. */
  get processCount(): number {
    return this.processes;
  }
}

/** What the demo has seen, and the figures that it prints of it. */
import type { MailCount } from "../../lab/mailstream";
import type { Look } from "./doors";
import type { Drift } from "./events";
import type { PerHost, StepReport, StepResult } from "./steps";

export interface Story {
  steps: StepResult[];
  before: Look[];
  /** Right after the rotation. */
  after: Look[];
  /** When the stack is gone. */
  afterDestroy: Look[];
  drift: Drift[];
  /** The preview of the rotation; missing when the story broke off before it. */
  preview?: StepResult;
  /** Missing when the story broke off before it. */
  state?: StateFigures;
  /** Everything that is not as it should be. */
  failures: string[];
}

/** What a stored stack shows. */
export interface StateFigures {
  providerBytes: number;
  secretsInState: number;
}

export interface Report {
  ok: boolean;
  /** Version of the Pulumi CLI. */
  pulumi: string;
  node: string;
  steps: StepReport[];
  before: Look[];
  after: Look[];
  afterDestroy: Look[];
  drift: Drift[];
  /** `retries`: attempts that an Edge out of service refused; the sender tried again, as a mail server does. */
  mail: MailCount;
  /** Of the whole run: calls that changed Exchange, PowerShell processes, and those by server. */
  history: { mutating: number; sessions: number; sessionsByHost: PerHost };
  /** Size of the largest provider text in the stack's state; at most 4096. Null when the run did not get that far. */
  providerBytes: number | null;
  /** How many of the run's passwords state contained. */
  secretsInState: number | null;
  seconds: number;
  failures: string[];
}

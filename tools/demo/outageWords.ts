/** What the story of the outage has seen, and how it is said. */
import type { Look } from "./doors";
import type { LabState } from "./lab";
import { verdict } from "./show";
import type { StepResult } from "./steps";

type MailFigures = LabState["mail"];

export interface Outage {
  mails: number;
  /** Counts of the lab when the mails had been sent, and at the end. */
  still: MailFigures;
  end: MailFigures;
  /** What `doctor` says, as a terminal shows it. */
  doctor: string[];
  healthy: string[];
  byHand: string[];
  preview?: StepResult;
  up?: StepResult;
  before: Look[];
  after: Look[];
  failures: string[];
}

export const NONE: MailFigures = { sent: 0, delivered: 0, queued: 0, lost: 0 };

export const sentence = ({ sent, delivered, queued, lost }: MailFigures): string =>
  `${sent} accepted by the Edges, ${delivered} delivered, ${queued} waiting, ${lost} lost`;

export function outageEnding({ still, end, failures }: Outage): string[] {
  return [
    "",
    `Renewed by hand: ${still.delivered} of ${still.sent} mails arrived. After one \`pulumi up\`: ${end.delivered} of ${end.sent}, ${end.lost} lost.`,
    "",
    verdict(failures.length === 0, failures),
  ];
}

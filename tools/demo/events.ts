/** From the engine's events to the few lines that an administrator wants to see. */
import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation";
import { type Say, seconds } from "./text";

/** A pending change as a preview tells it. */
export interface Pending {
  resource: string;
  operation: string;
  /** Why, in one sentence. */
  rotation: string;
  /** What will be done, step by step. */
  plan: string[];
}

/** What a refresh found that state did not know. */
export interface Drift {
  resource: string;
  property: string;
  was: unknown;
  is: unknown;
}

const OURS = "pulumi-nodejs:dynamic/exchange:";

/** The words for operations that are worth a line. */
const DONE: { [operation: string]: [sign: string, word: string] } = {
  create: ["+ ", "created"],
  update: ["~ ", "updated"],
  "create-replacement": ["++", "created replacement"],
  "delete-replaced": ["--", "deleted original"],
  delete: ["- ", "deleted"],
};

/** A step that ends within this time gets one line, a longer one also a line at its start. */
const SOON_MS = 2_000;

export class Listener {
  readonly pending: Pending[] = [];
  readonly drift: Drift[] = [];
  /** What went wrong, in the words of the provider. */
  readonly errors: string[] = [];
  private readonly begun = new Map<string, number>();
  private readonly announced = new Map<string, NodeJS.Timeout>();

  /** `operation`: `up`, `preview`, `refresh` or `destroy`. */
  constructor(
    private readonly operation: string,
    private readonly say: Say,
  ) {}

  take(event: EngineEvent): void {
    if (event.resourcePreEvent) this.before(event.resourcePreEvent.metadata);
    if (event.resOutputsEvent) this.after(event.resOutputsEvent.metadata);
    // The SDK's type knows no "debug", but the engine sends it.
    const { severity, message = "" } = event.diagnosticEvent ?? {};
    if ((severity as string | undefined) === "debug") return;
    const lines = message.split("\n").filter((line) => line.trim() !== "");
    if (severity === "error") this.errors.push(...lines.map((line) => line.trim()));
    for (const line of lines) this.line(line.trimEnd());
  }

  /** Nothing is left waiting. */
  close(): void {
    for (const timer of this.announced.values()) clearTimeout(timer);
    this.announced.clear();
  }

  private before(step: StepEventMetadata): void {
    this.begun.set(step.urn + step.op, Date.now());
    const { rotation, plan } = (step.new?.inputs ?? {}) as { rotation?: unknown; plan?: unknown };
    if (!step.type.startsWith(OURS) || !["create", "update", "create-replacement"].includes(step.op)) return;
    const lines = Array.isArray(plan) ? plan.map(String) : [];
    this.pending.push({ resource: shortName(step), operation: step.op, rotation: String(rotation ?? ""), plan: lines });
  }

  private after(step: StepEventMetadata): void {
    if (!step.type.startsWith(OURS)) return;
    if (this.operation !== "refresh") this.finished(step);
    else if (step.op !== "same") this.compare(step);
  }

  private finished(step: StepEventMetadata): void {
    const words = DONE[step.op];
    if (!words || this.operation === "preview") return;
    const took = Date.now() - (this.begun.get(step.urn + step.op) ?? Date.now());
    this.say(`${words[0]} ${shortName(step).padEnd(58)} ${words[1]} (${seconds(took)})`);
  }

  private compare(step: StepEventMetadata): void {
    const [was, is] = [step.old?.outputs ?? {}, step.new?.outputs ?? {}] as { [name: string]: unknown }[];
    for (const property of new Set([...Object.keys(was), ...Object.keys(is)])) {
      if (property.startsWith("__") || JSON.stringify(was[property]) === JSON.stringify(is[property])) continue;
      this.drift.push({ resource: shortName(step), property, was: was[property], is: is[property] });
    }
  }

  /** Progress comes as `step …`, then `step … 3 s`: short steps get the second line only. Previews tell all that in `pending`. */
  private line(text: string): void {
    if (this.operation === "preview") return;
    const start = /^(.+) …$/.exec(text)?.[1];
    if (start !== undefined) {
      this.announced.set(
        start,
        setTimeout(() => this.say(`   ${text}`), SOON_MS),
      );
      return;
    }
    const end = /^(.+) … (?:\d+ s|failed after \d+ s)$/.exec(text)?.[1];
    if (end !== undefined) clearTimeout(this.announced.get(end));
    this.say(`   ${text}`);
  }
}

/** `Certificate edges-edge01-certificate` */
function shortName({ type, urn }: StepEventMetadata): string {
  return `${type.slice(OURS.length).padEnd(16)} ${urn.slice(urn.lastIndexOf("::") + 2)}`;
}

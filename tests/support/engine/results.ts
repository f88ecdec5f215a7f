/** What one engine operation did, as data: collected from the engine's own events and from what the CLI printed. */
import type { EngineEvent, OpMap, OpType } from "@pulumi/pulumi/automation";
import { progress } from "../../../tools/testing/patience";

/** One step that the engine took or, in a preview, would take. */
export interface Operation {
  /** `create`, `update`, `replace`, `create-replacement`, `delete-replaced`, `delete`, `same`, `refresh`, … */
  op: OpType;
  /** The resource's name in the program. */
  name: string;
  /** `Certificate`, `EdgeFleet`, …: the last part of the type token. */
  type: string;
  /** Properties that the preview shows as changed. */
  diffs: string[];
}

/** The outcome of `up`, `preview`, `refresh` or `destroy`. */
export interface RunResult {
  /** False when the engine reported a failure. */
  ok: boolean;
  /** The engine's own summary: operation → number of resources. */
  changes: OpMap;
  /** Steps in the order in which the engine announced them, unchanged ones left out. */
  operations: Operation[];
  /** Every line that a user sees under Diagnostics or in the status column, without colours. */
  diagnostics: string;
  /** Errors by the resource's name in the program. */
  errors: Record<string, string>;
  /** Everything that the CLI printed on stdout and stderr. */
  output: string;
  /** Outputs of the stack's program after `up`. */
  outputs: Record<string, unknown>;
  /** Wall-clock time. */
  seconds: number;
}

/** A collector for the events of one operation. */
export class Collector {
  private readonly operations: Operation[] = [];
  private readonly diagnostics: string[] = [];
  private readonly output: string[] = [];
  private readonly errors: Record<string, string> = {};
  private changes: OpMap = {};
  private readonly started = Date.now();

  readonly onEvent = (event: EngineEvent): void => {
    progress();
    const step = event.resourcePreEvent?.metadata;
    if (step && step.op !== "same") this.operations.push(operationOf(step));
    if (event.diagnosticEvent) this.note(event.diagnosticEvent);
    if (event.summaryEvent) this.changes = event.summaryEvent.resourceChanges;
  };

  private note({ urn = "", severity, message }: NonNullable<EngineEvent["diagnosticEvent"]>): void {
    const text = plainText(message);
    this.diagnostics.push(text);
    if (severity !== "error") return;
    const name = nameInUrn(urn);
    this.errors[name] = (this.errors[name] ?? "") + text;
  }

  readonly onOutput = (text: string): void => {
    this.output.push(plainText(text));
  };

  /** Whether nothing was printed yet. */
  get isSilent(): boolean {
    return this.output.length === 0;
  }

  result(ok: boolean, outputs: Record<string, unknown> = {}): RunResult {
    const { operations, changes, errors } = this;
    const seconds = (Date.now() - this.started) / 1000;
    return { ok, changes, operations, diagnostics: this.diagnostics.join(""), errors, output: this.output.join(""), outputs, seconds };
  }
}

type StepMetadata = NonNullable<EngineEvent["resourcePreEvent"]>["metadata"];

function operationOf({ op, urn, type, detailedDiff, diffs }: StepMetadata): Operation {
  const named = Object.keys(detailedDiff ?? {}).map((path) => path.split(/[.[]/, 1)[0]);
  return { op, name: nameInUrn(urn), type: lastPart(type), diffs: [...new Set([...named, ...(diffs ?? [])])] };
}

/** The resource's name in the program. */
export const nameInUrn = (urn: string): string => urn.slice(urn.lastIndexOf("::") + 2);

const lastPart = (token: string): string => token.slice(token.lastIndexOf(":") + 1);

/** Without the engine's colour marks (`<{%fg 1%}>`) and without terminal escapes. */
export function plainText(text: string): string {
  return text.replace(/<\{%[^%]*%\}>/g, "").replace(/\u001b\[[0-9;]*[A-Za-z]/g, "");
}

/** `create EDGE01-certificate` for each step on a resource of this package, in order. */
export function stepsOf(result: RunResult): string[] {
  return result.operations
    .filter(({ type }) => !["Stack", "EdgeFleet", "EdgeTransport", "nodejs"].includes(type))
    .map(({ op, name }) => `${op} ${name}`);
}

/** Number of steps of a kind in the engine's summary. */
export function count(result: RunResult, op: OpType): number {
  return result.changes[op] ?? 0;
}

/** Whether the engine's summary has nothing but unchanged resources. */
export function isNoOp(result: RunResult): boolean {
  return result.ok && Object.entries(result.changes).every(([op, number]) => op === "same" || number === 0);
}

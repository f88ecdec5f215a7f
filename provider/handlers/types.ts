/** What a handler is: plain JSON in, plain JSON out. No Pulumi types below this line. */
import type { JsonObject } from "../base/json";
import type { Context } from "../rotation/context";

export type { Context };

/** A refused input. `property` is empty where the value could be secret; `reason` starts with `[CODE]`. */
export interface CheckFailure {
  property: string;
  reason: string;
}
export interface CheckResult {
  inputs: JsonObject;
  failures: CheckFailure[];
}
/** `changes` left out lets the engine show a property diff (pulumi.md 1.4). */
export interface DiffResult {
  changes?: boolean;
  replaces?: string[];
  deleteBeforeReplace?: boolean;
}
export interface ReadResult {
  id?: string;
  props?: JsonObject;
  inputs?: JsonObject;
}

/** Create, read, update and delete of one resource. */
export interface Handler {
  check(ctx: Context, olds: JsonObject, news: JsonObject): Promise<CheckResult>;
  diff(ctx: Context, id: string, olds: JsonObject, news: JsonObject): Promise<DiffResult>;
  create(ctx: Context, inputs: JsonObject): Promise<{ id: string; outs: JsonObject }>;
  update(ctx: Context, id: string, olds: JsonObject, news: JsonObject): Promise<{ outs: JsonObject }>;
  read(ctx: Context, id: string, props: JsonObject): Promise<ReadResult>;
  delete(ctx: Context, id: string, props: JsonObject): Promise<void>;
}

/** A failure after the first side effect: the engine keeps id and properties and shows the reasons. */
export class PartialFailure extends Error {
  constructor(
    readonly id: string,
    readonly properties: JsonObject,
    readonly reasons: string[],
  ) {
    super(reasons.join(" "));
  }
}

/**
 * Pulumi's engine as a provider sees it (check, diff, check again, create, update, delete, refresh; what it keeps of a failure
 * and of a killed run), for programs that are plain functions. One resource after the other.
 */
import { plain, same, type JsonObject } from "../../../provider/base/json";
import type { Handler } from "../../../provider/handlers/types";

/** Declares one resource and gives its outputs. */
export type Declare = (kind: string, name: string, args: object) => Promise<JsonObject>;
export type Program = (declare: Declare) => Promise<void>;

export interface Resource {
  kind: string;
  id: string;
  inputs: JsonObject;
  outs: JsonObject;
  /** The last create or update threw with properties: the next run calls `update` whatever diff says. */
  initErrors?: string[];
}
export interface Doomed {
  name: string;
  resource: Resource;
}
/** What the backend keeps. */
export interface State {
  resources: { [name: string]: Resource };
  pendingDeletes: Doomed[];
  pendingCreates: string[];
}
/** Where methods come from: one provider process. */
export interface Methods {
  handler(kind: string): Handler;
  context(): Parameters<Handler["check"]>[0];
  run<T>(work: () => Promise<T>): Promise<T>;
}
export interface RunResult {
  ok: boolean;
  error?: Error;
  operations: string[];
}
const STACK = "faults/main";
interface Partial {
  id: string;
  properties: JsonObject;
  reasons: string[];
}

export class Engine {
  state: State = { resources: {}, pendingDeletes: [], pendingCreates: [] };
  /** Called whenever the state was written. */
  onPersist: (state: State) => void = () => undefined;

  constructor(readonly stack = STACK) {}

  /** `pulumi up`, or `up --refresh`. Failures are in the result; the state is what a backend would have. */
  async up(provider: Methods, program: Program, options: { refresh?: boolean } = {}): Promise<RunResult> {
    const operations: string[] = [];
    try {
      await provider.run(async () => {
        if (options.refresh) await this.refresh(provider);
        const declared = new Set<string>();
        await program((kind, name, args) => this.declare(provider, operations, declared, { kind, name, args }));
        await this.deletes(provider, operations, declared);
      });
      return { ok: true, operations };
    } catch (error) {
      return { ok: false, error: error as Error, operations };
    }
  }

  async destroy(provider: Methods, options: { refresh?: boolean } = {}): Promise<RunResult> {
    return this.up(provider, () => Promise.resolve(), options);
  }

  private async refresh(provider: Methods): Promise<void> {
    for (const [name, resource] of Object.entries(this.state.resources)) {
      const read = await provider.handler(resource.kind).read(provider.context(), resource.id, resource.outs);
      if (!read.id) delete this.state.resources[name];
      else this.state.resources[name] = { ...resource, outs: plain(read.props ?? {}) };
      this.persist();
    }
  }

  private async declare(
    provider: Methods,
    operations: string[],
    declared: Set<string>,
    { kind, name, args }: { kind: string; name: string; args: object },
  ): Promise<JsonObject> {
    const handler = provider.handler(kind);
    const news = plain({ ...args, owner: `${this.stack}/${name}` }) as JsonObject;
    declared.add(name);
    const old = this.state.resources[name];
    const checked = await check(handler, provider, old?.inputs ?? {}, news);
    if (!old) return this.create(provider, operations, { kind, name, inputs: checked });
    const diff = await handler.diff(provider.context(), old.id, old.outs, checked);
    if (diff.replaces?.length && diff.changes !== false && !(diff.changes === undefined && same(old.inputs, checked))) {
      const inputs = await check(handler, provider, {}, news);
      return this.create(provider, operations, { kind, name, inputs, replaced: old });
    }
    const changes = diff.changes ?? !same(old.inputs, checked);
    if (changes || old.initErrors) return this.update(provider, operations, name, old, checked);
    this.state.resources[name] = { ...old, inputs: checked };
    return old.outs;
  }

  private async create(
    provider: Methods,
    operations: string[],
    what: { kind: string; name: string; inputs: JsonObject; replaced?: Resource },
  ): Promise<JsonObject> {
    const { kind, name, inputs, replaced } = what;
    operations.push(`${replaced ? "replace" : "create"} ${name}`);
    this.state.pendingCreates.push(name);
    this.persist();
    const settle = (resource?: Resource): void => {
      this.state.pendingCreates = this.state.pendingCreates.filter((one) => one !== name);
      if (resource) {
        if (replaced) this.state.pendingDeletes.push({ name, resource: replaced });
        this.state.resources[name] = resource;
      }
      this.persist();
    };
    try {
      const { id, outs } = await provider.handler(kind).create(provider.context(), inputs);
      settle({ kind, id, inputs, outs: plain(outs) });
      return outs;
    } catch (error) {
      if (isKilled(error)) throw error;
      const left = partialOf(error);
      settle(left && { kind, id: left.id, inputs, outs: plain(left.properties), initErrors: left.reasons });
      throw error;
    }
  }

  private async update(provider: Methods, operations: string[], name: string, old: Resource, inputs: JsonObject): Promise<JsonObject> {
    operations.push(`update ${name}`);
    const { kind, id } = old;
    try {
      const { outs } = await provider.handler(kind).update(provider.context(), id, old.outs, inputs);
      this.state.resources[name] = { kind, id, inputs, outs: plain(outs) };
      this.persist();
      return outs;
    } catch (error) {
      if (isKilled(error)) throw error;
      const left = partialOf(error);
      if (left) this.state.resources[name] = { kind, id, inputs, outs: plain(left.properties), initErrors: left.reasons };
      this.persist();
      throw error;
    }
  }

  /** What the program no longer has and what was replaced goes last, the newest first. */
  private async deletes(provider: Methods, operations: string[], declared: Set<string>): Promise<void> {
    const gone = Object.entries(this.state.resources).filter(([name]) => !declared.has(name));
    for (const [name, resource] of gone.reverse()) {
      await this.delete(provider, operations, name, resource);
      delete this.state.resources[name];
      this.persist();
    }
    for (const doomed of [...this.state.pendingDeletes].reverse()) {
      await this.delete(provider, operations, doomed.name, doomed.resource);
      this.state.pendingDeletes = this.state.pendingDeletes.filter((one) => one !== doomed);
      this.persist();
    }
  }

  private async delete(provider: Methods, operations: string[], name: string, { kind, id, outs }: Resource): Promise<void> {
    operations.push(`delete ${name}`);
    await provider.handler(kind).delete(provider.context(), id, outs);
  }

  private persist(): void {
    this.onPersist(this.state);
  }
}

async function check(handler: Handler, provider: Methods, olds: JsonObject, news: JsonObject): Promise<JsonObject> {
  const { inputs, failures } = await handler.check(provider.context(), olds, news);
  if (failures.length > 0) throw new Error(failures.map((one) => one.reason).join("; "));
  return plain(inputs);
}

/** `{id, properties, reasons}` on an error: the protocol of init failures. */
function partialOf(error: unknown): Partial | undefined {
  const { id, properties, reasons } = error as { [name: string]: unknown };
  return typeof id === "string" && Array.isArray(reasons)
    ? { id, properties: properties as JsonObject, reasons: reasons as string[] }
    : undefined;
}
function isKilled(error: unknown): boolean {
  return (error as Error).message === "the provider process was killed";
}

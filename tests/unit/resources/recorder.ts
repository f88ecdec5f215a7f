/** Runs a Pulumi program under mocks and records what it would have registered with the engine. */
import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";

/** How a secret looks on the wire between program and engine. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/** A resource as the engine would have got it. */
export interface Registration {
  name: string;
  /** `Certificate`, or the whole token of other packages. */
  type: string;
  inputs: Record<string, unknown>;
  /** Names of the resources that it depends on. */
  dependencies: string[];
  parent: string;
  hideDiffs: string[];
  /** Set where the program reads an existing resource. */
  id?: string;
}

interface RegisterRequest {
  getName(): string;
  getType(): string;
  getParent(): string;
  getDependenciesList(): string[];
  getHidediffsList?(): string[];
  getObject?(): { toJavaScript(): Record<string, unknown> };
  getProperties?(): { toJavaScript(): Record<string, unknown> };
  getId?(): string;
}
type Rpc = (request: RegisterRequest, callback: unknown) => Promise<void>;

/** Options of a recorded run. */
export interface RecordOptions {
  preview?: boolean;
  /** Outputs that the engine answers for a resource beside its inputs. */
  outputs?: (type: string, name: string) => Record<string, unknown>;
  config?: Record<string, string>;
}

/** Runs `program`; returns what it registered, in order, and what it returned. */
export async function record<T>(program: () => T, options: RecordOptions = {}): Promise<{ resources: Registration[]; result: T }> {
  const resources: Registration[] = [];
  const restore = intercept(resources);
  const rejections = collectRejections();
  try {
    pulumi.runtime.setAllConfig(options.config ?? {});
    await pulumi.runtime.setMocks(mocks(options), "project", "stack", options.preview ?? false);
    const result = program();
    await settled();
    rejections.throwFirst();
    return { resources, result };
  } finally {
    rejections.stop();
    restore();
  }
}

/** Waits until every registration that the program started has been answered, and Node has reported what nobody caught. */
async function settled(): Promise<void> {
  await (pulumi.runtime as unknown as { disconnect(): Promise<void> }).disconnect();
  await new Promise((resolve) => setImmediate(resolve));
}

/** Pulumi fails a program whose Outputs fail through Node's unhandled rejections; here they belong to the recorded run. */
function collectRejections(): { throwFirst(): void; stop(): void } {
  const event = "unhandledRejection";
  const others = process.listeners(event);
  const found: unknown[] = [];
  process.removeAllListeners(event);
  process.on(event, (reason) => found.push(reason));
  return {
    throwFirst: () => {
      if (found.length > 0) throw found[0];
    },
    stop: () => {
      process.removeAllListeners(event);
      for (const other of others) process.on(event, other);
    },
  };
}

function mocks(options: RecordOptions): pulumi.runtime.Mocks {
  return {
    call: ({ inputs }) => inputs as Record<string, unknown>,
    newResource: ({ type, name, inputs, id }) => {
      const kind = shortType(type);
      const known = { revision: `${name}-revision`, ...options.outputs?.(kind, name) };
      return { id: id || `${name}-id`, state: { ...(inputs as object), ...known } };
    },
  };
}

function intercept(into: Registration[]): () => void {
  const prototype = MockMonitor.prototype as unknown as { registerResource: Rpc; readResource: Rpc };
  const { registerResource, readResource } = prototype;
  prototype.registerResource = function (request, callback) {
    if (request.getType() !== "pulumi:pulumi:Stack") into.push(registration(request));
    return registerResource.call(this, request, callback);
  };
  prototype.readResource = function (request, callback) {
    into.push(registration(request));
    return readResource.call(this, request, callback);
  };
  return () => Object.assign(prototype, { registerResource, readResource });
}

function registration(request: RegisterRequest): Registration {
  return {
    name: request.getName(),
    type: shortType(request.getType()),
    inputs: (request.getObject ?? request.getProperties)!.call(request).toJavaScript(),
    dependencies: request.getDependenciesList().map(nameOf),
    parent: nameOf(request.getParent()),
    hideDiffs: request.getHidediffsList?.() ?? [],
    id: request.getId?.(),
  };
}

function shortType(type: string): string {
  return type.replace(/^pulumi-nodejs:dynamic\/exchange:/, "");
}

function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}

/** The text inside a secret; undefined for anything else. */
export function secretText(value: unknown): string | undefined {
  const envelope = value as Record<string, unknown> | null | undefined;
  return envelope?.[SIGNATURE] === SECRET_SIGNATURE ? String(envelope.value) : undefined;
}

/** All names that `name` waits for, over any number of steps. */
export function waitsFor(resources: readonly Registration[], name: string): Set<string> {
  const found = new Set<string>();
  const visit = (current: string): void => {
    for (const dependency of resources.find((one) => one.name === current)?.dependencies ?? []) {
      if (found.has(dependency)) continue;
      found.add(dependency);
      visit(dependency);
    }
  };
  visit(name);
  return found;
}

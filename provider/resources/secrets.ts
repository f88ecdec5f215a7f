/** Marks secrets as such wherever they stand in the arguments, and leaves everything around them readable. */
import * as pulumi from "@pulumi/pulumi";

/** Argument names whose string value is a secret, at any depth (`sources[].host.password` included). */
const SECRET_NAMES: ReadonlySet<string> = new Set(["password", "privateKey", "privateKeyPassword", "pfx"]);

/** What Pulumi's Output carries beside its public methods (stable since SDK 1, needed between SDK copies). */
interface OutputState {
  readonly isKnown: Promise<boolean>;
  promise(): Promise<unknown>;
}

/** A copy of `args` in which every secret string is a Pulumi secret; references (`{env}`, `{file}`, `{config}`) stay plain. */
export function protect(args: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(args).map(([key, value]) => [key, protectEntry(key, value)]));
}

function protectEntry(key: string, value: unknown): unknown {
  return SECRET_NAMES.has(key) ? protectLeaf(value) : protectValue(value);
}

function protectLeaf(value: unknown): unknown {
  if (typeof value === "string") return pulumi.secret(value);
  // The inner secret makes the whole Output secret; a reference stays readable; unknowns and dependencies are kept.
  if (isPending(value)) return (pulumi.output(value) as pulumi.Output<unknown>).apply(secretText);
  return value;
}

function secretText(known: unknown): pulumi.Input<unknown> {
  return typeof known === "string" ? pulumi.secret(known) : known;
}

function protectValue(value: unknown): unknown {
  if (isPending(value)) return protectOutput(pulumi.output(value));
  if (Array.isArray(value)) return value.map(protectValue);
  if (isRecord(value)) return protect(value);
  return value;
}

/**
 * An Output that holds an object: applying a function that returns a nested secret would make the whole object
 * secret, host names included. So the object is rebuilt from one Output a leaf, each with the dependencies of the whole.
 */
async function protectOutput(whole: pulumi.Output<unknown>): Promise<unknown> {
  const state = whole as unknown as OutputState;
  if (!(await state.isKnown) || (await pulumi.isSecret(whole))) return whole;
  const value = await state.promise();
  if (!isRecord(value) && !Array.isArray(value)) return whole;
  return rebuild(value, whole);
}

function rebuild(value: unknown, at: pulumi.Output<unknown>, key?: string): unknown {
  if (Array.isArray(value)) return value.map((item, index) => rebuild(item, step(at, index)));
  if (isRecord(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, rebuild(item, step(at, name), name)]));
  }
  return key !== undefined && SECRET_NAMES.has(key) ? protectLeaf(at) : at;
}

function step(at: pulumi.Output<unknown>, key: string | number): pulumi.Output<unknown> {
  return at.apply((value) => (value as Record<string | number, unknown>)[key]);
}

function isPending(value: unknown): value is pulumi.Output<unknown> | Promise<unknown> {
  return pulumi.Output.isInstance(value) || value instanceof Promise;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype;
}

/**
 * The Edges of a program that puts its chain together itself. The first one's certificate is checked before any other Edge's resources are
 * declared to the engine (`dependsOn`), but its program has constructed them all by then: so it can tell the others' connections
 * (docs/adr/0009-the-way-back-of-a-fleet.md). One that waits for something before it constructs them gives `peers` itself.
 */
import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "./connection";

type Connection = pulumi.Input<ConnectionArgs>;

/** Run of a program → connections of the Edges that it has constructed certificates for. */
const constructed = new WeakMap<object, Connection[]>();

/** To be called for each Edge; the first one gets the others, all later ones nothing, for a state must not grow with their square. */
export function otherEdges(edge: Connection): pulumi.Output<ConnectionArgs[] | undefined> | undefined {
  const run = runOf();
  const all = constructed.get(run) ?? [];
  constructed.set(run, all);
  all.push(edge);
  return all.length > 1 ? undefined : pulumi.output(othersAmong(all));
}

/** Known once the program has done what it does without waiting. */
async function othersAmong(all: readonly Connection[]): Promise<Connection[] | undefined> {
  await new Promise((resolve) => setImmediate(resolve));
  const [first, ...others] = all;
  const free = others.filter((one) => one !== first && isFree(one));
  return free.length > 0 ? free : undefined;
}

/** Run of a program → when EdgeSync of an Edge is waited for, as far as its subscriptions say so. */
const synchronised = new WeakMap<object, { edge: Connection; synchronise: pulumi.Input<string> }[]>();

/** To be called for each subscription that says when EdgeSync is waited for: its Edge's certificate has to know before it changes anything. */
export function tellSynchronise(edge: Connection, synchronise: pulumi.Input<string> | undefined): void {
  if (synchronise === undefined || !isFree(synchronise)) return;
  const run = runOf();
  synchronised.set(run, [...(synchronised.get(run) ?? []), { edge, synchronise }]);
}

/** What the subscription of this Edge says, whichever of both the program constructs first. */
export function synchroniseOf(edge: Connection): pulumi.Output<string | undefined> {
  const run = runOf();
  const found = async (): Promise<pulumi.Input<string> | undefined> => {
    await new Promise((resolve) => setImmediate(resolve));
    return synchronised.get(run)?.find((one) => isSame(one.edge, edge))?.synchronise;
  };
  return pulumi.output(found());
}

/** The same value of the program, or literals that name the same server. */
function isSame(one: Connection, other: Connection): boolean {
  if (one === other) return true;
  const [a, b] = [one, other] as { name?: unknown; host?: unknown; port?: unknown }[];
  return typeof a.host === "string" && a.host === b.host && a.port === b.port && a.name === b.name;
}

const NO_ENGINE = {};
/** One process may run many programs, one after the other or side by side (Automation API, tests): each has its own engine. */
function runOf(): object {
  const { getMonitor } = pulumi.runtime as unknown as { getMonitor?: () => object | undefined };
  return getMonitor?.() ?? NO_ENGINE;
}

/** Whether a value waits for no resource: the first Edge must not wait for what comes after it. */
function isFree(value: unknown): boolean {
  if (pulumi.Output.isInstance(value)) return (value as unknown as { resources(): ReadonlySet<unknown> }).resources().size === 0;
  if (value instanceof Promise || typeof value === "function") return false;
  if (value === null || typeof value !== "object") return true;
  return Object.values(value).every(isFree);
}

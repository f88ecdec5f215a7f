/** A process that opens one PFX, the first of its life, and the same again: sends back what it cost. Started by offline.ts. */
import { openPfx } from "../provider/pki";

export interface Opened {
  /** Processor time, in ms. */
  first: number;
  again: number;
  /** Longest time without a turn of the event loop, in ms. */
  blocked: number;
}

async function cost(open: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await open();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function measure(pfx: Buffer, password: string): Promise<Opened> {
  let blocked = 0;
  let last = performance.now();
  const turn = (): void => {
    const now = performance.now();
    blocked = Math.max(blocked, now - last);
    last = now;
    timer = setImmediate(turn);
  };
  let timer = setImmediate(turn);
  await new Promise((resolve) => setImmediate(resolve));
  blocked = 0;
  const open = (): Promise<unknown> => openPfx(pfx, password);
  const first = await cost(open);
  await new Promise((resolve) => setImmediate(resolve));
  const longest = blocked;
  clearImmediate(timer);
  return { first, again: await cost(open), blocked: longest };
}

process.once("message", ({ pfx, password }: { pfx: string; password: string }) => {
  void measure(Buffer.from(pfx, "base64"), password).then((told) => process.send!(told, () => process.disconnect()));
});

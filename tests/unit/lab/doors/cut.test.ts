/** A reset while a socket's own end is on its way would leave its handle behind, and the process could never exit. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { closeServer, cutOff, listen } from "../../../../lab/doors/listen";

/** Both ends of a connection. */
async function pair(): Promise<{ ours: Socket; theirs: Socket; close: () => Promise<void> }> {
  const server = createServer({ allowHalfOpen: true });
  await listen(server, "127.0.0.1");
  const theirs = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [ours] = (await once(server, "connection")) as [Socket];
  for (const socket of [ours, theirs]) socket.on("error", () => undefined).resume();
  const close = (): Promise<void> => {
    for (const socket of [ours, theirs]) socket.destroy();
    return closeServer(server);
  };
  return { ours, theirs, close };
}

describe("lab: a connection is cut", () => {
  const moments: [string, () => Promise<void>][] = [
    ["at once after its end began", () => Promise.resolve()],
    ["while its end is on its way", () => new Promise((resolve) => process.nextTick(() => process.nextTick(resolve)))],
    ["after its end was sent", () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))],
  ];
  for (const [when, moment] of moments) {
    it(`${when}: nothing of it is left`, async () => {
      const { ours, close } = await pair();
      let failure: unknown;
      ours.on("error", (error) => (failure = error));
      const closed = once(ours, "close");
      ours.end();
      await moment();
      cutOff(ours);
      await closed;
      assert.equal(failure, undefined);
      await close();
    });
  }

  it("that is in use: the other side sees a reset", async () => {
    const { ours, theirs, close } = await pair();
    const failed = once(theirs, "error") as Promise<[NodeJS.ErrnoException]>;
    cutOff(ours);
    assert.equal((await failed)[0].code, "ECONNRESET");
    await close();
  });
});

/** What is asked along with a change: behind it, of its server alone, and never in its place. */
import assert from "node:assert/strict";
import type { Operation } from "../../../provider/remote/protocol";
import { askingBehind, forgetBefore, moment, operating, reading, standing } from "../../../provider/remote/readings";

const quietly = (question: Promise<unknown>): void => void question.catch(() => undefined);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Requests as they leave, and the answer to each by hand. */
class Wire {
  readonly sent: string[] = [];
  private readonly open = new Map<string, { resolve(): void; reject(error: Error): void }>();

  private send(server: string, op: Operation, params: object, name: string): Promise<string> {
    return reading(server, op, params, async (sent) => {
      this.sent.push(name);
      const answer = new Promise<string>((resolve, reject) => this.open.set(name, { resolve: () => resolve(`${name} answered`), reject }));
      sent();
      return answer;
    });
  }
  read = (server: string): Promise<string> => this.send(server, "file.read", { path: "claims.json" }, `read ${server}`);
  status = (server: string): Promise<string> => this.send(server, "service.status", { name: "X" }, `status ${server}`);
  change = (server: string): Promise<string> => this.send(server, "service.stop", { name: "X" }, `change ${server}`);
  changeAndRead = (server: string): Promise<string> =>
    askingBehind(
      () => quietly(this.read(server)),
      () => this.change(server),
    );
  answer(...names: string[]): void {
    for (const name of names) this.open.get(name)!.resolve();
  }
  refuse(name: string): void {
    this.open.get(name)!.reject(new Error(`${name} was refused`));
  }
}

describe("questions along with a change", () => {
  it("leave right behind it, and their answers stand", async () => {
    const wire = new Wire();
    await operating(async () => {
      const changed = wire.changeAndRead("edge");
      await turn();
      assert.deepEqual(wire.sent, ["change edge", "read edge"]);
      wire.answer("change edge", "read edge");
      await changed;
      assert.equal(await wire.read("edge"), "read edge answered");
      assert.equal(wire.sent.length, 2, "what stands is not asked again");
    });
  });

  it("do not make what was seen before the change count", async () => {
    const wire = new Wire();
    await operating(async () => {
      quietly(wire.read("edge"));
      wire.answer("read edge");
      const changed = askingBehind(
        () => undefined,
        () => wire.change("edge"),
      );
      await turn();
      wire.answer("change edge");
      await changed;
      quietly(wire.read("edge"));
      assert.deepEqual(wire.sent, ["read edge", "change edge", "read edge"]);
    });
  });

  it("go to the changed server alone, and through no door", async () => {
    const wire = new Wire();
    let looks = 0;
    await operating(async () => {
      const look = (): Promise<number> => standing("edge ldaps", () => Promise.resolve(++looks), "own");
      const ask = (): void => [wire.read("mailbox"), wire.status("mailbox"), wire.status("edge"), look()].forEach(quietly);
      const changed = askingBehind(ask, () => wire.change("edge"));
      await turn();
      assert.deepEqual(wire.sent, ["change edge", "status edge"]);
      wire.answer("change edge", "status edge");
      await changed;
      assert.equal(await look(), 1, "a door is looked at afterwards");
    });
  });

  it("count for nothing after a change that failed", async () => {
    const wire = new Wire();
    await operating(async () => {
      const changed = wire.changeAndRead("edge");
      await turn();
      wire.answer("read edge");
      wire.refuse("change edge");
      await assert.rejects(changed, /refused/);
      quietly(wire.read("edge"));
      assert.deepEqual(wire.sent, ["change edge", "read edge", "read edge"]);
    });
  });

  it("are forgotten when a later change leaves before they are used", async () => {
    const wire = new Wire();
    await operating(async () => {
      const first = wire.changeAndRead("edge");
      await turn();
      wire.answer("change edge", "read edge");
      await first;
      const second = wire.change("mailbox");
      await turn();
      wire.answer("change mailbox");
      await second;
      quietly(wire.read("edge"));
      assert.deepEqual(wire.sent, ["change edge", "read edge", "change mailbox", "read edge"]);
    });
  });
});

describe("what a door presents", () => {
  const looks = { own: 0, any: 0 };
  const look = (door: "own" | "any"): Promise<number> => standing(`edge ${door}`, () => Promise.resolve(++looks[door]), door);

  it("stands through a change of another server where its own server alone decides it", async () => {
    const wire = new Wire();
    await operating(async () => {
      for (const [server, own, any] of [
        ["mailbox", 1, 2],
        ["edge", 2, 3],
      ] as const) {
        await Promise.all([look("own"), look("any")]);
        const changed = wire.change(server);
        await turn();
        wire.answer(`change ${server}`);
        await changed;
        assert.deepEqual([await look("own"), await look("any")], [own, any], server);
      }
    });
  });
});

describe("a lease that is taken", () => {
  it("lets stand what was asked since nobody had it, and nothing else", async () => {
    const wire = new Wire();
    await operating(async () => {
      quietly(wire.read("edge"));
      quietly(wire.read("mailbox"));
      const seen = moment();
      quietly(wire.read("other"));
      wire.answer("read edge", "read mailbox", "read other");
      forgetBefore((server) => (server === "edge" ? 0 : seen));
      for (const server of ["edge", "mailbox", "other"]) quietly(wire.read(server));
      assert.deepEqual(wire.sent, ["read edge", "read mailbox", "read other", "read mailbox"]);
    });
  });
});

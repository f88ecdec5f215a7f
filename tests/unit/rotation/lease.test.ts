/** Taking a lease while others take theirs, on a host that is its working folder and its fence. */
import assert from "node:assert/strict";
import { ExchangeError } from "../../../provider/base/errors";
import type { Shell } from "../../../provider/exchange/shell";
import { takeLease, type LeaseRecord } from "../../../provider/rotation/lease";

const FREE_SINCE_LONG = new Date(0).toISOString();
const encode = (record: LeaseRecord): string => Buffer.from(JSON.stringify(record)).toString("base64");

class FolderHost {
  fence = 4;
  readonly files = new Map<string, string>();
  /** Called before a request is answered. */
  meanwhile: (op: string) => void = () => undefined;

  constructor() {
    this.leave(4);
  }

  /** A run takes the next lease, and gives it back. */
  others(): void {
    this.files.delete(`lease/${this.fence}.json`);
    this.leave(++this.fence);
  }
  private leave(fence: number): void {
    this.files.set(`lease/${fence}.json`, encode({ fence, owner: "another", run: "another", expires: FREE_SINCE_LONG, released: true }));
  }

  readonly shell = {
    facts: { name: "MBX01", fqdn: "mbx01.example.com", fence: 4 },
    request: (op: string, params: { path?: string; data?: string; fence?: number }, { fence }: { fence?: number } = {}) => {
      this.meanwhile(op);
      const raised = fence ?? params.fence;
      if (raised !== undefined && raised < this.fence)
        return Promise.reject(new ExchangeError("FENCED", `MBX01: fence ${this.fence}.`, { host: "MBX01" }));
      if (raised !== undefined) this.fence = raised;
      return Promise.resolve(this.answer(op, params));
    },
  } as unknown as Shell;

  private answer(op: string, { path = "", data = "" }: { path?: string; data?: string }): object {
    const { files, fence } = this;
    if (op === "hello") return { ...this.shell.facts, fence, utc: new Date().toISOString() };
    if (op === "file.read") return { found: files.has(path), data: files.get(path) };
    if (op === "file.remove") return { removed: files.delete(path) };
    if (op !== "file.createNew") return {};
    if (files.has(path)) return { created: false };
    files.set(path, data);
    return { created: true };
  }
}

const actor = { owner: "shop/prod/edge01", run: "ours", stack: "shop/prod" };

describe("taking a lease", () => {
  it("is the next one", async () => {
    const { fence } = await takeLease(new FolderHost().shell, actor);
    assert.equal(fence, 5);
  });
  it("goes round again where others took two meanwhile", async () => {
    const host = new FolderHost();
    host.meanwhile = (op) => {
      if (op !== "file.createNew") return;
      host.meanwhile = () => undefined;
      host.others();
      host.others();
    };
    assert.equal((await takeLease(host.shell, actor)).fence, 7, "the fence of others shuts the attempt out, and nothing is lost");
    assert.deepEqual([...host.files.keys()], ["lease/7.json"]);
  });
});

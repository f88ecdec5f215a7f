/** Back to the old program while a later Edge of the fleet is out of service: the next run takes that Edge back first. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { canonical } from "../../../provider/base/json";
import { createContext } from "../../../provider/handlers";
import { reclaimSite } from "../../../provider/handlers/peers";
import type { HostConnection } from "../../../provider/remote/hosts";
import { closeAll } from "../../../provider/remote/sessions";
import { actorOf } from "../../../provider/rotation/actor";
import { keepLease, releaseLeases, withLease } from "../../../provider/rotation/leasedShell";
import { readSiteWindows } from "../../../provider/rotation/siteWindow";
import { until } from "../../../tools/testing/patience";
import { SITE } from "../../support/drift/servers";
import { fleet } from "../../support/stories/fleet";
import { livingRun } from "../../support/stories/livingRun";
import { rigForEach, type Program } from "../../support/stories/rig";

const EDGES = ["EDGE01", "EDGE02"];

/** Where the rotation of the second Edge breaks off: after its default has changed, so that it stays out of service. */
const BREAKS = [
  "enable.after-cmdlet",
  "export.after-intent",
  "export.after-cmdlet",
  "import-subscription.after-cmdlet",
  "start.before-intent",
];

describe("the old program while a later Edge is out of service", () => {
  const rig = rigForEach();
  const connection = (name: string): HostConnection => rig().host(name) as unknown as HostConnection;
  const usable = (one: string) => {
    const { defaultThumbprint, transportThumbprint, ldapsThumbprint, services } = rig().server(one);
    return [defaultThumbprint, transportThumbprint, ldapsThumbprint, services.MSExchangeTransport];
  };
  const breakOff = async (point = "import-subscription.after-intent", options = {}): Promise<void> => {
    process.env.PULUMI_EXCHANGE_FAILPOINT = `EDGE02/${point}=error`;
    const { text } = await rig().fails(fleet(rig(), "v2", options));
    delete process.env.PULUMI_EXCHANGE_FAILPOINT;
    assert.match(text, /\[FAILPOINT\] EDGE02/);
    assert.equal(rig().server("EDGE02").services.MSExchangeTransport, "Stopped");
    assert.equal(rig().server("EDGE01").transportThumbprint, rig().thumbprint("v2"));
  };
  /** Never two Edges out of service at once: in the order of the history. */
  const oneAtATime = (calls: string[]): void => {
    const out = new Set<string>(["EDGE02"]);
    for (const call of calls) {
      const [host, cmdlet] = call.split(":");
      if (cmdlet === "Suspend-Service" || cmdlet === "Stop-Service") out.add(host);
      if (cmdlet === "Start-Service") out.delete(host);
      assert.ok(out.size <= 1, `${[...out].join(" and ")} out of service: ${calls.join("\n")}`);
    }
  };

  afterEach(() => delete process.env.PULUMI_EXCHANGE_FAILPOINT);

  it("an Edge that its own resource has taken up meanwhile is left to it", async () => {
    await rig().apply(fleet(rig(), "v1"));
    await breakOff();
    const { entries } = rig().lab.history;
    const [ctx, actor] = [createContext(), actorOf("shop/prod/EDGE01-certificate")];
    try {
      const [edge, organization] = [await ctx.session(connection("EDGE02")), await ctx.session(connection("MBX01"))];
      const [window] = await readSiteWindows(organization, SITE);
      const mark = entries.length;
      let reclaimed: Promise<void> | undefined;
      await withLease(edge, actor, async () => {
        reclaimed = reclaimSite(ctx, actor, organization)(window);
        await until(
          "the look at the open rotation",
          () => entries.slice(mark).find(({ host, cmdlet }) => host === "EDGE02" && cmdlet === "file.read"),
          60_000,
        );
        keepLease(edge);
      });
      await reclaimed;
      assert.deepEqual(
        entries.slice(mark).filter(({ mutating }) => mutating),
        [],
      );
      assert.equal(rig().server("EDGE02").defaultThumbprint, rig().thumbprint("v2"));
    } finally {
      await releaseLeases();
      await closeAll();
    }
    await rig().apply(fleet(rig(), "v2"));
  });

  for (const point of BREAKS) {
    it(`broken off at ${point}: one run, and both have the old certificate`, async () => {
      const v1 = rig().thumbprint("v1");
      await rig().apply(fleet(rig(), "v1"));
      await breakOff(point);
      const run = await rig().apply(fleet(rig(), "v1"));
      for (const edge of EDGES) assert.deepEqual(usable(edge), [v1, v1, v1, "Running"], edge);
      oneAtATime(run.mutating);
      assert.ok(run.mutating.indexOf("EDGE02:Start-Service") < run.mutating.indexOf("EDGE01:Suspend-Service"), run.mutating.join("\n"));
      assert.match(run.lines.join("\n"), /EDGE02 was left out of service .* taken back first/);
      assert.deepEqual(rig().leftovers(), []);
      await rig().settled(fleet(rig(), "v1"));
    });
  }

  it("a third certificate: the second Edge comes back first, then both get it in turn", async () => {
    await rig().apply(fleet(rig(), "v1"));
    await breakOff();
    const run = await rig().apply(fleet(rig(), "v3"));
    const v3 = rig().thumbprint("v3");
    for (const edge of EDGES) assert.deepEqual(usable(edge), [v3, v3, v3, "Running"], edge);
    oneAtATime(run.mutating);
    await rig().settled(fleet(rig(), "v3"));
  });

  it("a program without the second Edge takes it back all the same", async () => {
    await rig().apply(fleet(rig(), "v1"));
    await breakOff();
    await rig().apply(fleet(rig(), "v1", { edges: ["EDGE01"] }));
    const v1 = rig().thumbprint("v1");
    for (const edge of EDGES) assert.deepEqual(usable(edge), [v1, v1, v1, "Running"], edge);
    assert.deepEqual(rig().leftovers(), []);
  });

  it("a window that a crash left behind before its journal was begun is cleared", async () => {
    await rig().apply(fleet(rig(), "v1"));
    const window = { edge: "EDGE02", site: SITE, stack: "shop/prod", owner: "shop/prod/EDGE02-certificate", since: "2026-01-01T00:00:00Z" };
    await writeWindow(window);
    const run = await rig().apply(fleet(rig(), "v2"));
    assert.deepEqual(rig().leftovers(), []);
    assert.equal(run.mutating.indexOf("EDGE02:Suspend-Service") > run.mutating.indexOf("EDGE01:Start-Service"), true);
  });

  function writeWindow(window: object): Promise<void> {
    rig()
      .lab.organisation.files("MBX01")
      .set(`windows/${SITE.toUpperCase()}.json`, Buffer.from(JSON.stringify(window)));
    return Promise.resolve();
  }
  /** The same journal, of another stack. */
  function reowned(text: string): string {
    let previous = "0".repeat(64);
    const lines = text
      .trim()
      .split("\n")
      .map((line) => {
        const { hash: _hash, ...body } = JSON.parse(line) as { hash: string; type: string };
        const mine = body.type === "open" ? { ...body, stack: "other/prod", owner: "other/prod/x" } : body;
        previous = createHash("sha256").update(previous).update(canonical(mine)).digest("hex");
        return JSON.stringify({ ...mine, hash: previous });
      });
    return `${lines.join("\n")}\n`;
  }
  async function refused(pattern: RegExp, program: Program = fleet(rig(), "v1")): Promise<void> {
    const { text, mutating } = await rig().fails(program);
    assert.match(text, pattern);
    assert.deepEqual(
      mutating.filter((call) => call.startsWith("EDGE")),
      [],
    );
  }

  it("without peers it stops as before, with nothing changed", async () => {
    await rig().apply(fleet(rig(), "v1", { peers: false }));
    await breakOff(undefined, { peers: false });
    await refused(/\[EDGE_WINDOW_BUSY\] EDGE01 .* EDGE02 .*npx pulumi-exchange resume EDGE02/, fleet(rig(), "v1", { peers: false }));
  });

  it("without peers a refresh is enough: it reads every Edge of the stack first", async () => {
    await rig().apply(fleet(rig(), "v1", { peers: false }));
    await breakOff(undefined, { peers: false });
    const run = await rig().apply(fleet(rig(), "v1", { peers: false }), { refresh: true });
    const v1 = rig().thumbprint("v1");
    for (const edge of EDGES) assert.deepEqual(usable(edge), [v1, v1, v1, "Running"], edge);
    oneAtATime(run.mutating);
    assert.deepEqual(rig().leftovers(), []);
    await rig().settled(fleet(rig(), "v1", { peers: false }));
  });

  it("another stack's window is busy, whoever the Edge is", async () => {
    await rig().apply(fleet(rig(), "v2"));
    await writeWindow({ edge: "EDGE02", site: SITE, stack: "other/prod", owner: "other/prod/x", since: "2026-01-01T00:00:00Z" });
    await refused(/\[EDGE_WINDOW_BUSY\] EDGE01 .* by other\/prod\/x/);
    assert.equal(rig().leftovers().length, 1);
  });

  it("an Edge whose journal is another stack's is not touched", async () => {
    await rig().apply(fleet(rig(), "v1"));
    await breakOff();
    const files = rig().lab.organisation.files("EDGE02");
    const journal = [...files.keys()].find((path) => path.endsWith("journal.jsonl"))!;
    files.set(journal, Buffer.from(reowned(String(files.get(journal)))));
    await refused(/\[EDGE_WINDOW_BUSY\]/);
    assert.equal(rig().server("EDGE02").services.MSExchangeTransport, "Stopped");
  });

  it("a run that is alive on the second Edge keeps it: LEASE_HELD, nothing changed", async () => {
    await rig().apply(fleet(rig(), "v1"));
    await breakOff();
    const alive = await livingRun(rig(), "EDGE02");
    try {
      await refused(/\[LEASE_HELD\] EDGE02 is being worked on by other\/prod\/x/);
    } finally {
      await alive();
    }
    await rig().apply(fleet(rig(), "v1"));
  });

  it("a second Edge that cannot be reached is named with the way out", async () => {
    await rig().apply(fleet(rig(), "v1"));
    await breakOff();
    await rig().control.fault({ host: "EDGE02", cmdlet: "start", at: "before", kind: "disconnect", times: 20 });
    await refused(/\[EDGE_WINDOW_BUSY\] EDGE01 .*EDGE02 .*resume EDGE02 \[--abandon\]/);
  });
});

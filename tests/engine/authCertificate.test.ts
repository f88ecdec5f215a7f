/** examples/auth-certificate on the real engine: healthy, expiring with its two waits and kills, missing on a server; expired, without hybrid and with it. */
import assert from "node:assert/strict";
import type { ScenarioInput } from "../../lab/model/scenarioSchema";
import { isNoOp, named, storyForAll, type Observed, type RunOptions } from "../support/engine";
import { makePfx, makeSelfSigned } from "../support/certificates";
import { example, passwords } from "../support/stories/examples";
import { assertReadmePlan, assertReadmePreview } from "../support/stories/readme";

const HOUR = 3_600;
const SUBJECT = "CN=Microsoft Exchange Server Auth Certificate";
const SERVERS = ["MBX01", "MBX02"];

interface Auth {
  current: string;
  previous: string | null;
  next: string | null;
}

function organisation(days: number, more: Partial<ScenarioInput> = {}): ScenarioInput {
  return {
    name: "auth",
    organisation: "Contoso",
    domain: "contoso.com",
    auth: { notAfterDays: days },
    // Exchange looks by itself, too: several times within the two waits (speed 600), and not between two runs
    latencies: { authServicelet: 10_000 * HOUR },
    servers: SERVERS.map((name) => ({ name, fqdn: `${name.toLowerCase()}.contoso.com`, role: "Mailbox" as const })),
    ...more,
  };
}

/** A stack of the example on a lab of its own. */
function stackOf(scenario: ScenarioInput) {
  const story = storyForAll({ scenario });
  let passed = 0;
  const options = (more: RunOptions = {}): RunOptions => ({
    env: passwords(story().lab),
    ...(passed > 0 ? { now: new Date(Date.now() + passed * 1000).toISOString() } : {}),
    ...more,
  });
  const program = () => example("auth-certificate", story().lab);
  return {
    story,
    state: (): Auth => story().lab.organisation.state().authConfig as Auth,
    defaults: () => SERVERS.map((name) => story().server(name).defaultThumbprint),
    holders: (thumbprint: string) => SERVERS.filter((name) => story().installed(name).includes(thumbprint)),
    made: () =>
      new Set(
        SERVERS.flatMap((name) => story().server(name).certificates)
          .filter(({ subject }) => subject === SUBJECT)
          .map((one) => one.thumbprint),
      ),
    configure: (key: string, value: string) => story().stack.stack.setConfig(key, { value }),
    up: (more?: RunOptions): Promise<Observed> => story().up(program(), options(more)),
    preview: (): Promise<Observed> => story().preview(program(), options()),
    refresh: (): Promise<Observed> => story().refresh(options()),
    pass: async (hours: number): Promise<void> => {
      passed += hours * HOUR;
      await story().control.clock(hours * HOUR);
    },
    /** Runs that are killed at one step after the other, and the way out. */
    killedAt: async (...points: string[]): Promise<Observed> => {
      for (const point of points) {
        const killed = await story().up(program(), options({ failPoint: `MBX01/${point}=kill` }));
        assert.equal(killed.ok, false, `${point}: the run should have been killed`);
        passed += 31;
        await story().afterLease();
      }
      return story().up(program(), options({ refresh: true }));
    },
    settled: async (): Promise<void> => {
      const again = await story().up(program(), options());
      assert.ok(isNoOp(again), again.output);
      assert.deepEqual(named(again.seen.mutating), []);
    },
  };
}

describe("examples/auth-certificate: from healthy to renewed", () => {
  const { story, state, defaults, holders, made, configure, up, preview, refresh, pass, killedAt, settled } = stackOf(organisation(100));
  let old: string;
  let before: unknown[];

  it("a healthy one is adopted with 0 changes, and then nobody is asked", async () => {
    [old, before] = [state().current, defaults()];
    const shown = await preview();
    assert.deepEqual(shown.seen.calls, []);
    assertReadmePreview("auth-certificate", shown.output);
    const first = await up();
    assert.ok(first.ok, first.output);
    assert.deepEqual([named(first.seen.mutating), first.outputs.current], [[], old]);
    assertReadmePlan("auth-certificate", story().stack);
    await settled();
  });

  it("expiring: the next one is made once, through kills at each step", async () => {
    await configure("renewBefore", "120");
    const shown = await preview();
    assert.match(
      shown.diagnostics,
      /\[MBX01\] Auth certificate [0-9A-F]{8}… ends on .*: a new one is made and becomes effective 48 h later/,
    );
    const finished = await killedAt("auth-make.after-cmdlet", "auth-next.after-intent", "auth-next.after-cmdlet");
    assert.ok(finished.ok, finished.output);
    assert.deepEqual([state().current, made().size, defaults()], [old, 2, before]);
    await settled();
  });

  it("its two waits: Exchange publishes it, and the one before is cleared later", async () => {
    const { next } = state();
    await pass(70);
    assert.equal(state().current, next);
    const seen = await up({ refresh: true });
    assert.deepEqual([seen.ok, named(seen.seen.mutating), seen.outputs.previous], [true, [], old]);
    await pass(49);
    const cleared = await killedAt("auth-remove.after-cmdlet", "auth-clear.after-intent");
    assert.ok(cleared.ok, cleared.output);
    assert.deepEqual([state().current, state().previous, holders(old), holders(next!)], [next, null, [], SERVERS]);
    assert.deepEqual(defaults(), before);
    await settled();
  });

  it("missing on one server is drift, and copied back", async () => {
    const { current } = state();
    await story().control.operator("MBX02", "Remove-Item", { Path: `Cert:\\LocalMachine\\My\\${current}` });
    await refresh();
    assert.match((await preview()).diagnostics, /the Auth certificate is missing on MBX02/);
    const mended = await killedAt("auth-copy.after-cmdlet");
    assert.deepEqual([mended.ok, holders(current)], [true, SERVERS], mended.output);
    await settled();
  });
});

describe("examples/auth-certificate: expired", () => {
  const { story, state, defaults, holders, made, up, killedAt, settled } = stackOf(organisation(-3));

  it("a new one is made once and published at once, through kills at each step", async () => {
    const [{ current: old }, before] = [state(), defaults()];
    const published = await killedAt("auth-make.after-cmdlet", "auth-next.after-cmdlet", "auth-publish.after-cmdlet");
    assert.ok(published.ok, published.output);
    const { current, previous } = state();
    assert.notEqual(current, old);
    assert.deepEqual([previous, holders(current), made().size, defaults()], [old, SERVERS, 2, before]);
    await settled();
    assert.equal(story().stack.outputs("auth").current, current);
    assert.ok((await up()).ok);
  });
});

describe("examples/auth-certificate: expired, in a hybrid organisation", () => {
  const { story, state, defaults, configure, up, killedAt, settled } = stackOf(organisation(-3, { hybrid: {} }));

  it("nothing happens until the program names what the tenant has", async () => {
    const before = { ...state() };
    const was = defaults();
    const waiting = await up();
    assert.deepEqual([waiting.ok, named(waiting.seen.mutating), { ...state() }], [true, [], before], waiting.output);
    assert.match(waiting.diagnostics, /uploadedThumbprint/);
    const own = await makeSelfSigned({ subject: SUBJECT, notAfter: new Date(Date.now() + 1800 * 24 * HOUR * 1000) });
    const pfx = Buffer.from(await makePfx(own, "p")).toString("base64");
    await story().control.operator("MBX01", "Import-ExchangeCertificate", {
      FileData: { $bytes: pfx },
      Password: { $secure: "p" },
      PrivateKeyExportable: true,
    });
    await configure("uploadedThumbprint", own.certificate.thumbprint);
    const published = await killedAt("auth-next.after-cmdlet", "auth-publish.after-cmdlet");
    assert.ok(published.ok, published.output);
    assert.deepEqual([state().current, state().previous, defaults()], [own.certificate.thumbprint, before.current, was]);
    await settled();
  });
});

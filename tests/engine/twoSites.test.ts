/** Two Edges that do not know each other, as in two sites: one that cannot be finished need not keep the other one out of service. */
import assert from "node:assert/strict";
import { EdgeTransport } from "pulumi-exchange";
import { adopted, hostsOf, inService, isNoOp, pfxSource, stepsOf, storyForAll, type PulumiFn, type Story } from "../support/engine";

const SITES = [
  { edge: "EDGE01", site: "Berlin", organization: "MBX01", certificate: "berlin", connector: "Partner Berlin" },
  { edge: "EDGE02", site: "Lisbon", organization: "MBX02", certificate: "lisbon", connector: "Partner Lisbon" },
];

const programOf =
  (story: () => Story) =>
  (version: number): PulumiFn =>
  () => {
    const hosts = hostsOf(story().lab);
    for (const { edge, site, organization, certificate, connector } of SITES) {
      const source = pfxSource(story().lab, `${certificate}${version}`);
      new EdgeTransport(edge.toLowerCase(), {
        ...{ edge: hosts[edge], organization: hosts[organization], site },
        ...{ mailboxHosts: [hosts[organization]], sendConnectors: [{ connector }] },
        certificate: { source, services: ["SMTP"], defaultSmtp: "replace" },
      });
    }
    return Promise.resolve();
  };
describe("two EdgeTransports of two sites, one of which fails", () => {
  const story = storyForAll({ scenario: "two-sites" });
  const program = programOf(story);
  const status = (edge: string) => story().server(edge).services.MSExchangeTransport;
  const refuse = (host: string, times: number) =>
    story().control.fault({ host, cmdlet: "New-EdgeSubscription", at: "before", kind: "error", times, message: "no" });

  const only = (edge: string) => ({ target: [`**::${edge.toLowerCase()}**`] });

  it("both are out of service after a run in which both failed", async () => {
    await adopted(story(), program(1));
    await refuse("EDGE01", 1_000);
    await refuse("EDGE02", 1);
    for (const edge of ["EDGE01", "EDGE02"]) {
      const up = await story().up(program(2), only(edge));
      assert.equal(up.ok, false);
      assert.equal(status(edge), "Stopped", up.output);
    }
  });

  it("up --target of one brings it back while the other is refused still", async () => {
    const up = await story().up(program(2), only("EDGE02"));
    assert.ok(up.ok, up.output);
    inService(story(), "EDGE02", story().thumbprint("lisbon2"));
    assert.ok(!story().installed("EDGE02").includes(story().thumbprint("lisbon1")), "its predecessor went in the same run");
    assert.deepEqual(
      up.seen.mutating.filter(({ host }) => ["EDGE01", "MBX01"].includes(host)),
      [],
    );
    assert.equal(status("EDGE01"), "Stopped");
    const other = await story().up(program(2));
    assert.match(other.errors["edge01-subscription"] ?? "", /\[CMDLET_FAILED\] EDGE01/, other.output);
  });

  it("the next up finishes the other one", async () => {
    await story().control.clearFaults();
    const up = await story().up(program(2));
    assert.ok(up.ok, up.output);
    inService(story(), "EDGE01", story().thumbprint("berlin2"));
    inService(story(), "EDGE02", story().thumbprint("lisbon2"));
    const again = await story().up(program(2));
    assert.ok(isNoOp(again), again.output);
  });
});

describe("up --continue-on-error, where one of two EdgeTransports fails", () => {
  const story = storyForAll({ scenario: "two-sites" });
  const program = programOf(story);

  it("is no way to finish: what waited for the failed resource is deleted", async () => {
    await adopted(story(), program(1));
    await story().control.fault({ host: "EDGE01", cmdlet: "New-EdgeSubscription", at: "before", kind: "error", message: "no" });
    const up = await story().up(program(2), { continueOnError: true });
    assert.equal(up.ok, false);
    assert.ok(stepsOf(up).includes("delete edge01-transport"), up.output);
    inService(story(), "EDGE01", story().thumbprint("berlin1"));
    inService(story(), "EDGE02", story().thumbprint("lisbon2"));
  });

  it("and the next up finishes, with --refresh", async () => {
    const blind = await story().up(program(2));
    assert.match(blind.errors["edge01-subscription"] ?? "", /\[SUBSCRIPTION_NOT_DEFAULT\] EDGE01.* Hint: .*`pulumi up --refresh`/);
    assert.deepEqual(blind.seen.mutating, []);
    const up = await story().up(program(2), { refresh: true });
    assert.ok(up.ok, up.output);
    inService(story(), "EDGE01", story().thumbprint("berlin2"));
    const again = await story().up(program(2));
    assert.ok(isNoOp(again), again.output);
  });
});

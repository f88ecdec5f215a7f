/** `loadBalancer` with the real plugin of @pulumi/command, where it is there: commands around each Edge's window, in rotations only. */
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { Certificate, EdgeFleet } from "pulumi-exchange";
import { findProgram } from "../../lab/interop/programs";
import { hostsOf, isNoOp, OFFICE, pfxSource, SITE, storyForAll, type PulumiFn } from "../support/engine";
import { LoadBalancer } from "../support/engine/loadBalancer";
import { lookFirst } from "../../provider/resources/components/lookFirst";
import { skipUnless } from "../support/skip";

const EDGES = ["EDGE01", "EDGE02"];
const hasPlugin = findProgram("pulumi-resource-command") !== undefined;

skipUnless(hasPlugin, "the plugin pulumi-resource-command is not on PATH").describe("a load balancer in front of the Edges", () => {
  const story = storyForAll();
  let balancer: LoadBalancer;
  before(async () => {
    balancer = await LoadBalancer.start(() => EDGES.map((edge) => story().server(edge).services.MSExchangeTransport).join(" "));
  });
  after(() => balancer.close());

  const program = (certificate: string): PulumiFn => {
    const hosts = hostsOf(story().lab);
    const command = (verb: string, edge: string) => ({ connection: balancer.connection, create: `${verb} ${edge}` });
    return () => {
      const { thumbprints } = new EdgeFleet("edges", {
        organization: hosts.MBX01,
        site: SITE,
        edges: EDGES.map((edge) => ({
          edge: hosts[edge],
          certificate: { source: pfxSource(story().lab, certificate), services: ["SMTP"], defaultSmtp: "replace" as const },
          loadBalancer: { takeOut: command("out", edge), putIn: command("in", edge) },
        })),
        mailboxHosts: [hosts.MBX01],
        sendConnectors: [{ connector: OFFICE }],
      });
      return Promise.resolve({ thumbprints: pulumi.output(thumbprints) });
    };
  };
  const commands = (): string[] => balancer.take().map(({ command }) => command);

  it("the first deployment runs both commands of each Edge, one Edge after the other", async () => {
    const up = await story().up(program("v1"));
    assert.ok(up.ok, up.output);
    assert.deepEqual(commands(), ["out EDGE01", "in EDGE01", "out EDGE02", "in EDGE02"]);
  });

  it("nothing to do: no command", async () => {
    assert.ok(isNoOp(await story().up(program("v1"))));
    assert.deepEqual(commands(), []);
  });

  it("a preview of the rotation runs none", async () => {
    const preview = await story().preview(program("v2"));
    assert.ok(preview.ok, preview.output);
    assert.deepEqual(commands(), []);
  });

  it("a rotation takes each Edge out before its window and puts it in after its start", async () => {
    const up = await story().up(program("v2"));
    assert.ok(up.ok, up.output);
    assert.deepEqual(
      balancer.take(),
      ["out EDGE01", "in EDGE01", "out EDGE02", "in EDGE02"].map((command) => ({ command, then: "Running Running" })),
    );
    const stops = up.seen.mutating.filter(({ cmdlet }) => cmdlet === "Stop-Service").map(({ host }) => host);
    assert.deepEqual(stops, EDGES, "each Edge had its window in between");
  });
});

describe("what runs before a certificate is refused with it", () => {
  const story = storyForAll();
  /** Any resource stands in for the command of a load balancer: its hook looks before it is made. */
  const program = (host: "EDGE01" | "MBX01", standIn: string): PulumiFn => {
    const hosts = hostsOf(story().lab);
    const own = { organization: hosts.MBX01, services: ["SMTP" as const], drain: "hold" as const };
    const args = { ...own, host: hosts[host], source: pfxSource(story().lab, "v2") };
    return () => {
      const source = pfxSource(story().lab, standIn);
      new Certificate("command", { host: hosts.MBX01, source, services: [] }, { hooks: lookFirst("edge-certificate", args) });
      return Promise.resolve({});
    };
  };
  const mutating = (): string[] =>
    story()
      .lab.history.entries.filter((one) => one.mutating)
      .map(({ cmdlet }) => cmdlet);

  it("before anything is changed; with the right address it runs", async () => {
    const refused = await story().up(program("MBX01", "v2"));
    assert.ok(!refused.ok);
    assert.match(refused.output, /\[ROLE_MISMATCH\]/);
    assert.deepEqual(mutating(), []);
    const up = await story().up(program("EDGE01", "v2"));
    assert.ok(up.ok, up.output);
  });

  it("a run that does not run it looks at nothing", async () => {
    const before = story().lab.history.entries.length;
    assert.ok(isNoOp(await story().up(program("MBX01", "v2"))));
    assert.equal(story().lab.history.entries.length, before);
  });
});

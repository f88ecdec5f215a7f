/** Restarts after a connector's flip open the site's window like any other, before the name is set. */
import assert from "node:assert/strict";
import { SITE } from "../../support/drift/servers";
import { OFFICE } from "../../support/stories/programs";
import { rigForEach, type Program } from "../../support/stories/rig";

describe("the site's window of a connector's flip", () => {
  const rig = rigForEach(() => ({ toggles: { setSendConnector: "lenient" } }));
  afterEach(() => delete process.env.PULUMI_EXCHANGE_FAILPOINT);
  const EDGES = ["EDGE01", "EDGE02"];
  const WINDOW = `windows/${SITE.toUpperCase()}.json`;
  const window = () => rig().lab.organisation.files("MBX01").get(WINDOW);
  const open = (edge: string, stack: string, more: object = {}) =>
    rig()
      .lab.organisation.files("MBX01")
      .set(WINDOW, Buffer.from(JSON.stringify({ edge, site: SITE, stack, owner: `${stack}/x`, since: "2026-01-01T00:00:00Z", ...more })));

  /** v3 lies on both Edges, readable and beside v1; then the connector's name flips to it. */
  const program =
    (certificate: string, connectors = [OFFICE]): Program =>
    async (declare) => {
      const sources: object[] = [];
      for (const edge of EDGES) {
        const settings = { source: rig().source(certificate), services: ["SMTP"], drain: "never" };
        const { thumbprint } = await declare("Certificate", edge, {
          host: rig().host(edge),
          organization: rig().host("MBX01"),
          ...settings,
        });
        sources.push({ host: rig().host(edge), thumbprint });
      }
      const names = { host: rig().host("MBX01"), tlsCertificateName: rig().tlsName(certificate), sources };
      for (const connector of connectors) await declare("SendConnectorTls", connector, { ...names, connector });
    };
  const nameOf = () => rig().sendConnector(OFFICE).TlsCertificateName;

  it("is taken before the name is set, goes from Edge to Edge, and ends closed", async () => {
    await rig().apply(program("v1"));
    const run = await rig().apply(program("v3"));
    const seen = run.calls
      .filter(({ host, cmdlet, parameters, outcome }) => {
        const file = host === "MBX01" && /^file\.(createNew|write|remove)$/.test(cmdlet) && String(parameters.path).startsWith("windows/");
        return outcome === "ok" && (file || cmdlet === "Set-SendConnector" || cmdlet === "Restart-Service");
      })
      .map(({ host, cmdlet }) => (cmdlet.startsWith("file.") ? `window ${cmdlet.slice(5)}` : `${host} ${cmdlet}`));
    const compact = seen.filter((one, index) => one !== seen[index - 1]);
    assert.deepEqual(compact, [
      "window createNew",
      "MBX01 Set-SendConnector",
      "window write",
      "EDGE01 Restart-Service",
      "window write",
      "EDGE02 Restart-Service",
      "window remove",
    ]);
    assert.deepEqual([nameOf(), rig().leftovers()], [rig().tlsName("v3"), []]);
    await rig().settled(program("v3"));
  });

  it("refuses the flip while another stack has an Edge of the site out of service", async () => {
    await rig().apply(program("v1"));
    open("EDGE02", "other/prod");
    const { text, mutating } = await rig().fails(program("v3"));
    assert.match(text, /\[EDGE_WINDOW_BUSY\] EDGE01 cannot be taken out of service: EDGE02 of site/);
    assert.deepEqual([nameOf(), mutating.filter((call) => /Set-SendConnector|Restart-Service/.test(call))], [rig().tlsName("v1"), []]);
    assert.ok(window(), "the other's window stands");
  });

  it("is given back where the flip breaks off with all Edges in service", async () => {
    await rig().apply(program("v1"));
    process.env.PULUMI_EXCHANGE_FAILPOINT = "EDGE02/restart.before-intent=error";
    await rig().fails(program("v3"));
    delete process.env.PULUMI_EXCHANGE_FAILPOINT;
    assert.equal(window(), undefined);
    const run = await rig().apply(program("v3"));
    assert.deepEqual([run.mutating, rig().leftovers()], [["EDGE02:Restart-Service"], []]);
  });

  it("that a killed flip left keeps nobody out", async () => {
    await rig().apply(program("v1"));
    open("EDGE02", "shop/prod", { flip: "Some other connector" });
    await rig().apply(program("v3"));
    assert.deepEqual(rig().leftovers(), []);
    open("EDGE02", "shop/prod", { flip: OFFICE });
    const [host, organization] = [rig().host("EDGE01"), rig().host("MBX01")];
    const rotation = { host, organization, source: rig().source("web"), services: ["SMTP"] };
    await rig().apply(async (declare) => {
      await program("v3")(declare);
      await declare("Certificate", "rotation", rotation);
    });
    assert.deepEqual(rig().leftovers(), []);
  });
});

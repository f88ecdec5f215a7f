import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import type { CertificateSettings, ConnectionArgs, LoadBalancerArgs } from "../../../provider/resources";
import { EdgeFleet, EdgeTransport } from "../../../provider/resources";
import { keyPem, makeAuthority, makeLeaf, makePfx, type IssuedCertificate } from "../../support/certificates";
import { record, waitsFor, type Registration } from "./recorder";

const COMMAND = "command:remote:Command";
const host = (name: string): ConnectionArgs => ({
  host: `${name}.contoso.com`,
  user: "admin",
  hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
});
const connection = { host: "lb.contoso.com", user: "deploy" };
const loadBalancer: LoadBalancerArgs = {
  takeOut: { connection, create: "lbctl disable", triggers: ["mine"] },
  putIn: { connection, create: "lbctl enable" },
};

describe("a load balancer around an Edge's window", () => {
  let leaf: IssuedCertificate;
  let certificate: CertificateSettings;

  before(async () => {
    leaf = await makeLeaf(await makeAuthority());
    certificate = pem(leaf);
  });

  function pem(issued: IssuedCertificate): CertificateSettings {
    return { source: { certificate: issued.certificate.pem, privateKey: keyPem(issued) }, services: ["SMTP"] };
  }

  async function edge(settings = certificate, config = {}): Promise<Registration[]> {
    const args = { edge: host("edge01"), organization: host("mbx01"), site: "S", mailboxHosts: [host("mbx01")], loadBalancer };
    const { resources } = await record(() => new EdgeTransport("edge", { ...args, certificate: settings }), { config });
    return resources;
  }

  const triggersOf = (resources: Registration[], name: string): unknown =>
    resources.find((resource) => resource.type === COMMAND && resource.name === name)?.inputs.triggers;

  it("is taken out after the copies, put in after the service", async () => {
    const resources = await edge();
    deepStrictEqual(waitsFor(resources, "edge-take-out"), new Set(["edge-mbx01-certificate"]));
    ok(waitsFor(resources, "edge-certificate").has("edge-take-out"));
    ok(waitsFor(resources, "edge-put-in").has("edge-transport"));
  });

  it("runs for a new thumbprint, and puts in whatever it took out", async () => {
    const resources = await edge();
    deepStrictEqual(triggersOf(resources, "edge-take-out"), ["mine", leaf.certificate.thumbprint]);
    deepStrictEqual(triggersOf(resources, "edge-put-in"), ["edge-take-out-id", "edge-transport-revision"]);
  });

  it("keeps the next Edge waiting until this one is put in", async () => {
    const edges = ["edge01", "edge02"].map((name) => ({ edge: host(name), certificate, loadBalancer }));
    const { resources } = await record(() => new EdgeFleet("edges", { organization: host("mbx01"), site: "S", edges }));
    ok(waitsFor(resources, "edges-edge02-take-out").has("edges-edge01-put-in"));
  });

  it("finds the thumbprint in a PFX whose parts are references", async () => {
    const pfx = (await makePfx(leaf, "pfx password")).toString("base64");
    const source = { pfx: { config: "pfx" }, password: { config: "exchange:pfxPassword" } };
    const config = { "project:pfx": pfx, "exchange:pfxPassword": "pfx password" };
    const resources = await edge({ source, services: ["SMTP"] }, config);
    deepStrictEqual(triggersOf(resources, "edge-take-out"), ["mine", leaf.certificate.thumbprint]);
  });

  it("finds the certificate of the key in a file with its chain, whatever the order", async () => {
    const authority = await makeAuthority();
    const issued = await makeLeaf(authority);
    const source = { certificate: authority.certificate.pem + issued.certificate.pem, privateKey: keyPem(issued) };
    deepStrictEqual(triggersOf(await edge({ source, services: ["SMTP"] }), "edge-take-out"), ["mine", issued.certificate.thumbprint]);
  });

  it("is refused for a certificate whose thumbprint nobody can know before", async () => {
    const source = { selfSigned: { domainNames: ["edge01.contoso.com"] } };
    await rejects(edge({ source, services: ["SMTP"] }), /\[NOT_SUPPORTED\] loadBalancer/);
  });

  it("does not exist where none is asked for", async () => {
    const args = { edge: host("edge01"), organization: host("mbx01"), site: "S", certificate };
    const { resources } = await record(() => new EdgeTransport("edge", args));
    strictEqual(resources.filter(({ type }) => type === COMMAND).length, 0);
  });
});

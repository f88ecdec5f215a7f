import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import Module from "node:module";
import os from "node:os";
import path from "node:path";
import * as resources from "../../../provider/resources";
import { makeAuthority, makeLeaf, makePfx } from "../../support/certificates";
import { record, secretText, waitsFor, type Registration } from "./recorder";

const BUILT = path.resolve(__dirname, "..", "..", "..");
const PASSWORD = "pfx password";

type Resolve = (request: string, ...rest: unknown[]) => string;

/** The examples import the package by its name; here that is the build under test. */
function resolvePackageHere(): () => void {
  const loader = Module as unknown as { _resolveFilename: Resolve };
  const original = loader._resolveFilename;
  loader._resolveFilename = (request, ...rest) =>
    request === "pulumi-exchange" ? path.join(BUILT, "provider", "index.js") : original(request, ...rest);
  return () => (loader._resolveFilename = original);
}

/** Runs an example's program from the start, as `pulumi up` would. */
async function runExample(
  file: string,
  config: Record<string, string> = {},
): Promise<{ registered: Registration[]; exported: Record<string, unknown> }> {
  for (const loaded of Object.keys(require.cache)) {
    if (loaded.startsWith(path.join(BUILT, "examples"))) delete require.cache[loaded];
  }

  const run = await record(() => require(path.join(BUILT, "examples", file)) as Record<string, unknown>, { config });
  return { registered: run.resources, exported: run.result };
}

describe("the examples in the documentation", () => {
  const before_ = { cwd: process.cwd(), password: process.env.PFX_PASSWORD };
  let folder: string;
  let restore: () => void;

  before(async () => {
    restore = resolvePackageHere();
    folder = mkdtempSync(path.join(os.tmpdir(), "pulumi-exchange-examples-"));
    mkdirSync(path.join(folder, "certificates"));
    const leaf = await makeLeaf(await makeAuthority());
    writeFileSync(path.join(folder, "certificates", "edge.pfx"), await makePfx(leaf, PASSWORD));
    process.chdir(folder);
    process.env.PFX_PASSWORD = PASSWORD;
  });

  after(() => {
    restore();
    process.chdir(before_.cwd);
    if (before_.password === undefined) delete process.env.PFX_PASSWORD;
    else process.env.PFX_PASSWORD = before_.password;
    rmSync(folder, { recursive: true, force: true });
  });

  const snippets = readdirSync(path.join(BUILT, "examples", "snippets")).filter((file) => file.endsWith(".js"));
  const made = new Set<string>();
  for (const file of snippets) {
    it(`snippet ${file.replace(/\.js$/, ".ts")} runs`, async () => {
      const { registered, exported } = await runExample(path.join("snippets", file));
      ok(Object.keys(exported).length > 0);
      for (const { type } of registered) made.add(type.replace(/^exchange:index:/, ""));
    });
  }

  it("no receive connector stands beside an Edge that does not know of it", async () => {
    // Else the next issuer change meets the old name on the connector and is refused (STARTTLS_NAME_MISSING).
    type Inputs = { host: object; connector: string; receiveConnectors?: { connector: string }[] };
    let followers = 0;
    for (const file of snippets) {
      const { registered } = await runExample(path.join("snippets", file));
      const of = (kind: string): Inputs[] =>
        registered.filter(({ type }) => type === kind).map(({ inputs }) => inputs as unknown as Inputs);
      const watched = of("Certificate").filter(({ receiveConnectors }) => receiveConnectors !== undefined);
      for (const { host, connector } of of("ReceiveConnectorTls")) {
        const certificate = watched.find((one) => JSON.stringify(one.host) === JSON.stringify(host));
        if (!certificate) continue;
        followers++;
        ok(
          certificate.receiveConnectors!.some((one) => one.connector === connector),
          `${file}: "${connector}"`,
        );
      }
    }
    ok(followers > 0, "a snippet shows a connector that follows");
  });

  it("there is one for every class", () => {
    const classes = Object.keys(resources).filter((name) => name !== "ExchangeResource");
    deepStrictEqual(
      classes.filter((name) => name !== "EdgeFleet" && !made.has(name)),
      [],
    );
  });

  it("the quickstart declares both Edges, a copy and the shared connector", async () => {
    const hosts = Object.fromEntries(
      ["EDGE01", "EDGE02", "MBX01"].map((name) => [
        name,
        { host: `${name}.contoso.com`, user: "admin", password: { env: "P" }, hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5" },
      ]),
    );
    const config = { "project:hosts": JSON.stringify(hosts), "project:pfxFile": "certificates/edge.pfx" };
    const { registered, exported } = await runExample("quickstart/index.js", config);
    const last = "edges-send-outbound-to-office-365";
    strictEqual(registered.filter(({ type }) => type === "Certificate").length, 3);
    ok(waitsFor(registered, last).has("edges-edge02-transport"));
    deepStrictEqual(registered.find(({ name }) => name === "edges-edge01-certificate")!.inputs.host, { name: "EDGE01", ...hosts.EDGE01 });
    ok("thumbprints" in exported);
  });

  it("the signed request goes to @pulumi/tls, and its answer to the server", async () => {
    const config = {
      "project:hosts": JSON.stringify({
        MBX01: { host: "mbx01.contoso.com", user: "admin", password: { env: "P" }, hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5" },
      }),
      "project:caCertificate": "the authority's certificate",
      "project:caKey": "the authority's key",
    };
    const { registered } = await runExample("signed-request/index.js", config);
    const signed = registered.find(({ type }) => type === "tls:index/locallySignedCert:LocallySignedCert")!;
    deepStrictEqual(signed.inputs.allowedUses, ["digital_signature", "key_encipherment", "server_auth"]);
    strictEqual(secretText(signed.inputs.caPrivateKeyPem), "the authority's key");
    ok(waitsFor(registered, "mail").has("mail-1"), "the certificate waits for the request and its answer");
    const { source } = registered.find(({ name }) => name === "mail")!.inputs as { source: { chain: string } };
    strictEqual(source.chain, "the authority's certificate");
  });

  it("the quickstart says which server is missing", async () => {
    const config = { "project:hosts": '{"EDGE01":{"host":"e"}}', "project:pfxFile": "x" };
    const error = await runExample("quickstart/index.js", config).then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    ok(error?.message.includes("EDGE02"), String(error));
  });
});

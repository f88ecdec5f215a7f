/** examples/signed-request on the real engine: with an authority of the test's own, and with @pulumi/tls where its plugin is there. */
import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { findProgram } from "../../lab/interop/programs";
import { isNoOp, named, stepsOf, storyForAll, type Story } from "../support/engine";
import { keyPem, makeAuthority, type Authority } from "../support/certificates";
import { skipUnless } from "../support/skip";
import { example, passwords } from "../support/stories/examples";
import { assertReadmePlan, assertReadmePreview } from "../support/stories/readme";

const HOST = "MBX01";
const hasPlugin = findProgram("pulumi-resource-tls") !== undefined;

describe("examples/signed-request", () => {
  const story = storyForAll();
  let authority: Authority;
  const signed = new Map<string, string>();
  before(async () => {
    authority = await makeAuthority("CN=Contoso Issuing CA, O=Contoso, C=US");
  });

  /** What `authority.ts` does with @pulumi/tls: one answer a request, kept as state would keep it. */
  const own = () => ({
    caCertificate: authority.certificate.pem,
    sign: (_name: string, csr: pulumi.Output<string>) =>
      csr.apply((text) => {
        const answer = signed.get(text) ?? authority.signRequest(text, { notAfter: new Date(Date.now() + 365 * 86_400_000) }).pem;
        signed.set(text, answer);
        return answer;
      }),
  });
  const program = () => example("signed-request", story().lab, {}, { authority: own() });
  const options = () => ({ env: passwords(story().lab) });

  it("the first preview asks no server, though the request is not known yet", async () => {
    const preview = await story().preview(program(), options());
    assert.ok(preview.ok, preview.output);
    assert.deepEqual(preview.seen.calls, []);
    assert.match(preview.diagnostics, /\[MBX01\] first deployment: MBX01 makes a key and a request for CN=mail\.contoso\.com/);
    assertReadmePreview("signed-request", preview.output);
  });

  it("one up: the server makes the key, the answer is installed with it", async () => {
    const before = story().server(HOST).defaultThumbprint;
    const up = await story().up(program(), options());
    assert.ok(up.ok, up.output);
    await assertInstalled(story(), String(up.outputs.thumbprint));
    assert.equal(story().server(HOST).defaultThumbprint, before);
    assert.deepEqual(named(up.seen.mutating).slice(0, 2), [`${HOST}:New-ExchangeCertificate`, `${HOST}:chain.import`]);
    assert.ok(!story().stack.stateFile().includes("PRIVATE KEY"));
    assertReadmePlan("signed-request", story().stack);
  });

  it("again: nothing to do, no drift", async () => {
    const again = await story().up(program(), options());
    assert.ok(isNoOp(again), again.output);
    assert.deepEqual(again.seen.mutating, []);
    assert.ok(isNoOp(await story().refresh(options())));
  });

  it("the next edition is a new request and a new certificate; the old one goes", async () => {
    const old = String(story().stack.outputs("mail").thumbprint);
    await story().stack.stack.setConfig("edition", { value: "2" });
    const preview = await story().preview(program(), options());
    assert.ok(stepsOf(preview).includes("create mail-2"), stepsOf(preview).join());
    const up = await story().up(program(), options());
    assert.ok(up.ok, up.output);
    assert.notEqual(up.outputs.thumbprint, old);
    await assertInstalled(story(), String(up.outputs.thumbprint));
    assert.ok(!story().installed(HOST).includes(old), "the replaced certificate is removed");
  });
});

skipUnless(hasPlugin, "the plugin pulumi-resource-tls is not on PATH").describe("examples/signed-request with @pulumi/tls", () => {
  const story = storyForAll();

  it("the authority's key is a secret of the stack", async () => {
    const authority = await makeAuthority("CN=Contoso Issuing CA, O=Contoso, C=US");
    const { stack } = story().stack;
    await stack.setConfig("caCertificate", { value: authority.certificate.pem });
    await stack.setConfig("caKey", { value: keyPem(authority), secret: true });
    const program = example("signed-request", story().lab);
    const up = await story().up(program, { env: passwords(story().lab) });
    assert.ok(up.ok, up.output);
    await assertInstalled(story(), String(up.outputs.thumbprint));
    assert.ok(isNoOp(await story().up(program, { env: passwords(story().lab) })));
  });
});

function assertInstalled(story: Story, thumbprint: string): Promise<void> {
  const installed = story.server(HOST).certificates.find((one) => one.thumbprint === thumbprint);
  assert.ok(installed, `${thumbprint} is not installed on ${HOST}`);
  assert.ok(
    ["IIS", "SMTP"].every((service) => installed.services.includes(service)),
    installed.services.join(),
  );
  return Promise.resolve();
}

/** A replacement that broke off leaves the old certificate in state until its deletion: a refresh has nothing to say of it. */
import assert from "node:assert/strict";
import type { Json, JsonObject } from "../../../provider/base/json";
import { createContext, handlers } from "../../../provider/handlers";
import { closeAll } from "../../../provider/remote/sessions";
import { rigForEach } from "../../support/stories/rig";

describe("a certificate that waits for its deletion", () => {
  const rig = rigForEach(() => ({ scenario: "contoso" }));
  const program = (name: string, connector?: string) => async (declare: (kind: string, name: string, args: object) => Promise<unknown>) => {
    const host = rig().host("MBX01");
    await declare("Certificate", "mail", { host, source: rig().source(name), services: ["SMTP"], defaultSmtp: "replace" });
    if (connector) await declare("SendConnectorTls", "send", { host, connector, requireTls: true });
  };

  /** What the engine asks for at a refresh: read, then diff of what was read with the old inputs; a second diff is the next `up`. */
  async function refreshed(id: string, outs: JsonObject): Promise<[refresh: string[], up: string[]]> {
    const lines: string[] = [];
    const ctx = { ...createContext(), note: (line: string) => void lines.push(line) };
    try {
      const { props } = await handlers.Certificate.read(ctx, id, outs);
      assert.equal(props?.isDefaultSmtp, false, "seen as it is");
      await handlers.Certificate.diff(ctx, id, props, outs);
      const refresh = lines.splice(0);
      const diff = await handlers.Certificate.diff(ctx, id, props, outs);
      assert.equal(diff.changes, true, "what lives again is mended all the same");
      return [refresh, lines];
    } finally {
      await closeAll();
    }
  }

  it("is no drift where its successor is the owner's present one", async () => {
    await rig().apply(program("v1"));
    const { id, outs } = rig().engine.state.resources.mail;
    await rig().fails(program("v2", "Outbound to nowhere"));
    assert.deepEqual(
      rig().engine.state.pendingDeletes.map((one) => one.resource.id as Json),
      [id],
    );
    const [refresh, up] = await refreshed(id, outs);
    assert.deepEqual(refresh, []);
    assert.match(up.join("\n"), /drift: .* no longer the default/);
  });

  it("is drift where somebody else made another one the default", async () => {
    await rig().apply(program("v1"));
    const { id, outs } = rig().engine.state.resources.mail;
    const setup = rig()
      .server("MBX01")
      .certificates.find(({ subject }) => subject === "CN=MBX01")!.thumbprint;
    await rig().control.operator("MBX01", "Enable-ExchangeCertificate", { Thumbprint: setup, Services: "SMTP", Force: true });
    const [refresh] = await refreshed(id, outs);
    assert.match(refresh.join("\n"), /drift: .* no longer the default/);
  });
});

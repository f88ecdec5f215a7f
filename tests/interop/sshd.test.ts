/** The provider against OpenSSH's sshd, with the simulated PowerShell as a program on the host's PATH. */
import assert from "node:assert/strict";
import { AGENT_COMMAND } from "../../provider/remote/command";
import { control, until } from "../support/lab";
import { RealContoso, passwordMissing, sshdMissing, type RealContosoOptions } from "../support/interop/contoso";
import { EDGES, Rotation, SHARED_CONNECTOR } from "../support/interop/rotation";
import { quietly } from "../support/interop/output";
import { skipUnless } from "../support/skip";

const ONE_EACH = { MBX01: 1, EDGE01: 1, EDGE02: 1 };
/** Four channels at once would be refused, were forwardings sessions; connections that overlap are dropped early. */
const STRICT = ["MaxSessions 1", "MaxStartups 3"];

quietly();

/** v1 is adopted, v2 rotated in, a second run changes nothing. */
async function wholeRotation(options: RealContosoOptions): Promise<void> {
  const real = await RealContoso.open(options);
  try {
    const { history, state } = control(real.lab);
    const mutating = async (): Promise<number> => (await history()).filter((call) => call.mutating).length;
    const stack = new Rotation(real.contoso);
    await stack.up(real.certificate("v1"));
    assert.equal(await mutating(), 0, "the first deployment adopts");
    await stack.up(real.certificate("v2"));
    const made = await mutating();
    assert(made > 0);
    await stack.up(real.certificate("v2"));
    assert.equal(await mutating(), made, "nothing is pending");

    const { thumbprint } = stack.state.get("EDGE01-certificate")!.outs;
    const now = await state();
    for (const name of EDGES) {
      const edge = now.servers.find((server) => server.name === name)!;
      const doors = [edge.defaultThumbprint, edge.transportThumbprint, edge.ldapsThumbprint];
      assert.deepEqual(doors, [thumbprint, thumbprint, thumbprint], name);
      assert.equal((edge.services as Record<string, string>).MSExchangeTransport, "Running");
    }
    const connectors = now.sendConnectors as { Name: string; TlsCertificateName: string }[];
    const { tlsCertificateName } = stack.state.get("EDGE01-certificate")!.outs;
    assert.equal(connectors.find(({ Name }) => Name === SHARED_CONNECTOR)!.TlsCertificateName, tlsCertificateName);

    await until("sshd's logs are written", () => Object.values(real.connections()).every((count) => count > 0));
    assert.deepEqual(real.connections(), ONE_EACH, "one SSH connection a host");
    assert.deepEqual(real.processes(), ONE_EACH, "one PowerShell a host");
    const starts = [...real.hosts.values()].flatMap(({ agent }) => agent.starts);
    assert(starts.every(({ command }) => command === AGENT_COMMAND));
    console.log(`      figure: connections and processes through real sshd: ${JSON.stringify(real.processes())}`);
  } finally {
    await real.close();
  }
}

skipUnless(sshdMissing === undefined, sshdMissing ?? "").describe("rotation through real sshd", () => {
  it("with a key, MaxSessions 1 and MaxStartups 3", () => wholeRotation({ settings: STRICT }));
});

skipUnless(passwordMissing === undefined, passwordMissing ?? "").describe("rotation through real sshd with a password", () => {
  it("and a greeting before the JSON", () =>
    wholeRotation({ logon: "password", settings: STRICT, greeting: 'Willkommen! { "kein": json\nLast logon: yesterday ’' }));
});

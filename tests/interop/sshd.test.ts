/** The provider against OpenSSH's sshd, with the simulated PowerShell as a program on the host's PATH. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AGENT_COMMAND } from "../../provider/remote/command";
import { control, until } from "../support/lab";
import { RealContoso, passwordMissing, sshdMissing, type RealContosoOptions } from "../support/interop/contoso";
import { EDGES, Rotation, SHARED_CONNECTOR } from "../support/interop/rotation";
import { quietly } from "../support/interop/output";
import { Hunt } from "../support/canary/hunt";
import { skipUnless } from "../support/skip";

const ONE_EACH = { MBX01: 1, EDGE01: 1, EDGE02: 1 };
/** Four channels at once would be refused, were forwardings sessions; connections that overlap are dropped early. */
const STRICT = ["MaxSessions 1", "MaxStartups 3"];

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
    await noSecrets(real);
    console.log(`      figure: connections and processes through real sshd: ${JSON.stringify(real.processes())}`);
  } finally {
    await real.close();
  }
}

/** Neither in sshd's log nor on a command line, nor in what the lab keeps, nor in a file but the logon key's own. */
async function noSecrets(real: RealContoso): Promise<void> {
  const hunt = new Hunt();
  const { password } = real.account;
  if (password !== undefined) hunt.plant("SSH password", password);
  for (const name of ["v1", "v2"]) hunt.plant("PFX password", real.certificate(name).password);
  for (const { ssh } of real.lab.ready.hosts) hunt.plant("Exchange credential", ssh.password);
  for (const line of real.key.privateKey.split("\n").slice(2, -3)) hunt.plant("SSH key", line);
  for (const [name, { sshd, agent }] of real.hosts) {
    hunt.search(`log:${name}`, sshd.log());
    for (const { command } of agent.starts) hunt.search(`argv:${name}`, command);
  }
  const { state, history } = control(real.lab);
  hunt.search("lab:history", JSON.stringify(await history()));
  hunt.search("lab:state", JSON.stringify(await state()));
  const ours = new Set(["logon", "node"]);
  for (const entry of readdirSync(real.folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && !ours.has(entry.name)) hunt.search(`file:${entry.name}`, readFileSync(join(entry.parentPath, entry.name)));
  }
  assert.deepEqual(hunt.hits, []);
  console.log(
    `      figure: secrets in logs, argv and files of real sshd: ${hunt.canaryCount} searched in ${hunt.placeCount} places, ${hunt.hits.length} found`,
  );
}

skipUnless(sshdMissing === undefined, sshdMissing ?? "").describe("rotation through real sshd", () => {
  quietly();
  it("with a key, a jump host, MaxSessions 1 and MaxStartups 3", () => wholeRotation({ settings: STRICT, jump: true }));

  it("that forwards nothing is refused before anything is changed", async () => {
    const real = await RealContoso.open({ settings: ["AllowTcpForwarding no"] });
    try {
      await assert.rejects(new Rotation(real.contoso).up(real.certificate("v2")), /\[FORWARDING_REFUSED\]/);
      const mutating = (await control(real.lab).history()).filter((call) => call.mutating);
      assert.deepEqual(
        mutating.map(({ host, cmdlet }) => `${host}:${cmdlet}`).filter((one) => !one.startsWith("MBX01:")),
        [],
      );
    } finally {
      await real.close();
    }
  });

  it("that is cut in the middle, and finished by the next run", async () => {
    const real = await RealContoso.open({ settings: STRICT });
    try {
      const { fault, clearFaults, state } = control(real.lab);
      const stack = new Rotation(real.contoso);
      await stack.up(real.certificate("v1"));
      const cuts = [
        { host: "EDGE01", cmdlet: "Import-ExchangeCertificate", at: "after", kind: "disconnect" },
        { host: "MBX01", cmdlet: "New-EdgeSubscription", at: "reply", kind: "kill" },
        { host: "EDGE02", cmdlet: "Restart-Service", at: "before", kind: "disconnect" },
      ] as const;
      for (const cut of cuts) await fault(cut);
      // what is lost in the middle is read back at once, or by the next run
      for (const _cut of cuts) {
        await stack.up(real.certificate("v2")).catch((error: Error) => assert.match(error.message, /CONNECTION_LOST|AGENT_PROTOCOL/));
      }
      assert.deepEqual(
        real.lab.faults.list().map(({ hit }) => hit),
        [1, 1, 1],
      );
      await clearFaults();
      assert.deepEqual(real.processes(), { MBX01: 2, EDGE01: 2, EDGE02: 2 }, "each was started once more");
      await stack.up(real.certificate("v2"));
      const { thumbprint } = stack.state.get("EDGE01-certificate")!.outs;
      for (const { name, transportThumbprint, ldapsThumbprint } of (await state()).servers) {
        if (name.startsWith("EDGE")) assert.deepEqual([transportThumbprint, ldapsThumbprint], [thumbprint, thumbprint], name);
      }
    } finally {
      await real.close();
    }
  });
});

skipUnless(passwordMissing === undefined, passwordMissing ?? "").describe("rotation through real sshd with a password", () => {
  quietly();
  it("and a greeting before the JSON", () =>
    wholeRotation({ logon: "password", settings: STRICT, greeting: 'Willkommen! { "kein": json\nLast logon: yesterday ’' }));
});

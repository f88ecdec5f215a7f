/** Changed connections: a password alone, together with a rotation, and a connection that leads elsewhere. */
import assert from "node:assert/strict";
import { adopted, fleet, hostsOf, inService, isNoOp, named, nameOf, storyForAll, type ConnectionChanges } from "../support/engine";

describe("a password changed in the connection", () => {
  const story = storyForAll();
  const program = (certificate: string, hosts: ConnectionChanges = {}) => fleet(story().lab, { certificate, hosts });

  /** An administrator gives the account of a host another password. */
  function changePassword(host: string, password: string): ConnectionChanges {
    story().lab.hosts.get(host)!.host.account.password = password;
    story().lab.ready.hosts.find(({ name }) => name === host)!.ssh.password = password;
    return { [host]: { password } };
  }

  it("W8 alone: state keeps the new one, the servers are asked only for their names", async () => {
    await adopted(story(), program("v1"));
    const revisions = story()
      .stack.resources()
      .map(({ outputs }) => outputs?.revision);
    const hosts = changePassword("EDGE01", "Another-password-1");
    const up = await story().up(program("v1", hosts));
    assert.ok(up.ok, up.output);
    assert.deepEqual(named(up.seen.mutating), []);
    assert.deepEqual(
      story()
        .stack.resources()
        .map(({ outputs }) => outputs?.revision),
      revisions,
      "nothing was done, so no new revision",
    );
    const touched = up.operations.map(({ name }) => name).filter((name) => name.startsWith("edges-"));
    assert.ok(touched.includes("edges-edge01-certificate") && !touched.includes("edges-edge02-certificate"), touched.join());
    const again = await story().up(program("v1"));
    assert.ok(isNoOp(again), again.output);
  });

  it("W8 the old password is refused in words, without the password", async () => {
    const up = await story().up(program("v1", { EDGE01: { password: "Yesterdays-password" } }));
    assert.equal(up.ok, false);
    assert.match(up.output, /\[LOGIN_FAILED\] EDGE01 \(127\.0\.0\.1:\d+\) refused Administrator .* Hint:/);
    assert.ok(!up.output.includes("Yesterdays-password"));
    assert.deepEqual(named(up.seen.mutating), []);
  });

  it("W8 with a rotation: one run does both, its deletes use the new password", async () => {
    for (const host of ["EDGE01", "EDGE02", "MBX01"]) changePassword(host, `Third-password-${host}`);
    const up = await story().up(program("v2"));
    assert.ok(up.ok, up.output);
    for (const edge of ["EDGE01", "EDGE02"]) inService(story(), edge, story().thumbprint("v2"));
    assert.deepEqual(up.seen.connectionsOf, { MBX01: 1, EDGE01: 1, EDGE02: 1 });
    const again = await story().up(program("v2"));
    assert.ok(isNoOp(again), again.output);
  });

  it("W8 a connection that leads to another server is refused: nothing is changed", async () => {
    const { host, port, password, hostKey } = hostsOf(story().lab).EDGE02;
    const up = await story().up(program("v2", { EDGE01: { host, port, password, hostKey } }));
    assert.equal(up.ok, false);
    assert.match(up.output, /\[HOST_IS_ANOTHER_SERVER\] The connections for EDGE01 and EDGE02 both lead to edge02\.contoso\.com\. Hint:/);
    assert.deepEqual(named(up.seen.mutating), []);
  });

  it("W8 a dead host need not block a destroy: onUnreachable forget leaves it as it is", async () => {
    const declared = await story().up(fleet(story().lab, { certificate: "v2", settings: { onUnreachable: "forget" } }));
    assert.ok(declared.ok, declared.output);
    assert.deepEqual(named(declared.seen.mutating), []);
    await story().lab.hosts.get("EDGE02")!.ssh.close();
    const destroy = await story().destroy();
    assert.ok(destroy.ok, destroy.output);
    assert.match(destroy.diagnostics, /EDGE02 cannot be reached; its part of the stack is forgotten and left as it is/);
    assert.deepEqual([story().stack.resources().map(nameOf), named(destroy.seen.mutating)], [[], []]);
  });
});

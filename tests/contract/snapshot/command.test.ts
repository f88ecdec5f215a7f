import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { connect } from "node:tls";
import { join } from "node:path";
import { originalOf } from "../../../provider/pki";
import type { Snapshot } from "../../../provider/cli/snapshot/take";
import { labForAll, startTestLab } from "../../support/lab";
import { cli, connection, folder, hostsFile, mutations, removeFolders } from "../cli/support";

describe("npx pulumi-exchange snapshot", function () {
  this.timeout(60_000);
  const lab = labForAll(() => ({ scenario: "single-edge" }));
  after(removeFolders);

  it("writes a scenario without a key or a secret, and lists what could not be read", async () => {
    lab().organisation.files("EDGE01").set("subscription.xml", Buffer.from("<ESRAPassword>never copied</ESRAPassword>"));
    const file = join(await folder(), "organisation.json");
    const { code, out, err } = await cli(["snapshot", "--hosts", await hostsFile(lab()), "-o", file]);
    assert.equal(code, 0, out + err);
    assert.match(out, /2 servers, \d+ certificates, \d+ send connectors, 1 subscription, 0 records\. No key and no secret is in it\./);
    const text = await readFile(file, "utf8");
    assert.doesNotMatch(text, /never copied|PRIVATE KEY|ESRAPassword/);
    for (const { ssh } of lab().ready.hosts) assert.ok(!text.includes(ssh.password));
    assert.equal(await mutations(lab()), 0);

    const copy = await startTestLab({ scenario: file });
    const edge = copy.ready.hosts.find(({ role }) => role === "Edge")!;
    const presented = await leafOf(edge.ldaps!.port);
    const { ldaps } = (JSON.parse(text) as Snapshot).copy.servers.EDGE01;
    const meant = originalOf(presented);
    assert.ok(meant && !meant.equals(presented), "a look-alike that names its original");
    assert.equal(meant.toString("base64"), (JSON.parse(text) as Snapshot).copy.certificates[ldaps!]);
    assert.ok(copy.ready.copiedAt);
    await copy.close();
  });

  it("writes a file for bug reports with --anonymise", async () => {
    const file = join(await folder(), "organisation.json");
    const { code, out, err } = await cli(["snapshot", "--hosts", await hostsFile(lab()), "-o", file, "--anonymise"]);
    assert.equal(code, 0, out + err);
    assert.match(out, /^Names, thumbprints and keys are made up/m);
    const text = await readFile(file, "utf8");
    assert.equal((JSON.parse(text) as Snapshot).copy.anonymised, true);
    for (const { fqdn } of lab().ready.hosts) assert.ok(!text.toLowerCase().includes(fqdn.slice(fqdn.indexOf("."))), fqdn);
    const copy = await startTestLab({ scenario: file });
    assert.equal(copy.ready.hosts.length, lab().ready.hosts.length);
    await copy.close();
  });

  it("copies the others when a server cannot be entered, and ends with 1", async () => {
    const file = join(await folder(), "organisation.json");
    const hosts = await hostsFile(lab(), { EDGE01: { ...connection(lab(), "EDGE01"), password: "not this one" } });
    const { code, out } = await cli(["snapshot", "--hosts", hosts, "-o", file]);
    assert.equal(code, 1, out);
    assert.match(out, /^not read: EDGE01: the server: \[LOGIN_FAILED\]/m);
    assert.ok(!out.includes("not this one"));
    const copy = await startTestLab({ scenario: file });
    assert.deepEqual(
      copy.ready.hosts.map(({ name }) => name),
      ["MBX01"],
    );
    await copy.close();
  });

  it("ends with 2 and a hint without a Mailbox server", async () => {
    const file = join(await folder(), "organisation.json");
    const { code, err } = await cli(["snapshot", "--hosts", await hostsFile(lab(), { MBX01: null }), "-o", file]);
    assert.equal(code, 2);
    assert.match(err, /\[INVALID_ARGUMENT\] No Mailbox server[\s\S]*Hint: Name the Edges/);
  });
});

function leafOf(port: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()!.raw);
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

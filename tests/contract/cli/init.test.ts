import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { labForAll, startTestLab } from "../../support/lab";
import { cli, folder, hostsFile, mutations, removeFolders } from "./support";

describe("init", function () {
  this.timeout(60_000);
  const lab = labForAll(() => ({ scenario: "msxfaq" }));
  after(removeFolders);

  it("writes a project without a secret, and lists what a person must decide", async () => {
    const out = join(await folder(), "project");
    const { code, out: said, err } = await cli(["init", "--hosts", await hostsFile(lab()), "--out", out]);
    assert.equal(code, 1, said + err);
    assert.match(said, / 0 Edges, 1 certificate of Mailbox servers, 1 connector, the hybrid configuration\.\n/);
    assert.match(said, /^to decide: EDGE1 is left out: a send connector names <I>CN=DigiCert Secure Server CA/m);
    assert.match(said, /^Then: set \w+_PASSWORD(, \w+_PASSWORD)*, and run pulumi up$/m);
    const files = await readdir(out, { recursive: true });
    for (const file of ["Pulumi.yaml", "package.json", "tsconfig.json", "hosts.json", "index.ts", "README.md", ".gitignore"])
      assert.ok(files.includes(file), file);
    for (const file of files.filter((one) => one.includes("."))) {
      const text = await readFile(join(out, file), "utf8");
      for (const { ssh } of lab().ready.hosts) assert.ok(!text.includes(ssh.password), file);
    }
    assert.equal(await mutations(lab()), 0);

    const again = await cli(["init", "--hosts", await hostsFile(lab()), "--out", out]);
    assert.equal(again.code, 2);
    assert.match(again.err, /\[INVALID_ARGUMENT\] The folder .* is not empty\./);
  });

  it("a file that a connection refers to is found from the project's folder", async () => {
    const beside = await folder();
    const all = lab().ready.hosts.map(({ name, ssh: { host, port, user } }) => [
      name,
      { host, port, user, password: { file: `${name}.txt` }, knownHosts: { file: "known_hosts" } },
    ]);
    for (const { name, ssh } of lab().ready.hosts) await writeFile(join(beside, `${name}.txt`), `${ssh.password}\n`);
    const known = lab().ready.hosts.map(({ ssh: { host, port, hostKey } }) => `[${host}]:${port} ${hostKey}\n`);
    await writeFile(join(beside, "known_hosts"), known.join(""));
    await writeFile(join(beside, "hosts.json"), JSON.stringify(Object.fromEntries(all)));
    const written = await cli(["init", "--hosts", "hosts.json", "--out", "project"], {}, beside);
    assert.equal(written.code, 1, written.out + written.err);

    const read = await cli(["report", "--hosts", "hosts.json"], {}, join(beside, "project"));
    assert.equal(read.code, 0, read.out + read.err);
  });

  it("leaves out an Edge whose journal nobody can read", async () => {
    const own = await startTestLab({ scenario: "single-edge" });
    own.organisation.files("EDGE01").set("journal.jsonl", Buffer.from('damaged\n{"type":"close","reason":"finished"}\n'));
    const { code, out, err } = await cli(["init", "--hosts", await hostsFile(own), "--out", join(await folder(), "project")]);
    await own.close();
    assert.equal(code, 1, out + err);
    assert.match(out, /^to decide: EDGE01 is left out: a rotation of it is open/m);
  });

  it("says where the certificate of a subscription cannot be read", async () => {
    const own = await startTestLab({ scenario: "single-edge" });
    const { organisation } = own;
    const read = organisation.internalCertificate.bind(organisation);
    organisation.internalCertificate = (host, server) => (server === undefined ? read(host) : null);
    const { code, out, err } = await cli(["init", "--hosts", await hostsFile(own), "--out", join(await folder(), "project")]);
    await own.close();
    assert.equal(code, 1, out + err);
    assert.match(out, /^to decide: EDGE01 is left out: the certificate that its subscription binds cannot be read/m);
  });
});

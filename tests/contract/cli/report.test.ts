import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { control, labForAll } from "../../support/lab";
import type { Report } from "../../../provider/cli/report/model";
import { cli, ended, folder, hostsFile, mutations, removeFolders, startCli, thumbprintOf } from "./support";

describe("report", function () {
  this.timeout(30_000);
  const lab = labForAll();
  after(removeFolders);

  it("lists every certificate with its use and days left, and changes nothing", async () => {
    const { code, out, err } = await cli(["report", "--hosts", await hostsFile(lab()), "--json"]);
    assert.equal(code, 0, err);
    const report = JSON.parse(out) as Report;
    const v1 = await thumbprintOf(lab(), "v1");
    const edge = report.rows.find((row) => row.host === "EDGE01" && row.thumbprint === v1)!;
    assert.deepEqual(
      { services: edge.services, isDefault: edge.isDefault, connectors: edge.connectors, daysLeft: edge.daysLeft, light: edge.light },
      { services: ["SMTP"], isDefault: true, connectors: ["Outbound to Office 365"], daysLeft: 9, light: "red" },
    );
    assert.equal(report.rows.find((row) => row.host === "MBX01" && row.thumbprint === v1)!.isDefault, false);
    assert.deepEqual(report.hosts.map((host) => host.name).sort(), ["EDGE01", "EDGE02", "MBX01"]);
    const ends = report.rows.map((row) => row.notAfter);
    assert.deepEqual(ends, [...ends].sort());
    assert.equal(await mutations(lab()), 0);
  });

  it("reads what http.sys is bound to; an agent that cannot say it makes a doubt of it", async () => {
    const uses = async (subject: string): Promise<string[]> => {
      const { out } = await cli(["report", "--hosts", await hostsFile(lab()), "--json"]);
      const rows = (JSON.parse(out) as Report).rows.filter((row) => row.host === "MBX01");
      return rows.find((row) => row.subject.includes(subject))!.uses;
    };
    const wmsvc = "CN=WMSvc";
    assert.deepEqual(await uses(wmsvc), []);
    await control(lab()).toggles({ agentOperations: "before" });
    assert.deepEqual(await uses(wmsvc), ["not known: IIS binding"]);
    await control(lab()).toggles({ agentOperations: "all" });
  });

  it("takes the lab's ready line as a hosts file, and counts from --now", async () => {
    const file = join(await folder(), "lab.json");
    await writeFile(file, JSON.stringify(lab().ready));
    const { code, out, err } = await cli(["report", "--hosts", file, "--now", "2060-01-01T00:00:00Z"]);
    assert.equal(code, 0, err);
    assert.match(out, /^expired +EDGE01 +CN=mail\.contoso\.com .* expired \d+ days ago$/m);
    assert.match(out, /0 red .* 0 yellow .* 0 green/);
  });

  it("writes a page that loads nothing, and a calendar", async () => {
    const made = await folder();
    const [html, ics] = [join(made, "report.html"), join(made, "report.ics")];
    const { code, err } = await cli(["report", "--hosts", await hostsFile(lab()), "--html", html, "--ics", ics]);
    assert.equal(code, 0, err);
    const page = await readFile(html, "utf8");
    assert.match(page, /default-src 'none'/);
    assert.match(page, /<svg[\s\S]*EDGE01 CN=mail\.contoso\.com/);
    assert.doesNotMatch(page, /<script|src=|href=|url\(/i);
    const calendar = await readFile(ics, "utf8");
    const v1 = await thumbprintOf(lab(), "v1");
    assert.equal(calendar.match(new RegExp(`UID:${v1.toLowerCase()}`, "g"))?.length, 1);
  });

  it("reports the other hosts when one cannot be reached, and ends with 2", async () => {
    const hosts = await hostsFile(lab(), { EDGE02: { port: 1 } });
    const { code, out } = await cli(["report", "--hosts", hosts]);
    assert.equal(code, 2);
    assert.match(out, /^red +EDGE01/m);
    assert.match(out, /not read: EDGE02: \[HOST_UNREACHABLE\]/);
  });

  it("ends with 3 when something in use is due, unless it is ignored", async () => {
    const hosts = await hostsFile(lab());
    const v1 = await thumbprintOf(lab(), "v1");
    const report = (...flags: string[]) => cli(["report", "--hosts", hosts, ...flags]);
    assert.equal((await report("--fail-under", "9")).code, 0);
    assert.equal((await report("--fail-under", "1/6")).code, 3);
    const list = join(await folder(), "ignored.txt");
    await writeFile(list, `# replaced in December\n${v1.toLowerCase().replace(/(..)(?=.)/g, "$1:")}  # mail.contoso.com\n`);
    const silent = await report("--fail-under", "10", "--ignore-file", list, "--ignore", "F".repeat(40));
    assert.equal(silent.code, 0, silent.err);
    assert.match(silent.out, /^ignored +EDGE01 +CN=mail\.contoso\.com/m);
    assert.match(silent.err, /FFFF: no host has this certificate/);
    const wrong = await report("--fail-under", "soon");
    assert.equal(wrong.code, 2);
    assert.equal((await report("--ignore", "v1")).code, 2);
  });

  it("says 3 even beside a host that cannot be read", async () => {
    const hosts = await hostsFile(lab(), { EDGE02: { port: 1 } });
    assert.equal((await cli(["report", "--hosts", hosts, "--fail-under", "10"])).code, 3);
  });

  it("ends as it would when its reader goes away", async () => {
    const child = startCli(["report", "--hosts", await hostsFile(lab()), "--fail-under", "10"]);
    child.stdout!.destroy();
    const { code, err } = await ended(child);
    assert.equal(code, 3, err);
    assert.doesNotMatch(err, /EPIPE/);
  });

  it("never prints a password, whatever is wrong", async () => {
    const hosts = await hostsFile(lab(), { EDGE01: { password: "canary-of-a-password" } });
    const { code, out, err } = await cli(["report", "--hosts", hosts, "--json"]);
    assert.equal(code, 2);
    assert.match(out, /LOGIN_FAILED/);
    assert.ok(!`${out}${err}`.includes("canary-of-a-password"));
  });

  it("refuses hosts without host keys, a wrong date and a file that it cannot write", async () => {
    const unpinned = await cli(["report", "--hosts", await hostsFile(lab(), { EDGE01: { hostKey: undefined } })]);
    assert.equal(unpinned.code, 2);
    assert.match(unpinned.err, /\[HOST_KEY_REQUIRED\] .*EDGE01 needs hostKey or knownHosts/);
    const dated = await cli(["report", "--hosts", await hostsFile(lab()), "--now", "tomorrow"]);
    assert.equal(dated.code, 2);
    const calls = lab().history.entries.length;
    for (const [option, file, why] of [
      ["--html", join(await folder(), "none", "r.html"), /cannot be written \(ENOENT\)/],
      ["--ics", await folder(), /cannot be written \(EISDIR\)/],
    ] as const) {
      const unwritable = await cli(["report", "--hosts", await hostsFile(lab()), option, file]);
      assert.equal(unwritable.code, 2);
      assert.match(unwritable.err, why);
    }
    assert.equal(lab().history.entries.length, calls, "refused before any server is asked");
  });
});

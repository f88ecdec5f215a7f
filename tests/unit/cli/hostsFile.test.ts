import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ExchangeError } from "../../../provider/base/errors";
import { hostNamed, parseHosts, readHosts } from "../../../provider/cli/hostsFile";

const EDGE = { host: "edge01.contoso.com", user: "admin", password: { env: "EDGE_PASSWORD" }, hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5" };

function refusal(work: () => unknown): ExchangeError {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof ExchangeError, String(error));
    return error;
  }
  return assert.fail("was accepted");
}
const parsed = (value: unknown): ReturnType<typeof parseHosts> => parseHosts(JSON.stringify(value), "hosts.json");

describe("hosts file", () => {
  it("finds hosts by name whatever the case, and gives them their name", () => {
    const hosts = parsed({ Edge01: EDGE });
    assert.deepEqual(hostNamed(hosts, "eDGE01", "hosts.json"), { name: "Edge01", ...EDGE });
    assert.match(refusal(() => hostNamed(hosts, "EDGE09", "hosts.json")).sentence, /EDGE09; it names EDGE01/);
  });

  it("reads the ready line of a lab", () => {
    const ssh = { host: "127.0.0.1", port: 4022, user: "Administrator", password: "secret", hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5" };
    const hosts = parsed({ ready: true, control: "http://127.0.0.1:1", hosts: [{ name: "EDGE01", fqdn: "edge01", ssh }] });
    assert.deepEqual(hosts.get("EDGE01"), { name: "EDGE01", ...ssh });
  });

  it("reads what Windows PowerShell 5.1 makes of `lab > lab.json`", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hosts-"));
    const file = join(folder, "lab.json");
    const ssh = { host: "127.0.0.1", port: 4022, user: "Administrator", password: "secret", hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5" };
    const line = JSON.stringify({ ready: true, hosts: [{ name: "EDGE01", fqdn: "edge01", ssh }] });
    writeFileSync(file, Buffer.from(`\uFEFF${line}\r\n`, "utf16le"));
    assert.deepEqual((await readHosts(file)).get("EDGE01"), { name: "EDGE01", ...ssh });
    rmSync(folder, { recursive: true });
  });

  const refused: [string, unknown, string, RegExp][] = [
    ["a list", [EDGE], "INVALID_ARGUMENT", /must hold an object/],
    ["an empty object", {}, "INVALID_ARGUMENT", /names no host/],
    ["a host without a key", { EDGE01: { ...EDGE, hostKey: undefined } }, "HOST_KEY_REQUIRED", /EDGE01 needs hostKey/],
    ["an unknown argument", { EDGE01: { ...EDGE, hostkey: "x" } }, "UNKNOWN_ARGUMENT", /EDGE01 has no hostkey/],
    ["a wrong type", { EDGE01: { ...EDGE, port: "ssh" } }, "INVALID_ARGUMENT", /EDGE01\.port must be a port number/],
  ];
  for (const [what, value, code, words] of refused) {
    it(`refuses ${what}`, () => {
      const error = refusal(() => parsed(value));
      assert.equal(error.code, code);
      assert.match(error.sentence, words);
      assert.match(error.sentence, /^hosts\.json/);
    });
  }

  it("never quotes a file that is not JSON: it may hold a password", () => {
    const error = refusal(() => parseHosts('{"EDGE01": {"password": "canary"', "hosts.json"));
    assert.match(error.sentence, /hosts\.json is not JSON/);
    assert.ok(!error.message.includes("canary"));
  });
});

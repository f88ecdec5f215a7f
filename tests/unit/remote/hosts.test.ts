import assert from "node:assert/strict";
import { UNKNOWN } from "../../../provider/base/json";
import { parseEndpoint, serverKey, validateHost } from "../../../provider/remote/hosts";

const GOOD = { host: "edge01.contoso.com", user: "admin", password: "Canary-Pa55", hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5" };
const problems = (value: unknown): string[] =>
  validateHost(value, "host").map(({ property, reason }) => `${property} ${/^\[(\w+)\] /.exec(reason)?.[1]}`);

describe("host arguments", () => {
  it("accepts every field in each of its forms", () => {
    const full = {
      ...GOOD,
      port: 2222,
      privateKey: { env: "KEY" },
      privateKeyPassword: { config: "phrase" },
      agentSocketPath: "/run/agent",
      hostKey: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", `SHA256:${"x".repeat(43)}`],
      knownHosts: { file: "known_hosts" },
      dialErrorLimit: 3,
      perDialTimeout: 10,
      proxy: { ...GOOD, proxy: { ...GOOD, hostKey: undefined, knownHosts: "jump ssh-ed25519 AAAAC3NzaC1lZDI1NTE5" } },
      exchangeCredential: { user: "CONTOSO\\svc", password: { file: "p" } },
      endpoints: { smtp: "127.0.0.1:25", ldaps: "[::1]:50636" },
      probeFrom: "runner",
      directory: { url: "ldaps://dc01", bindDn: "CN=x", password: "y", baseDn: "CN=Configuration", ca: "PEM" },
    };
    assert.deepEqual(problems(full), []);
  });

  it("lets values pass that are not known yet, at any depth", () => {
    assert.deepEqual(problems(UNKNOWN), []);
    const unknown = { host: UNKNOWN, port: UNKNOWN, user: UNKNOWN, password: { env: UNKNOWN }, hostKey: [UNKNOWN], proxy: UNKNOWN };
    assert.deepEqual(problems({ ...unknown, endpoints: { smtp: UNKNOWN }, exchangeCredential: UNKNOWN, directory: UNKNOWN }), []);
    assert.deepEqual(problems({ ...unknown, hostKey: UNKNOWN }), []);
  });

  const bad: [string, unknown, string[]][] = [
    ["no object", "edge01", ["host INVALID_ARGUMENT"]],
    ["nothing in it", {}, ["host.host INVALID_ARGUMENT", "host.user INVALID_ARGUMENT", "host.hostKey HOST_KEY_REQUIRED"]],
    ["no host key", { ...GOOD, hostKey: undefined }, ["host.hostKey HOST_KEY_REQUIRED"]],
    ["no host key on a jump host", { ...GOOD, proxy: { host: "j", user: "u" } }, ["host.proxy.hostKey HOST_KEY_REQUIRED"]],
    ["unknown field", { ...GOOD, hostkey: "x" }, ["host.hostkey UNKNOWN_ARGUMENT"]],
    ["endpoints on a jump host", { ...GOOD, proxy: { ...GOOD, endpoints: {} } }, ["host.proxy.endpoints UNKNOWN_ARGUMENT"]],
    ["port", { ...GOOD, port: 70_000 }, ["host.port INVALID_ARGUMENT"]],
    ["secret with two sources", { ...GOOD, password: { env: "A", file: "b" } }, ["host.password INVALID_ARGUMENT"]],
    ["secret of another kind", { ...GOOD, privateKey: { vault: "x" } }, ["host.privateKey INVALID_ARGUMENT"]],
    ["empty secret", { ...GOOD, password: "" }, ["host.password INVALID_ARGUMENT"]],
    ["empty list of keys", { ...GOOD, hostKey: [] }, ["host.hostKey INVALID_ARGUMENT"]],
    ["endpoint without a port", { ...GOOD, endpoints: { smtp: "edge01" } }, ["host.endpoints.smtp INVALID_ARGUMENT"]],
    ["probeFrom", { ...GOOD, probeFrom: "moon" }, ["host.probeFrom INVALID_ARGUMENT"]],
    [
      "credential without a password",
      { ...GOOD, exchangeCredential: { user: "u" } },
      ["host.exchangeCredential.password INVALID_ARGUMENT"],
    ],
    ["directory address", { ...GOOD, directory: { url: "http://dc01" } }, ["host.directory.url INVALID_ARGUMENT"]],
  ];
  for (const [what, value, expected] of bad) {
    it(`refuses: ${what}`, () => {
      assert.deepEqual(problems(value), expected);
      assert(!JSON.stringify(validateHost(value, "host")).includes("Canary"));
    });
  }

  it("has one key a server, whoever logs on and however the name is written", () => {
    assert.equal(
      serverKey({ host: "EDGE01.Contoso.com.", user: "a", password: "x" }),
      serverKey({ host: "edge01.contoso.com", port: 22, user: "b" }),
    );
    const jump = { host: "jump", user: "u" };
    assert.notEqual(serverKey({ host: "edge01", proxy: jump }), serverKey({ host: "edge01" }));
    assert.notEqual(serverKey({ host: "edge01", port: 2222 }), serverKey({ host: "edge01" }));
    assert.equal(serverKey({ host: "edge01", proxy: jump }), serverKey({ host: "edge01", proxy: { ...jump, user: "other" } }));
  });

  it("reads host:port and [v6]:port", () => {
    assert.deepEqual(parseEndpoint("edge01:25"), { host: "edge01", port: 25 });
    assert.deepEqual(parseEndpoint("[::1]:50636"), { host: "::1", port: 50_636 });
    for (const text of ["", "edge01", "::1:25", "edge01:0", "edge01:65536", "a b:25"]) assert.equal(parseEndpoint(text), undefined);
  });
});

import assert from "node:assert/strict";
import { UNKNOWN } from "../../../provider/base/json";
import { addressOf, nameOf, parseEndpoint, portOf, serverKey, validateHost } from "../../../provider/remote/hosts";

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

  const good = ["edge01", "edge01.contoso.com.", "192.0.2.1", "::1", "[::1]", "[2001:db8::7]:2222", "fe80::1%eth0", "münchen.example"];
  for (const host of good) it(`accepts the address ${host}`, () => assert.deepEqual(problems({ ...GOOD, host }), []));

  const refused: [string, RegExp][] = [
    ["edge01:22", /the port goes into port/],
    ["192.0.2.1:2222", /the port goes into port/],
    ["admin@edge01", /the user goes into user/],
    ["CONTOSO\\admin@edge01:22", /the user goes into user/],
    ["ssh://edge01", /this is a URL/],
    ["https://edge01/owa", /this is a URL/],
    ["192.0.2.0/24", /network with its mask/],
    ["2001:db8::/64", /network with its mask/],
    ["edge 01", /blank or a slash/],
    ["edge01/", /blank or a slash/],
    ["\\\\edge01", /blank or a slash/],
    ["[edge01]:22", /brackets hold an IPv6 address/],
    ["[::1", /brackets hold an IPv6 address/],
    ["[::1]:70000", /brackets hold an IPv6 address/],
    ["192.0.2.256", /no IPv4 address/],
    ["edge01:22:23", /must be IPv6/],
  ];
  for (const [host, words] of refused) {
    it(`refuses the address ${host}, and says what it is`, () => {
      const [failure, ...others] = validateHost({ ...GOOD, host }, "host");
      assert.deepEqual(others, []);
      assert.equal(failure.property, "host.host");
      assert.match(failure.reason, /^\[INVALID_ARGUMENT\] /);
      assert.match(failure.reason, words);
    });
  }

  it("takes brackets and a port apart, and refuses two ports", () => {
    const spellings = [
      { host: "::1", port: 2222 },
      { host: "[::1]", port: 2222 },
      { host: "[::1]:2222" },
      { host: "[::1]:2222", port: 2222 },
    ];
    for (const one of spellings) {
      assert.deepEqual([nameOf(one), portOf(one), addressOf(one), serverKey(one)], ["::1", 2222, "[::1]:2222", "[::1]:2222"]);
    }
    assert.deepEqual(problems({ ...GOOD, host: "[::1]:2222", port: 22 }), ["host.port INVALID_ARGUMENT"]);
  });

  it("takes -1 for no end of attempts", () => {
    assert.deepEqual(problems({ ...GOOD, dialErrorLimit: -1 }), []);
    for (const dialErrorLimit of [-2, 1.5, "3"])
      assert.deepEqual(problems({ ...GOOD, dialErrorLimit }), ["host.dialErrorLimit INVALID_ARGUMENT"]);
  });

  it("reads host:port and [v6]:port", () => {
    assert.deepEqual(parseEndpoint("edge01:25"), { host: "edge01", port: 25 });
    assert.deepEqual(parseEndpoint("[::1]:50636"), { host: "::1", port: 50_636 });
    for (const text of ["", "edge01", "::1:25", "edge01:0", "edge01:65536", "a b:25"]) assert.equal(parseEndpoint(text), undefined);
  });
});

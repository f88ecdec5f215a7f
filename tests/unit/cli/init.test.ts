import assert from "node:assert/strict";
import { resolve } from "node:path";
import { hostsJson } from "../../../provider/cli/init/files";
import { parseHosts } from "../../../provider/cli/hostsFile";

const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
const written = (host: object): unknown => {
  const hosts = parseHosts(JSON.stringify({ EDGE01: { host: "192.0.2.1", user: "u", hostKey: HOST_KEY, ...host } }), "hosts.json");
  return (JSON.parse(hostsJson(hosts).text) as { EDGE01: unknown }).EDGE01;
};

describe("init: hosts.json", () => {
  it("has absolute files, at any depth", () => {
    const found = written({
      privateKey: { file: "keys/edge" },
      proxy: { host: "jump", user: "u", password: { file: "../jump.txt" }, knownHosts: { file: "known_hosts" } },
      exchangeCredential: { user: "u", password: { file: "./exchange.txt" } },
      directory: { url: "ldaps://dc01", password: { file: "directory.txt" } },
    });
    assert.deepEqual(found, {
      ...{ host: "192.0.2.1", user: "u", hostKey: HOST_KEY },
      privateKey: { file: resolve("keys/edge") },
      proxy: { host: "jump", user: "u", password: { file: resolve("../jump.txt") }, knownHosts: { file: resolve("known_hosts") } },
      exchangeCredential: { user: "u", password: { file: resolve("exchange.txt") } },
      directory: { url: "ldaps://dc01", password: { file: resolve("directory.txt") } },
    });
  });

  it("leaves what starts elsewhere, and references of other kinds", () => {
    for (const file of ["/etc/edge", "~/edge", "~\\edge", "%USERPROFILE%\\edge", "$env:HOME/edge"])
      assert.deepEqual((written({ privateKey: { file } }) as { privateKey: unknown }).privateKey, { file });
    for (const password of [{ env: "EDGE" }, { config: "edge" }])
      assert.deepEqual((written({ password }) as { password: unknown }).password, password);
    assert.deepEqual((written({ privateKey: { file: "~edge" } }) as { privateKey: unknown }).privateKey, { file: resolve("~edge") });
  });
});

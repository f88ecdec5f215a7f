/** A wrong password of a domain account, at servers that hang up on it: sent once in a run, whatever the engine does. */
import assert from "node:assert/strict";
import { Certificate } from "pulumi-exchange";
import { hostsOf, named, pfxSource, storyForAll } from "../support/engine";

const USER = "CONTOSO\\svc-exchange";
const HOSTS = ["EDGE01", "EDGE02", "MBX01"];
const PASSWORD = "PX_TEST_DOMAIN_PASSWORD";

describe("a wrong password at servers with MaxAuthTries 1", () => {
  const story = storyForAll();
  const doors = () => HOSTS.map((name) => story().lab.hosts.get(name)!);
  const sent = (): number => doors().reduce((sum, { ssh }) => sum + ssh.refused.length, 0);

  /** Five certificates that are installed only, on three servers, with one account. */
  const program = (): Promise<void> => {
    const hosts = hostsOf(story().lab);
    for (const [i, name] of [...HOSTS, "EDGE01", "MBX01"].entries()) {
      const host = { ...hosts[name], user: USER, password: { env: PASSWORD } };
      new Certificate(`certificate-${i}`, { host, source: pfxSource(story().lab, i < 3 ? "v1" : "v2"), services: [] });
    }
    return Promise.resolve();
  };

  before(async () => {
    for (const { host, ssh } of doors()) {
      Object.assign(host.account, { user: USER, password: "The-right-one" });
      ssh.auth.maxAuthTries = 1;
    }
    const up = await story().up(program, { env: { [PASSWORD]: "The-right-one" } });
    assert.ok(up.ok, up.output);
    assert.equal(sent(), 0);
  });

  const runs = {
    refresh: () => story().refresh({ parallel: 1, env: { [PASSWORD]: "Yesterdays-one" } }),
    "refresh, all at once": () => story().refresh({ env: { [PASSWORD]: "Yesterdays-one" } }),
    destroy: () => story().destroy({ parallel: 1, env: { [PASSWORD]: "Yesterdays-one" } }),
  };
  for (const [name, run] of Object.entries(runs)) {
    it(`${name}: one server gets it, once`, async () => {
      const before = sent();
      const result = await run();
      assert.equal(result.ok, false, result.output);
      assert.match(result.output, /\[LOGIN_FAILED\]/);
      assert.doesNotMatch(result.output, /HOST_UNREACHABLE|Yesterdays-one/);
      assert.equal(sent() - before, 1, result.output);
      assert.deepEqual(named(result.seen.mutating), []);
    });
  }
});

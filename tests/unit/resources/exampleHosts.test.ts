/** The hosts that the examples read from the environment: what is wrong with it is said by the variable's name. */
import { strict as assert } from "node:assert";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

type Read = (config: object, name: string) => unknown;
const EXAMPLES = join(__dirname, "..", "..", "..", "examples");
const files = readdirSync(EXAMPLES)
  .map((name) => join(EXAMPLES, name, "servers.js"))
  .filter(existsSync);

describe("hosts of the examples", () => {
  let before: string | undefined;
  beforeEach(() => (before = process.env.EXCHANGE_HOSTS));
  afterEach(() => {
    if (before === undefined) delete process.env.EXCHANGE_HOSTS;
    else process.env.EXCHANGE_HOSTS = before;
  });

  it("text that is not JSON names the variable; a byte order mark does no harm", async () => {
    assert.ok(files.length >= 6);
    for (const file of files) {
      const { readHost, readHosts } = (await import(file)) as { readHost?: Read; readHosts?: Read };
      const read = (readHost ?? readHosts)!;
      for (const text of ["{bad", "hosts.json", "'{}'", "\uFEFF{"]) {
        process.env.EXCHANGE_HOSTS = text;
        assert.throws(() => read({}, "EDGE01"), /The environment variable EXCHANGE_HOSTS is not JSON/, `${file}: ${text}`);
      }
      process.env.EXCHANGE_HOSTS = "\uFEFF{}";
      assert.throws(() => read({}, "EDGE01"), /EXCHANGE_HOSTS\) names no server/, file);
    }
  });
});

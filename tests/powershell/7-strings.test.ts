/** What people can type, and what hosts are set to: strings, sizes, bytes in pieces, banners, cultures, time zones, a large environment. */
import { strict as assert } from "node:assert";
import { MAX_LINE, MAX_REPLY } from "../../provider/remote/protocol";
import type { ChildAgent } from "../support/agents/child";
import { chosen, COMPLETE, random, SEED } from "../support/agents/choice";
import { FakeOrganisation } from "../support/agents/fakeOrganisation";
import { pwshMissing, stageForAll } from "../support/agents/stage";
import { hostileStrings } from "../support/interop/hostileStrings";
import { skipHere, skipUnless } from "../support/skip";

const echo = (text: string): object => ({
  cmdlet: "Set-SendConnector",
  parameters: { Comment: text, RequireTLS: true },
  select: ["Name", "At"],
});

/** Strings that go alone, and how many go together in a list. */
const ALONE = 20;
const PACK = 20;

/** What a server may be set to: language, time zone, and what that makes of the culture's name. */
const CULTURES = [
  ["tr_TR.UTF-8", "Europe/Istanbul", "tr-TR"],
  ["th_TH.UTF-8", "Asia/Bangkok", "th-TH"],
  ["ar_SA.UTF-8", "Asia/Riyadh", "ar-SA"],
  ["de_DE.UTF-8", "Pacific/Chatham", "de-DE"],
  ["C", "America/St_Johns", ""],
] as const;

skipUnless(pwshMissing === undefined, pwshMissing ?? "").describe("what people type and hosts are set to, in a real PowerShell", () => {
  let organisation: FakeOrganisation;
  const stage = stageForAll(() => ({ scenario: undefined, organisation: (organisation = new FakeOrganisation()) }));
  let agent: ChildAgent;
  before(async function () {
    this.timeout(300_000);
    const big = { PX_BIG: "ä".repeat(16_000) };
    const prelude = "[Console]::Out.WriteLine('Welcome { not json'); [Console]::Out.WriteLine('{\"event\":\"reay\"}');";
    agent = await stage().agent("EDGE01", { prelude, environment: big, noise: false });
    organisation.onInvoke = ({ parameters }) => ({
      objects: [{ Name: parameters.Comment, All: parameters.SmartHosts ?? [], At: new Date("2026-12-01T08:30:00.123Z") }],
      warnings: [],
    });
  });

  it("banners before ready are no replies", () => assert.ok(agent.lines.findIndex((line) => line.includes('"event":"ready"')) >= 2));

  it("hostile strings arrive byte-identical and come back so", async () => {
    const strings = chosen("hostile strings", hostileStrings(2_000), 300);
    // some as a string each, all of them as items of lists
    const alone = COMPLETE ? strings : strings.slice(0, ALONE);
    const packs = Array.from({ length: Math.ceil(strings.length / PACK) }, (_, index) => strings.slice(index * PACK, (index + 1) * PACK));
    const call = (parameters: object): object => ({ cmdlet: "Set-SendConnector", parameters, select: ["Name", "All"] });
    type Answer = { objects: { Name: string; All: string[] }[] };
    const ask = (parameters: object): Promise<Answer> => agent.value<Answer>("invoke", call(parameters), { fence: 1 });
    const one = await Promise.all(alone.map((Comment) => ask({ Comment })));
    const many = await Promise.all(packs.map((SmartHosts) => ask({ SmartHosts })));
    assert.deepEqual(
      one.map(({ objects }) => objects[0].Name),
      alone,
    );
    assert.deepEqual(
      many.flatMap(({ objects }) => objects[0].All),
      strings,
    );
    const arrived = organisation.calls.map(({ parameters }) => parameters.Comment ?? parameters.SmartHosts);
    assert.deepEqual(arrived, [...alone, ...packs]);
  });

  it("a request in pieces, cut inside of characters, is one request", async () => {
    const next = random("pieces");
    console.log(`      pieces: seed ${SEED}`);
    const line = Buffer.from(`${JSON.stringify({ id: 900_001, op: "invoke", params: echo("ä日本\u{1f512}\u{10ffff}"), fence: 1 })}\r\n`);
    for (let at = 0; at < line.length;) {
      const length = 1 + Math.floor(next() * 5);
      agent.write(line.subarray(at, at + length));
      await new Promise((resolve) => setImmediate(resolve));
      at += length;
    }
    const reply = await agent.reply(900_001);
    assert.equal(reply?.ok && (reply.value as { objects: { Name: string }[] }).objects[0].Name, "ä日本\u{1f512}\u{10ffff}");
  });

  it("lines and replies of nearly the longest size pass, longer ones do not", async () => {
    const piece = Buffer.alloc(690_000, 7).toString("base64");
    assert.ok(piece.length > MAX_LINE - 100_000);
    await agent.value("file.write", { path: "big.bin", data: piece });
    for (let count = 1; count < 10; count++) await agent.value("file.append", { path: "big.bin", data: piece });
    const { data } = await agent.value<{ data: string }>("file.read", { path: "big.bin" });
    assert.equal(Buffer.from(data, "base64").length, 6_900_000);
    assert.ok(data.length > MAX_REPLY - 1_000_000);
    await agent.value("file.append", { path: "big.bin", data: piece });
    assert.equal(await agent.refusal("file.read", { path: "big.bin" }), "TooLarge");
    await agent.value("file.remove", { path: "big.bin" });
  });

  for (const [language, zone, culture] of chosen("cultures", CULTURES, 2)) {
    it(`culture ${culture || "invariant"}, time zone ${zone}`, async function () {
      this.timeout(300_000);
      const own = await stage().agent("EDGE01", { environment: { LANG: language, LC_ALL: language, TZ: zone }, noise: false });
      if (culture !== "" && own.ready.culture === "") skipHere(this, "PowerShell has no ICU: install libicu");
      assert.equal(own.ready.culture, culture, "CurrentCulture");
      const call = { ...echo("I ı İ i"), cmdlet: "set-sendconnector", select: ["name", "AT"] };
      const { objects } = await own.value<{ objects: object[] }>("invoke", call, { fence: 1 });
      assert.deepEqual(objects, [{ name: "I ı İ i", AT: "2026-12-01T08:30:00.123Z" }]);
      assert.equal(await own.refusal("invoke", { cmdlet: "IMPORT-EXCHANGECERTIFICATE", parameters: {}, select: [] }), "FenceRequired");
      assert.match(own.ready.utc, /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.ok(Math.abs(Date.parse(own.ready.utc) - Date.now()) < 600_000, own.ready.utc);
      const read = { since: "2026-11-21T00:00:00Z", sources: ["MSExchangeTransport"] };
      const { events } = await own.value<{ events: { utc: string }[] }>("events.read", read);
      assert.deepEqual(
        events.map(({ utc }) => new Date(utc).toISOString()),
        ["2026-11-21T01:00:00.000Z", "2026-11-21T02:00:00.000Z"],
      );
      await own.end();
    });
  }
});

/** Certificates of 6, 47 and 398 days on the real engine: preview and renewal, and what report and doctor say of them meanwhile. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Certificate } from "pulumi-exchange";
import { cli } from "../contract/cli/support";
import type { Report } from "../../provider/cli/report/model";
import { count, hostsOf, isNoOp, stepsOf, storyForAll, type PulumiFn } from "../support/engine";

const DAY = 86_400_000;
const LIVES = { SixDays: 6, FortySevenDays: 47, Year: 398 };
/** Days after its beginning at which each is green, yellow and red: a third and a sixth of its life, 60 and 30 days of the year. */
const LIGHTS = { SixDays: [3, 4.5, 5.5], FortySevenDays: [30, 33.5, 41], Year: [330, 345, 375] };

describe("certificates of 6, 47 and 398 days", () => {
  const story = storyForAll();
  const folder = mkdtempSync(join(tmpdir(), "pulumi-exchange-lives-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let start: number;

  const program: PulumiFn = () => {
    const { MBX01 } = hostsOf(story().lab);
    for (const template of Object.keys(LIVES)) {
      const adcs = { template, ca: "dc01\\Contoso Issuing CA", domainNames: [`${template.toLowerCase()}.contoso.com`] };
      new Certificate(template, { host: MBX01, source: { adcs }, services: ["SMTP"], renewBefore: 14 });
    }
    return Promise.resolve();
  };
  const at = (days: number): string => new Date(start + days * DAY).toISOString();
  const renewed = async (days: number): Promise<string[]> => {
    const preview = await story().preview(program, { now: at(days) });
    assert.deepEqual(preview.seen.calls, [], preview.output);
    return stepsOf(preview).flatMap((step) => /^create-replacement (\w+)$/.exec(step)?.[1] ?? []);
  };
  const asked = async (command: string[], days: number): Promise<string> => {
    const file = join(folder, "hosts.json");
    writeFileSync(file, JSON.stringify({ MBX01: hostsOf(story().lab).MBX01 }));
    const { out, err } = await cli([...command, "--hosts", file, "--now", at(days), "--json"]);
    return out || err;
  };

  it("are made, and nothing is pending", async () => {
    const up = await story().up(program);
    assert.ok(up.ok, up.output);
    start = Date.parse(String(story().stack.outputs("SixDays").notBefore));
    assert.ok(isNoOp(await story().up(program)));
  });

  it("previews renew each in its time: by renewBefore, or by a third of a shorter life", async () => {
    assert.deepEqual(await renewed(3.5), []);
    assert.deepEqual(await renewed(4.5), ["SixDays"]);
    assert.deepEqual((await renewed(33.5)).sort(), ["FortySevenDays", "SixDays"]);
    assert.deepEqual((await renewed(385)).sort(), ["FortySevenDays", "SixDays", "Year"]);
  });

  it("report judges each by the smaller of days and share", async () => {
    const lights = async (days: number): Promise<{ [life: string]: string }> => {
      const { rows } = JSON.parse(await asked(["report"], days)) as Report;
      const of = (life: string): string => rows.find(({ thumbprint }) => thumbprint === story().stack.outputs(life).thumbprint)!.light;
      return Object.fromEntries(Object.keys(LIVES).map((life) => [life, of(life)]));
    };
    // installed and used by nothing, they never alarm
    assert.deepEqual(await lights(5.5), { SixDays: "unused", FortySevenDays: "unused", Year: "unused" });
    for (const [life, moments] of Object.entries(LIGHTS)) {
      const fqdn = `${life.toLowerCase()}.contoso.com`;
      await story().control.operator("MBX01", "Set-ReceiveConnector", { Identity: "MBX01\\Client Frontend MBX01", Fqdn: fqdn });
      const seen = await Promise.all(moments.map(async (days) => (await lights(days))[life]));
      assert.deepEqual(seen, ["green", "yellow", "red"], life);
    }
  });

  it("the renewal replaces the one whose time has come, and no other", async () => {
    const up = await story().up(program, { now: at(4.5) });
    assert.ok(up.ok, up.output);
    assert.deepEqual([count(up, "replace"), stepsOf(up).filter((step) => step.startsWith("create"))], [1, ["create-replacement SixDays"]]);
  });

  it("doctor speaks of a default when its share of life, or its days, are left", async () => {
    for (const [life, [green, yellow]] of Object.entries(LIGHTS)) {
      const thumbprint = String(story().stack.outputs(life).thumbprint);
      await story().control.operator("MBX01", "Enable-ExchangeCertificate", { Thumbprint: thumbprint, Services: "SMTP", Force: true });
      const told = async (days: number): Promise<boolean> => new RegExp(`${thumbprint}.* expires on`).test(await asked(["doctor"], days));
      assert.deepEqual([await told(green), await told(yellow)], [false, true], life);
    }
  });
});

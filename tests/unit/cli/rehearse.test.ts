import assert from "node:assert/strict";
import { resolve } from "node:path";
import { previewArguments, readCommandLine } from "../../../provider/cli/rehearse/commandLine";
import { breakPoint } from "../../../provider/cli/rehearse/breakAt";
import { numbered, plannedResources, type ChangePlan } from "../../../provider/cli/rehearse/plan";
import { htmlPage, markdownPage } from "../../../provider/cli/rehearse/planFile";
import { timelinePicture } from "../../../provider/cli/rehearse/planPicture";
import { judge, type Step } from "../../../provider/cli/rehearse/judge";
import { atRealLatencies } from "../../../provider/cli/rehearse/watch";

const IMPOSSIBLE = { code: "REHEARSAL_IMPOSSIBLE" };

describe("the command that is rehearsed", () => {
  it("is taken apart: stack, config file and folder are the copy's, the rest is kept", () => {
    const words = ["pulumi", "-C", "infra", "up", "--yes", "--stack=acme/shop/prod", "--config-file", "Pulumi.night.yaml", "-t", "urn:x"];
    const line = readCommandLine(words, "/home/ops");
    assert.equal(line.cwd, resolve("/home/ops", "infra"));
    assert.deepEqual(
      [line.stack, line.configFile, line.rest, line.refreshes],
      ["acme/shop/prod", "Pulumi.night.yaml", ["--yes", "-t", "urn:x"], false],
    );
  });

  for (const [words, stack] of [
    [["--stack", "dev"], "dev"],
    [["-s", "dev"], "dev"],
    [["-sdev"], "dev"],
    [["-s=dev"], "dev"],
  ] as const)
    it(`names its stack: ${words.join(" ")}`, () => assert.equal(readCommandLine(["pulumi", ...words, "up"]).stack, stack));

  it("its preview has what a preview knows, and says whether it refreshes", () => {
    const line = readCommandLine([
      "pulumi",
      "up",
      "-y",
      "--skip-preview",
      "--refresh",
      "--plan",
      "plan.json",
      "--diff",
      "--target",
      "urn:x",
      "--plan=y",
    ]);
    assert.equal(line.refreshes, true);
    const common = ["preview", "--json", "--non-interactive", "--target", "urn:x"];
    assert.deepEqual(previewArguments(line, false), [...common, "--refresh=false"]);
    assert.deepEqual(previewArguments(line, true), [...common, "--refresh=true"]);
  });

  for (const words of [
    [],
    ["npm", "run", "deploy"],
    ["npx", "pulumi", "up"],
    ["pulumi"],
    ["pulumi", "destroy", "--yes"],
    ["pulumi", "preview"],
    ["pulumi", "up", "--remote"],
    ["pulumi", "up", "--remote-git-branch", "main"],
    ["pulumi", "up", "--secrets-provider=awskms://x"],
  ])
    it(`refuses: ${words.join(" ") || "nothing"}`, () => assert.throws(() => readCommandLine(words), IMPOSSIBLE));
});

describe("what a run in the copy would touch", () => {
  const step = (op: string, type: string, name = "x", custom = true): Step => ({
    op,
    urn: `urn:pulumi:dev::shop::exchange:index:EdgeFleet$${type}::${name}`,
    newState: { type, custom },
  });
  const OURS = "pulumi-nodejs:dynamic/exchange:Certificate";

  it("is this package's resources, components and what stays as it is", () => {
    judge({});
    judge({
      steps: [
        step("create", "pulumi:pulumi:Stack"),
        step("replace", OURS),
        step("update", "exchange:index:EdgeFleet", "edges", false),
        step("create", "pulumi:providers:command"),
        step("same", "aws:s3/bucket:Bucket"),
        step("read", "aws:s3/bucket:Bucket"),
      ],
    });
  });

  for (const [op, type] of [
    ["create", "command:local:Command"],
    ["update", "aws:s3/bucket:Bucket"],
    ["delete", "random:index/randomId:RandomId"],
    ["replace", "tls:index/privateKey:PrivateKey"],
    ["update", "pulumi-nodejs:dynamic:Resource"],
    ["create", "pulumi-nodejs:dynamic/other:Certificate"],
    ["import", "aws:s3/bucket:Bucket"],
    ["an operation of tomorrow", "aws:s3/bucket:Bucket"],
  ])
    it(`refuses ${op} of ${type}, by name`, () => {
      const refused = (error: { code: string; message: string }): boolean =>
        error.code === "REHEARSAL_TOUCHES_OTHERS" && error.message.includes(`theirs (${type}, ${op})`);
      assert.throws(() => judge({ steps: [step("update", OURS), step(op, type, "theirs")] }), refused);
    });

  it("load balancer commands of a component are let through: nothing runs them", () => {
    const urn = (parent: string): string => `urn:pulumi:dev::shop::${parent}$command:remote:Command::edges-edge01-take-out`;
    const newState = { type: "command:remote:Command", custom: true };
    judge({ steps: [{ op: "create", urn: urn("exchange:index:EdgeFleet$exchange:index:EdgeTransport"), newState }] });
    for (const parent of [
      "exchange:index:EdgeFleet",
      "my:index:Site$exchange:index:EdgeTransport$my:index:Other",
      "not-exchange:index:EdgeTransport",
    ])
      assert.throws(() => judge({ steps: [{ op: "create", urn: urn(parent), newState }] }), { code: "REHEARSAL_TOUCHES_OTHERS" }, parent);
  });

  it("a deleted one counts by its old state", () => {
    const gone: Step = { op: "delete", urn: "urn:pulumi:dev::shop::aws:x:Y::theirs", oldState: { type: "aws:x:Y", custom: true } };
    assert.throws(() => judge({ steps: [gone] }), { code: "REHEARSAL_TOUCHES_OTHERS" });
  });

  it("references to other stacks are refused by name", () => {
    const reference: Step = {
      op: "read",
      urn: "urn:x",
      newState: { type: "pulumi:pulumi:StackReference", inputs: { name: "acme/net/prod" } },
    };
    assert.throws(
      () => judge({ steps: [reference] }),
      (error: Error) => /acme\/net\/prod/.test(error.message),
    );
  });
});

describe("a window at real latencies", () => {
  const call = (name: string, from: number, to: number) => ({ name, from, to });

  it("what the servers need counts by the speed, the run's own time as it is", () => {
    const busy = [call("stop", 1000, 1200), call("Get-Queue", 1100, 1300), call("start", 5900, 6500), call("stop", 100, 900)];
    assert.equal(atRealLatencies({ from: 1000, to: 6000 }, busy, 60), (4600 + 400 * 60) / 1000);
    assert.equal(atRealLatencies({ from: 1000, to: 6000 }, busy, 1), 5);
  });

  it("a synchronisation that was refused is waited for as long as EdgeSync refuses", () => {
    const sync = (from: number) => call("Start-EdgeSynchronization", from, from + 100);
    const busy = [sync(1000), sync(3000), sync(9000)];
    assert.equal(atRealLatencies({ from: 0, to: 10_000 }, busy, 60), (1000 + 900 + 300 * 60 + 300_000) / 1000);
    assert.equal(atRealLatencies({ from: 0, to: 10_000 }, busy, 1), 10);
    assert.equal(atRealLatencies({ from: 0, to: 10_000 }, [sync(1000)], 60), (9900 + 6000) / 1000);
  });
});

describe("the change plan", () => {
  const inputs = {
    rotation: "renew: valid until 2026-12-09, AAAA… → BBBB…",
    plan: ["1. EDGE01: import BBBB…", "2. EDGE01: enable SMTP (point of no return without the old key)"],
  };
  const certificate = (op: string, name = "edge01"): Step => ({
    op,
    urn: `urn:pulumi:dev::shop::pulumi-nodejs:dynamic/exchange:Certificate::${name}`,
    newState: { type: "pulumi-nodejs:dynamic/exchange:Certificate", custom: true, inputs },
  });
  const door = { server: "EDGE01", starttls: "A".repeat(40), ldaps: null, transport: "Running" };
  const plan: ChangePlan = {
    stack: "shop/prod",
    command: "pulumi up --yes",
    rehearsed: "2026-11-30T12:00:00.000Z",
    copiedAt: "2026-11-30T11:00:00.000Z",
    resources: plannedResources({
      steps: [certificate("create-replacement"), certificate("replace"), certificate("same", "b"), certificate("update", "c")],
    }),
    seen: {
      before: [door],
      after: [{ ...door, starttls: "B".repeat(40) }],
      changes: [],
      windows: [{ edge: "EDGE01", from: 0, to: 1, before: false, startsAt: 30, seconds: 420, noReturnAt: 60 }],
      mail: { sent: 10, delivered: 9, waiting: 1, lost: 0, longestDelay: 200 },
    },
    notRun: [{ when: "create", host: "lb01", command: "disable <edge01>" }],
    speed: 60,
    wrong: ["1 mail would still be waiting."],
    stopped: { at: "EDGE01/enable", owed: "its start is owed", finished: true },
  };

  it("numbers the steps, a replacement's once, and marks what cannot be undone", () => {
    const all = numbered(plan.resources).flatMap(({ steps }) => steps.map(({ number, noReturn }) => [number, noReturn]));
    assert.deepEqual(all, [
      [1, false],
      [2, true],
      [3, false],
      [4, true],
    ]);
  });

  it("as Markdown and as a page of its own: plan, windows, way back, what is owed", () => {
    const picture = timelinePicture(["EDGE01"], plan.seen.windows);
    const pages = [markdownPage(plan, "change.svg"), htmlPage(plan, picture)];
    for (const page of pages)
      for (const said of [
        "shop/prod",
        "EDGE01: about 7 min",
        "step 2: EDGE01: enable SMTP",
        "resume EDGE01 --hosts",
        "its start is owed",
        "1 mail would still be waiting",
        "9 delivered",
      ])
        assert.ok(page.includes(said), `${said}: ${page}`);
    assert.match(pages[0], /!\[.*\]\(change\.svg\)[\s\S]*lb01: disable \\<edge01\\>/);
    assert.match(pages[1], /<svg [\s\S]*lb01: disable &lt;edge01&gt;/);
    assert.doesNotMatch(pages[1], /<script|src=/);
    assert.match(picture, /7 min/);
    assert.match(picture, /point of no return/);
  });

  it("a point to stop at is a server and a step that there is", () => {
    assert.deepEqual(breakPoint("edge01/enable"), { host: "EDGE01", step: "enable" });
    for (const wrong of ["enable", "EDGE01/no-such-step", "EDGE01/", "EDGE01/enable.after"])
      assert.throws(() => breakPoint(wrong), /the steps are/);
  });
});

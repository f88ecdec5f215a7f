/** The demo's pure parts: what it shows, and what it writes into the README files. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { Listener } from "../../../tools/demo/events";
import { terminalPicture } from "../../../tools/demo/picture";
import { previewText, replaceSection } from "../../../tools/demo/readme";
import { inspectState } from "../../../tools/demo/report";
import { table } from "../../../tools/demo/text";

const ROOT = resolve(__dirname, "..", "..", "..", "..");
const OURS = "pulumi-nodejs:dynamic/exchange:Certificate";

const said = (message: string, severity = "info"): EngineEvent => ({ diagnosticEvent: { message, severity } }) as unknown as EngineEvent;
const step = (op: string, olds: object, news: object, type = OURS): EngineEvent["resOutputsEvent"] => {
  const [old, fresh] = [
    { inputs: olds, outputs: olds },
    { inputs: news, outputs: news },
  ];
  return { metadata: { op, type, urn: `urn:pulumi:demo::p::${type}::edges-edge01-certificate`, old, new: fresh } } as never;
};

describe("the demo's text", () => {
  it("aligns columns to their widest cell", () => {
    assert.deepEqual(
      table(
        [
          ["a", "10"],
          ["long", "9"],
        ],
        [1],
      ),
      ["a     10", "long   9"],
    );
  });

  it("replaces a marked section and nothing else", () => {
    const note = "(written by a run; do not edit by hand)";
    const text = `before\n<!-- x:begin ${note} -->\nold\n<!-- x:end -->\nafter\n`;
    const once = replaceSection(text, "x", "new");
    assert.equal(once, `before\n<!-- x:begin ${note} -->\n\nnew\n\n<!-- x:end -->\nafter\n`);
    assert.equal(replaceSection(once, "x", "new"), once);
    assert.throws(() => replaceSection(text, "y", "new"), /no section y/);
  });

  it("leaves out of a preview what Pulumi prints twice", () => {
    const live = "    pulumi:pulumi:Stack p-demo running [EDGE01] renew";
    const kept = [" ~  x:Certificate c update", "Diagnostics:", "    [EDGE01] renew"];
    assert.deepEqual(
      previewText(["@ previewing update...", live, ...kept, ""].join("\n")).map((line) => line.trim()),
      kept.map((line) => line.trim()),
    );
  });

  it("escapes what it draws", () => {
    assert.match(terminalPicture(["<I>a & b"], "t"), />&lt;I&gt;a &amp; b</);
  });

  it("counts provider text and secrets in a stored stack", () => {
    const resources = [{ inputs: { __provider: "12345", password: "hunter2" } }, { inputs: {} }];
    assert.deepEqual(inspectState({ resources }, ["hunter2", "other"]), { providerBytes: 5, secretsInState: 1 });
  });
});

describe("the demo's listener", () => {
  const listen = (operation: string, ...events: EngineEvent[]): { lines: string[]; listener: Listener } => {
    const lines: string[] = [];
    const listener = new Listener(operation, (line) => lines.push(line.trim()));
    for (const event of events) listener.take(event);
    listener.close();
    return { lines, listener };
  };

  it("shows a short step once, at its end, and no debug lines", () => {
    const { lines } = listen("up", said("noise", "debug"), said("[EDGE01 1/4] drain …\n"), said("[EDGE01 1/4] drain … 1 s\n"));
    assert.deepEqual(lines, ["[EDGE01 1/4] drain … 1 s"]);
  });

  it("keeps the words of errors", () => {
    assert.deepEqual(listen("up", said("[LEASE_HELD] EDGE01 …\n", "error")).listener.errors, ["[LEASE_HELD] EDGE01 …"]);
  });

  it("collects sentence and plan of what is pending", () => {
    const news = { rotation: "renew: 9 days left", plan: ["1. EDGE01: import"] };
    const { listener, lines } = listen("preview", { resourcePreEvent: step("create-replacement", {}, news) } as EngineEvent);
    assert.deepEqual(lines, []);
    assert.equal(listener.pending[0].rotation, "renew: 9 days left");
    assert.deepEqual(listener.pending[0].plan, ["1. EDGE01: import"]);
  });

  it("tells what a refresh found, and keeps quiet about what did not change", () => {
    const changed = { resOutputsEvent: step("update", { status: "Running" }, { status: "Stopped" }) } as EngineEvent;
    const same = { resOutputsEvent: step("same", { seen: 1 }, { seen: 2 }) } as EngineEvent;
    const { drift } = listen("refresh", changed, same).listener;
    assert.deepEqual(
      drift.map(({ property, was, is }) => [property, was, is]),
      [["status", "Running", "Stopped"]],
    );
  });
});

describe("the README files", () => {
  for (const [file, sections] of [
    ["README.md", ["preview", "doors", "story"]],
    ["docs/story.md", ["byhand", "counts", "doctor", "preview", "doors", "healthy"]],
    ["examples/quickstart/README.md", ["preview", "plan"]],
  ] as const) {
    it(`${file} shows what a run printed`, () => {
      const text = readFileSync(join(ROOT, file), "utf8");
      for (const name of sections) {
        const section = new RegExp(`<!-- ${name}:begin [^>]*-->(.*)<!-- ${name}:end -->`, "s").exec(text)?.[1] ?? "";
        const wanted = name === "story" || name === "counts" ? /^\s*```text\n.*40 delivered/s : /^\s*```text\n.*EDGE01/s;
        assert.match(section, wanted, `section ${name}: npm run demo -- --write-readme`);
      }
    });
  }
});

/** check and diff of every class: unknown values at every position, wrong types at every position, secrets in no message. */
import assert from "node:assert/strict";
import { UNKNOWN, plain, type JsonObject } from "../../../provider/base/json";
import { setWriter } from "../../../provider/base/progress";
import * as runtime from "../../../provider/runtime";
import { everyClass, positions, replaced, SECRETS, type Subject } from "./inputSubjects";

type Call = (...args: unknown[]) => Promise<JsonObject>;
const method = (kind: string, name: string): Call =>
  (runtime as unknown as { [name: string]: Call })[`${kind[0].toLowerCase()}${kind.slice(1)}${name}`];
interface Checked {
  inputs: JsonObject;
  failures: { property: string; reason: string }[];
}
const check = async (kind: string, olds: JsonObject, news: JsonObject): Promise<Checked> =>
  (await method(kind, "Check")(olds, news)) as unknown as Checked;

describe("inputs of every class", () => {
  const lines: string[] = [];
  let subjects: Subject[];
  let writer: ReturnType<typeof setWriter>;
  before(async () => {
    writer = setWriter((line) => void lines.push(line));
    subjects = await everyClass();
  });
  after(() => setWriter(writer));
  beforeEach(() => lines.splice(0));

  const each = async (work: (subject: Subject) => Promise<void>): Promise<void> => {
    for (const subject of subjects) await work(subject);
  };
  const noSecret = (text: string, where: string): void => {
    for (const secret of SECRETS) assert.ok(!text.includes(secret), `${where} repeats a secret: ${text}`);
  };

  it("are accepted as given, twice with the same words", () =>
    each(async ({ title, kind, args }) => {
      const first = await check(kind, {}, args);
      assert.deepEqual(first.failures, [], title);
      const again = await check(kind, first.inputs, args);
      assert.deepEqual(again, first, title);
    }));

  it("may be unknown at every position: no failure, and diff answers", async () => {
    const wrong: string[] = [];
    await each(async ({ title, kind, args }) => {
      const { inputs: olds } = await check(kind, {}, args);
      for (const path of positions(args)) {
        const news = replaced(args, path, UNKNOWN);
        for (const old of [{}, olds]) {
          const { inputs, failures } = await check(kind, old, news);
          const diff = await method(kind, "Diff")("id", olds, inputs);
          const words = JSON.stringify([inputs.rotation ?? "", inputs.plan ?? "", lines.splice(0)]);
          if (failures.length > 0 || words.toLowerCase().includes(UNKNOWN) || !["undefined", "boolean"].includes(typeof diff.changes))
            wrong.push(`${title} ${path.join(".")}: ${JSON.stringify(failures)} ${words}`);
        }
      }
    });
    assert.deepEqual(wrong, []);
  });

  it("of a wrong type are refused at every position, without a secret", async () => {
    const wrong: string[] = [];
    await each(async ({ title, kind, args }) => {
      for (const path of positions(args)) {
        for (const value of [{ wrong: true }, "", path.at(-1) === "dialErrorLimit" ? -2 : -1, [[]], null]) {
          const { failures } = await check(kind, {}, replaced(args, path, value));
          const where = `${title} ${path.join(".")} = ${JSON.stringify(value)}`;
          noSecret(JSON.stringify(failures) + lines.splice(0).join(), where);
          // A missing value counts as not given.
          if (failures.length === 0 && value !== null) wrong.push(`${where} was accepted`);
          for (const { reason, property } of failures) {
            // A PFX may have an empty password; this one has another.
            const named = `${property} ${reason}`.includes(String(path[0])) || reason.startsWith("[PFX_PASSWORD_WRONG]");
            if (!named || !/^(\S+: )?\[[A-Z_]+\] .+ Hint: \S/.test(reason) || reason.includes("[INTERNAL]"))
              wrong.push(`${where}: ${property} ${reason}`);
          }
        }
      }
    });
    assert.deepEqual(wrong, []);
  });

  it("that nobody knows are refused by name", async () => {
    const wrong: string[] = [];
    await each(async ({ title, kind, args }) => {
      for (const path of [[], ...positions(args)]) {
        const at = path.reduce<unknown>((value, key) => (value as JsonObject)[key], args);
        if (at === null || typeof at !== "object" || Array.isArray(at) || isOpen(path)) continue;
        const { failures } = await check(kind, {}, replaced(args, [...path, "misspelt"], "x"));
        if (!failures.some(({ reason }) => /misspelt|one of \{env\}|must be/.test(reason))) wrong.push(`${title} ${path.join(".")}`);
      }
    });
    assert.deepEqual(wrong, []);
  });

  it("that are required are asked for by name", () =>
    each(async ({ title, kind, args, required }) => {
      for (const name of required) {
        const { [name]: _left, ...rest } = args;
        const { failures } = await check(kind, {}, rest);
        assert.ok(
          failures.some(({ property, reason }) => `${property} ${reason}`.includes(name) && /is required|must be/.test(reason)),
          `${title}: ${name}`,
        );
      }
    }));

  it("come out as plain JSON that Pulumi can send", () =>
    each(async ({ kind, args }) => {
      const { inputs } = await check(kind, {}, args);
      assert.deepEqual(plain(inputs), inputs);
    }));

  /** Objects whose keys are the user's own. */
  function isOpen(path: (string | number)[]): boolean {
    return ["organizationThumbprints", "expectConnectors", "tlsDomainCapabilities"].includes(String(path.at(-1)));
  }
});

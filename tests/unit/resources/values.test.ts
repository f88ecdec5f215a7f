/** Values as people write them: thumbprints in every form, sources twice, secrets given directly or by reference in every place. */
import assert from "node:assert/strict";
import { NO_COMMON_NAME } from "../../../provider/base/commonName";
import type { Json, JsonObject } from "../../../provider/base/json";
import { createContext, handlers } from "../../../provider/handlers";
import { everyClass, positions, replaced, SECRETS, type Path, type Subject } from "./inputSubjects";

const PLAIN = "0123456789ABCDEF0123456789ABCDEF01234567";
const COPIED = [
  PLAIN.toLowerCase(),
  PLAIN.replace(/../g, "$& ").toLowerCase().trim(),
  PLAIN.replace(/..(?=.)/g, "$&:"),
  `\u200e${PLAIN.replace(/../g, "$& ").trim()}`,
];
const NOT = ["", "abc", PLAIN.slice(1), `${PLAIN}00`, " ".repeat(40), PLAIN.replace("0", "G"), `${PLAIN}\nx`];

describe("values of arguments", () => {
  let subjects: Subject[];
  before(async () => {
    subjects = await everyClass();
  });
  const named = (kind: string): Subject => subjects.find((one) => one.kind === kind)!;
  const check = (kind: string, news: JsonObject, olds: JsonObject = {}) =>
    handlers[kind as keyof typeof handlers].check(createContext(), olds, news);

  /** Every place of every class whose last name is one of these. */
  const places = (...names: string[]): [Subject, Path][] =>
    subjects.flatMap((subject) =>
      positions(subject.args)
        .filter((path) => names.includes(String(path.at(-1))))
        .map((path): [Subject, Path] => [subject, path]),
    );

  it("a connector whose Edges share no name is refused in words", async () => {
    const { args } = named("SendConnectorTls");
    const { failures } = await check("SendConnectorTls", { ...args, tlsCertificateName: NO_COMMON_NAME });
    assert.equal(failures.length, 1);
    assert.match(failures[0].reason, /\[INVALID_ARGUMENT\] The Edges' certificates have different names/);
  });

  it("thumbprints are taken as they are copied, and come out in one form", async () => {
    const found = places("thumbprint", "certificateThumbprint", "expectThumbprint", "MBX01");
    assert.equal(found.length, 5, found.map(([{ title }, path]) => `${title} ${path.join(".")}`).join());
    for (const [{ kind, args }, path] of found) {
      const normal = await check(kind, replaced(args, path, PLAIN));
      assert.deepEqual(normal.failures, []);
      for (const copied of COPIED) {
        const { inputs, failures } = await check(kind, replaced(args, path, copied), normal.inputs);
        assert.deepEqual(failures, [], copied);
        const shown = (all: JsonObject): JsonObject => ({ ...all, source: null });
        assert.deepEqual(shown(inputs), shown(normal.inputs), `${kind} ${path.join(".")} ${JSON.stringify(copied)}`);
        const diff = await handlers[kind as keyof typeof handlers].diff(createContext(), "id", observed(normal.inputs), inputs);
        assert.ok(diff.changes === false, `${kind} ${path.join(".")}: ${JSON.stringify(diff)}`);
      }
      for (const wrong of NOT) {
        const { failures } = await check(kind, replaced(args, path, wrong));
        assert.match(failures[0]?.reason ?? "accepted", /\[INVALID_ARGUMENT\] .*40 hexadecimal digits/, JSON.stringify(wrong));
      }
    }
  });
  /** The inputs as outputs of a healthy server. */
  const observed = (inputs: JsonObject): JsonObject => ({
    ...inputs,
    boundThumbprint: inputs.certificateThumbprint ?? null,
    presentedThumbprint: inputs.expectThumbprint ?? null,
    status: "Running",
    syncStatus: "Normal",
    enabledServices: inputs.services ?? [],
    isDefaultSmtp: true,
  });

  it("a source server that is named twice is one; two thumbprints contradict", async () => {
    const { kind, args } = named("SendConnectorTls");
    const [source] = args.sources as JsonObject[];
    const twice = await check(kind, { ...args, sources: [source, { ...source, thumbprint: String(source.thumbprint).toLowerCase() }] });
    assert.deepEqual([twice.failures, (twice.inputs.sources as Json[]).length], [[], 1]);
    const { failures } = await check(kind, { ...args, sources: [source, { ...source, thumbprint: PLAIN }] });
    assert.match(failures[0].reason, /\[INVALID_ARGUMENT\] sources\[1\] names a server a second time, with another thumbprint/);
    const other = { ...source, host: { ...(source.host as JsonObject), host: "edge02.contoso.com" }, thumbprint: PLAIN };
    assert.deepEqual((await check(kind, { ...args, sources: [source, other] })).failures, []);
  });

  const secretPlaces = (): [Subject, Path][] =>
    places("password", "privateKey", "privateKeyPassword", "pfx").filter(([, path]) => path[0] !== "source" || path.length > 2);

  it("secrets may be values or references wherever they stand", async () => {
    const found = secretPlaces();
    assert.ok(found.length > 100, `only ${found.length} places`);
    const roots = new Set(found.map(([{ kind }, path]) => `${kind}.${path.filter((key) => typeof key === "string").join(".")}`));
    for (const one of [
      "SendConnectorTls.sources.host.password",
      "SendConnectorTls.sources.host.proxy.privateKey",
      "Certificate.peers.directory.password",
      "Certificate.onDelete.unlock.sourceHosts.exchangeCredential.password",
      "Certificate.source.export.host.privateKeyPassword",
    ])
      assert.ok(roots.has(one), one);
    for (const [{ title, kind, args }, path] of found) {
      for (const value of ["value", { env: "NAME" }, { file: "path" }, { config: "key" }] as Json[]) {
        const { failures } = await check(kind, replaced(args, path, value));
        assert.deepEqual(failures, [], `${title} ${path.join(".")} = ${JSON.stringify(value)}`);
      }
    }
  });

  it("what is neither is refused by its path, and its text is not repeated", async () => {
    const secret = "canary-in-a-wrong-form";
    for (const [{ title, kind, args }, path] of secretPlaces()) {
      for (const value of [{ env: secret, file: secret }, { vault: secret }, { env: "" }, [secret], 7, true, ""] as Json[]) {
        const { failures } = await check(kind, replaced(args, path, value));
        const text = JSON.stringify(failures);
        const at = path
          .map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`))
          .join("")
          .slice(1);
        assert.ok(failures.length > 0, `${title} ${at} = ${JSON.stringify(value)} was accepted`);
        assert.ok(text.includes(at), `${title} ${at}: ${text}`);
        for (const one of [secret, ...SECRETS]) assert.ok(!text.includes(one), text);
      }
    }
  });

  it("what is deployed is never refused: a lost reference counts as it was", async () => {
    const subject = subjects.find(({ title }) => title.endsWith("a PFX"))!;
    process.env.VALUES_TEST_PFX = String((subject.args.source as JsonObject).pfx);
    const args = { ...subject.args, source: { ...(subject.args.source as JsonObject), pfx: { env: "VALUES_TEST_PFX" } } };
    const first = await check("Certificate", args);
    assert.deepEqual(first.failures, []);
    delete process.env.VALUES_TEST_PFX;
    assert.deepEqual(await check("Certificate", args, first.inputs), first);
    const fresh = await check("Certificate", args);
    assert.match(
      fresh.failures[0].reason,
      /\[SECRET_UNAVAILABLE\] A secret is missing: the environment variable VALUES_TEST_PFX is not set/,
    );
  });
});

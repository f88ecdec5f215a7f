import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import path from "node:path";
import type { JsonObject } from "../../provider/base/json";
import { DynamicProvider, InitFailed } from "./dynamicProvider";
import { GOLDEN } from "./golden";

const PASSWORD = "correct horse battery";
const __provider = GOLDEN.Certificate;
const host: JsonObject = { host: "edge01.contoso.com", user: "admin", password: PASSWORD, hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5" };

/** The border between Pulumi and handlers; the handlers' own work is tested against the lab. */
describe("results and failures on their way to the engine", () => {
  let provider: DynamicProvider;
  const inputs = (friendlyName: string): JsonObject => ({ host, friendlyName, __provider });

  before(async () => {
    provider = await DynamicProvider.start({ preload: path.join(__dirname, "preloadFailingHandlers.js") });
  });
  after(() => provider.stop());

  async function failureOf(work: Promise<unknown>): Promise<Error> {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    ok(error instanceof Error, "it should have failed");
    return error;
  }

  it("hands a handler's work over as plain JSON, with the provider's text", async () => {
    const { id, outs } = await provider.create(inputs("fine"));
    strictEqual(id, "edge01\\AA");
    deepStrictEqual(outs, { ...inputs("fine"), seen: ["friendlyName", "host"] });
  });

  it("packs a half-done create so that the resource stays usable", async () => {
    const failure = await failureOf(provider.create(inputs("half done")));
    ok(failure instanceof InitFailed);
    strictEqual(failure.id, "edge01\\AA");
    deepStrictEqual(failure.properties, { ...inputs("half done"), unfinished: true });
    deepStrictEqual(failure.reasons, ["no Edge was taken out of service by this run. Refused for [secret]."]);
  });

  it("lets a refusal through with code and hint, and records nothing", async () => {
    const failure = await failureOf(provider.create(inputs("refused")));
    ok(!(failure instanceof InitFailed));
    ok(/\[LOGIN_FAILED\] Not with \[secret\]\. Hint: /.test(failure.message), failure.message);
  });

  it("gives a defect a code, and no secret", async () => {
    const failure = await failureOf(provider.create(inputs("broken")));
    ok(/\[INTERNAL\] cannot read \[secret\]/.test(failure.message), failure.message);
  });

  it("keeps the text through a refresh, also in the inputs", async () => {
    const { id, props, inputs: read } = await provider.read("edge01\\AA", inputs("there"));
    strictEqual(id, "edge01\\AA");
    deepStrictEqual(props, { ...inputs("there"), seen: ["friendlyName", "host"] });
    deepStrictEqual(read, { friendlyName: "read", __provider });
  });

  it("says that a resource is gone by an empty id", async () => {
    strictEqual((await provider.read("edge01\\AA", inputs("gone"))).id, "");
  });

  it("prints nothing that is secret, and no stack", async () => {
    await rejects(provider.create(inputs("refused")));
    ok(!provider.output.includes(PASSWORD) && !/\n\s+at /.test(provider.output), provider.output);
  });
});

/**
 * Marked secrets on the real engine: state files, their history and backups, and everything that the CLI says. Given as
 * values they are Pulumi secrets, encrypted in state; Pulumi's own `--debug` lines and the trace of its calls (log level 9)
 * print those in clear, whatever the provider, so only references are held against these.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { findProgram } from "../../lab/interop/programs";
import { Hunt } from "../support/canary/hunt";
import { fleet, issued, TestStack } from "../support/engine";
import { control, labForEach } from "../support/lab";
import { skipUnless } from "../support/skip";

type Form = "values" | "references";
type Operation = "up" | "preview" | "refresh" | "destroy";

const VERBOSITY = {
  values: { color: "never" },
  references: { debug: true, logToStdErr: true, logFlow: true, logVerbosity: 9, color: "never" },
} as const;

skipUnless(findProgram("pulumi") !== undefined, "no Pulumi CLI on PATH").describe("secret canaries on the real engine", () => {
  const lab = labForEach(() => ({ scenario: "contoso" }));
  let hunt: Hunt;
  let stack: TestStack;
  let folder: string;
  /** What references lead to, in the provider process. */
  let variables: Record<string, string>;
  beforeEach(async () => {
    hunt = new Hunt();
    stack = await TestStack.create("canary");
    folder = mkdtempSync(join(tmpdir(), "pulumi-exchange-canary-"));
    variables = {};
    for (const { name, ssh } of lab().ready.hosts) {
      hunt.plant(`SSH password of ${name}`, ssh.password);
      variables[`CANARY_${name}`] = ssh.password;
    }
    for (const name of ["v1", "v2"]) plant(name);
  });
  afterEach(() => {
    stack.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  function plant(name: string): void {
    const { pfx, password, keyPem } = issued(lab(), name);
    const bytes = Buffer.from(pfx, "base64");
    hunt.plant(`PFX password of ${name}`, password);
    hunt.plant(`PFX of ${name}`, bytes.subarray(bytes.length >> 1, (bytes.length >> 1) + 48));
    // the first half of a key's lines is its public modulus
    const lines = keyPem.trim().split("\n");
    for (const line of lines.slice(lines.length >> 1, -2)) hunt.plant(`key of ${name}`, line);
    variables[`CANARY_${name}`] = password;
    writeFileSync(join(folder, `${name}.pfx`), bytes, { mode: 0o600 });
  }

  function program(form: Form, certificate: string): PulumiFn {
    if (form === "values") return fleet(lab(), { certificate });
    const hosts = Object.fromEntries(lab().ready.hosts.map(({ name }) => [name, { password: { env: `CANARY_${name}` } }]));
    const source = { pfx: { file: join(folder, `${certificate}.pfx`) }, password: { env: `CANARY_${certificate}` } };
    return fleet(lab(), { certificate, hosts, settings: { source } });
  }

  /** Runs an operation and searches what it says and leaves; whether it succeeded. */
  async function run(form: Form, operation: Operation, declared?: PulumiFn, failPoint?: string): Promise<boolean> {
    const { workspace } = stack.stack;
    const common = workspace.envVars;
    const said: string[] = [];
    const take = (text: string): void => void said.push(text);
    // the SDK sends its debug lines as events always, shown or not
    const onEvent = (event: { diagnosticEvent?: { severity: string } }): void => {
      if (form === "references" || event.diagnosticEvent?.severity !== "debug") take(`${JSON.stringify(event)}\n`);
    };
    if (declared) workspace.program = declared;
    workspace.envVars = { ...common, ...variables, ...(failPoint && { PULUMI_EXCHANGE_FAILPOINT: failPoint }) };
    const error = await stack.stack[operation]({ ...VERBOSITY[form], onOutput: take, onError: take, onEvent }).then(
      () => undefined,
      (reason: Error) => reason,
    );
    workspace.envVars = common;
    hunt.search(`output:${operation}`, said.join(""));
    if (error) hunt.search(`error:${operation}`, `${error.message}\n${error.stack}`);
    const backend = fileURLToPath(common.PULUMI_BACKEND_URL);
    for (const entry of readdirSync(backend, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) hunt.search(`state:${entry.name}`, readFileSync(join(entry.parentPath, entry.name)));
    }
    hunt.search(`lab history:${operation}`, JSON.stringify(await control(lab()).history()));
    return error === undefined;
  }

  for (const form of ["values", "references"] as const) {
    it(`given as ${form}: found nowhere from the first deployment to the end of the stack`, async function () {
      this.timeout(300_000);
      const [v1, v2] = [program(form, "v1"), program(form, "v2")];
      assert(await run(form, "up", v1));
      assert(await run(form, "preview", v2));
      assert(!(await run(form, "up", v2, "EDGE01/import.after-cmdlet=error")));
      assert(await run(form, "up", v2));
      assert(await run(form, "refresh"));
      assert(await run(form, "destroy"));
      const { output, state } = hunt.searched;
      assert(output.bytes > 10_000, `the CLI said ${output.bytes} bytes`);
      assert(state.places > 12, "history and backups were searched");
      console.log(`      figure: secret canaries on the engine, as ${form}: ${hunt.canaryCount} planted, ${hunt.hits.length} found`);
      for (const [kind, { places, bytes }] of Object.entries(hunt.searched))
        console.log(`        ${kind}: ${places} places, ${bytes} bytes`);
      assert.deepEqual(hunt.hits, []);
    });
  }
});

/** Hosts on which the agent cannot start: each is recognised and named, with its remedy. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { findProgram } from "../../../lab/interop/programs";
import { ExchangeError, type ErrorCode } from "../../../provider/base/errors";
import { startAgent } from "../../../provider/remote/agentClient";
import { SHELL_QUESTION, shellOf } from "../../../provider/remote/shellOf";
import { AGENT_COMMAND } from "../../../provider/remote/command";
import { connectSsh, type SshConnection } from "../../../provider/remote/ssh";
import { skipUnless } from "../../support/skip";
import { fakeAgent, startFakeHost, type FakeHost, type Program } from "./fakeHost";

let host: FakeHost;
let ssh: SshConnection;

async function refusal(program: Program, code: ErrorCode): Promise<ExchangeError> {
  host = await startFakeHost({ password: "Pa55-word", program });
  ssh = await connectSsh(host.connection);
  const error: unknown = await startAgent(ssh, { script: "# agent", host: "EDGE01", startMs: 250 }).then(
    () => assert.fail("was accepted"),
    (reason: unknown) => reason,
  );
  assert(error instanceof ExchangeError, String(error));
  assert.equal(error.code, code, error.message);
  return error;
}
/** Prints and ends; without a code it stays. `others` carry out any other command. */
function hostThat(text: string, code: number | undefined, others: "dead" | "cmd" | "powershell" | "posix" = "cmd", stderr = ""): Program {
  const answers = {
    cmd: "C:\\Windows\\system32\\cmd.exe:$PSHOME",
    powershell: "%ComSpec%:C:\\Program Files\\PowerShell\\7",
    posix: "%ComSpec%:",
  };
  return (channel, command) => {
    if (command === SHELL_QUESTION && others !== "dead") {
      channel.write(`pulumi-exchange:${answers[others]}\r\n`);
      channel.exit(0);
      return void channel.end();
    }
    channel.write(text);
    if (stderr) channel.stderr.write(stderr);
    if (code === undefined) return;
    channel.exit(code);
    channel.end();
  };
}

/** What Windows PowerShell 5.1 prints for the bootstrap's first New-Object, in English and in German. */
const CONSTRAINED = {
  English:
    "New-Object : Cannot create type. Only core types are supported in this language mode.\r\nAt line:1 char:36\r\n+ ...\r\n    + CategoryInfo          : PermissionDenied: (:) [New-Object], PSNotSupportedException\r\n    + FullyQualifiedErrorId : CannotCreateTypeConstrainedLanguage,Microsoft.PowerShell.Commands.NewObjectCommand\r\n",
  German:
    "New-Object : Der Typ kann nicht erstellt werden. In diesem Sprachmodus werden nur Kerntypen unterstützt.\r\nIn Zeile:1 Zeichen:36\r\n    + CategoryInfo          : PermissionDenied: (:) [New-Object], PSNotSupportedException\r\n    + FullyQualifiedErrorId : CannotCreateTypeConstrainedLanguage,Microsoft.PowerShell.Commands.NewObjectCommand\r\n",
};

describe("an agent that cannot start", () => {
  afterEach(async () => {
    ssh?.close();
    await host?.close();
  });

  for (const [language, text] of Object.entries(CONSTRAINED)) {
    it(`ConstrainedLanguage (${language})`, async () => {
      const error = await refusal(hostThat("", 1, "cmd", text), "POWERSHELL_CONSTRAINED");
      assert.match(error.hint, /WDAC, AppLocker/);
    });
  }

  const facts: [string, object, ErrorCode | undefined, RegExp?][] = [
    ["AllSigned by a group policy on a Mailbox server", { role: "Mailbox", scriptPolicy: "AllSigned" }, "EXECUTION_POLICY", /RemoteSigned/],
    ["scripts forbidden by a group policy there", { role: "Mailbox", scriptPolicy: "Restricted" }, "EXECUTION_POLICY", /RemoteSigned/],
    ["a 32-bit sshd", { bits: 32 }, "POWERSHELL_32BIT", /64-bit OpenSSH/],
    ["RemoteSigned", { role: "Mailbox", scriptPolicy: "RemoteSigned", bits: 64 }, undefined],
    ["AllSigned on an Edge, whose shell is no script", { role: "Edge", scriptPolicy: "AllSigned", bits: 64 }, undefined],
    ["an agent that does not tell", { role: "Mailbox" }, undefined],
  ];
  for (const [what, more, code, hint] of facts) {
    it(what, async () => {
      if (code) return void assert.match((await refusal(fakeAgent({ facts: more as Record<string, unknown> }), code)).hint, hint!);
      host = await startFakeHost({ password: "Pa55-word", program: fakeAgent({ facts: more as Record<string, unknown> }) });
      ssh = await connectSsh(host.connection);
      (await startAgent(ssh, { script: "# agent" })).close();
    });
  }

  it("a logon script that holds every command, silently", async () => {
    const error = await refusal(hostThat("", undefined, "dead"), "AGENT_PROTOCOL");
    assert.match(error.sentence, /it printed nothing\. No other command answers either/);
    assert.match(error.hint, /AutoRun.*profile.*logon script/s);
    assert.doesNotMatch(error.hint, /text it printed/);
  });

  it("a logon script that prints and ends every command", async () => {
    const error = await refusal(hostThat("Welcome to CONTOSO\r\n", 3, "dead"), "AGENT_PROTOCOL");
    assert.match(error.sentence, /exit code 3 .*it printed: Welcome to CONTOSO\. No other command answers/);
    assert.match(error.hint, /AutoRun/);
  });

  it("a PowerShell that hangs where other commands work", async () => {
    const error = await refusal(hostThat("", undefined, "powershell"), "AGENT_PROTOCOL");
    assert.match(error.sentence, /not ready within 0 s; it printed nothing\. Its default shell, PowerShell, answers/);
    assert.match(error.hint, /virus scanner or a policy/);
    assert.doesNotMatch(error.hint, /AutoRun/);
  });

  it("a Unix host that has a powershell.exe of its own", async () => {
    assert.match((await refusal(hostThat("", 0, "posix"), "AGENT_PROTOCOL")).hint, /not Windows/);
  });

  it("a localised 'not found' of cmd, and of PowerShell as sshd's default shell", async () => {
    const german = 'Der Befehl "powershell.exe" ist entweder falsch geschrieben oder\r\nkonnte nicht gefunden werden.\r\n';
    for (const [code, text] of [
      [1, german],
      [9009, "??"],
      [1, "powershell.exe : Die Benennung wurde nicht erkannt\r\n"],
    ] as const) {
      const error = await refusal(hostThat("", code, "cmd", text), "POWERSHELL_MISSING");
      assert.match(error.hint, /default shell \(cmd, PowerShell or PowerShell 7/);
      await host.close();
    }
  });

  it("long texts of a host: 300 characters before the hint, the rest behind it", async () => {
    const long = `\u001b[31mAlarm\u001b[0m\u0007 ${"long text ".repeat(100)}the end`;
    const error = await refusal(hostThat(long, 1, "cmd"), "AGENT_PROTOCOL");
    assert.ok(error.sentence.length < 500, String(error.sentence.length));
    assert.match(error.message, /Hint: .* In full: .*Alarm.*the end/s);

    assert.doesNotMatch(error.message, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  it("each shell shows itself in its answer to the question", () => {
    assert.equal(shellOf(""), "silent");
    assert.equal(shellOf("AutoRun says hello\r\npulumi-exchange:C:\\WINDOWS\\system32\\cmd.exe:$PSHOME\r\n"), "cmd");
    assert.equal(shellOf("pulumi-exchange:%ComSpec%:C:\\Windows\\System32\\WindowsPowerShell\\v1.0\r\n"), "powershell");
    assert.equal(shellOf(`${SHELL_QUESTION}\n`), "unknown");
  });

  skipUnless(process.platform !== "win32", "there is no sh on Windows").it("a real sh as well", () => {
    assert.equal(shellOf(execFileSync("/bin/sh", ["-c", SHELL_QUESTION], { encoding: "utf8" })), "posix");
  });

  skipUnless(findProgram("pwsh") !== undefined, "pwsh is not on the path").it("a real PowerShell as well", () => {
    assert.equal(shellOf(execFileSync(findProgram("pwsh")!, ["-NoProfile", "-c", SHELL_QUESTION], { encoding: "utf8" })), "powershell");
  });

  it("the constant command does not change with any of this", () => assert.match(AGENT_COMMAND, /^powershell\.exe -NoLogo -NoProfile /));
});

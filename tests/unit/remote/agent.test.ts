import assert from "node:assert/strict";
import type { ServerChannel } from "ssh2";
import { ExchangeError, type ErrorCode } from "../../../provider/base/errors";
import { bytes, secure, startAgent, type AgentOptions, type AgentSession } from "../../../provider/remote/agentClient";
import { AGENT_COMMAND } from "../../../provider/remote/command";
import { MAX_REPLY, type AgentErrorClass } from "../../../provider/remote/protocol";
import { connectSsh, type SshConnection } from "../../../provider/remote/ssh";
import { fakeAgent, startFakeHost, type Answer, type FakeAgentOptions, type FakeHost, type Program } from "./fakeHost";

const SCRIPT = "# the agent, with a smart quote ’ and 日本";
let host: FakeHost;
let ssh: SshConnection;

async function start(program: Program, options: Partial<AgentOptions> = {}): Promise<AgentSession> {
  host = await startFakeHost({ password: "Pa55-word", program });
  ssh = await connectSsh(host.connection);
  return startAgent(ssh, { script: SCRIPT, host: "EDGE01", ...options });
}
const startWith = (answer: Answer, more: FakeAgentOptions = {}, options: Partial<AgentOptions> = {}): Promise<AgentSession> =>
  start(fakeAgent({ answer, ...more }), options);

async function refusal(task: Promise<unknown>, code: ErrorCode): Promise<ExchangeError> {
  const error = await task.then(
    () => assert.fail("was accepted"),
    (reason: unknown) => reason,
  );
  assert(error instanceof ExchangeError, String(error));
  assert.equal(error.code, code, error.message);
  assert(error.hint.length > 0);
  return error;
}
/** A program that prints and ends. */
const printing =
  (text: string | Buffer, code?: number, stderr = ""): Program =>
  (channel) => {
    channel.write(text);
    if (stderr) channel.stderr.write(stderr);
    if (code === undefined) return;
    channel.exit(code);
    channel.end();
  };
/** Answers with raw bytes instead of a reply. */
const raw =
  (text: string | Buffer): Answer =>
  (_request, channel: ServerChannel) => {
    channel.write(text);
    return undefined;
  };
const query = (agent: AgentSession): Promise<unknown> => agent.request("invoke", { cmdlet: "Get-Queue", parameters: {}, select: [] });
const change = (agent: AgentSession, timeoutMs?: number): Promise<unknown> =>
  agent.request(
    "invoke",
    { cmdlet: "Set-SendConnector", parameters: { Identity: "secret-identity" }, select: [] },
    { fence: 1, timeoutMs },
  );

describe("agent client", () => {
  afterEach(async () => {
    ssh?.close();
    await host?.close();
  });

  it("starts the agent with the constant command, gets its facts and replies by id", async () => {
    const commands: string[] = [];
    const agent = fakeAgent();
    const session = await start((channel, command) => {
      commands.push(command);
      agent(channel, command);
    });
    assert.equal(session.facts.name, "EDGE01");
    assert.deepEqual(commands, [AGENT_COMMAND]);
    const params = { path: "a", data: "’$(x)`\u0000\u202e日本" };
    assert.deepEqual(await session.request("file.write", params, { fence: 7, key: "k" }), { echo: params });
    assert.deepEqual(agent.requests, [{ id: 1, op: "file.write", params, fence: 7, key: "k" }]);
  });

  it("pipelines: sends before it has an answer, and takes answers in any order", async () => {
    const waiting: number[] = [];
    const session = await startWith((request, channel) => {
      waiting.push(request.id);
      if (waiting.length < 3) return undefined;
      for (const id of waiting.reverse()) channel.write(JSON.stringify({ id, ok: true, value: { found: true, data: `${id}` } }) + "\n");
      return undefined;
    });
    const replies = await Promise.all(["a", "b", "c"].map((path) => session.request("file.read", { path })));
    assert.deepEqual(
      replies.map((reply) => reply.data),
      ["1", "2", "3"],
    );
  });

  it("skips a banner, a byte order mark and an OEM code page before the ready line", async () => {
    const banner = Buffer.concat([Buffer.from('Willkommen zur\r\n{ "kein": json\r\n'), Buffer.from([0x81, 0x94, 0x0a])]);
    const session = await startWith(() => ({ ok: true, value: {} }), { banner: Buffer.concat([banner, Buffer.from("\uFEFF")]) });
    await query(session);
  });

  it("keeps characters whole that are split over packets", async () => {
    const session = await startWith((request, channel) => {
      const reply = Buffer.from(JSON.stringify({ id: request.id, ok: true, value: { found: true, data: "日本’ü" } }) + "\n");
      for (const byte of reply) channel.write(Buffer.from([byte]));
      return undefined;
    });
    assert.equal((await session.request("file.read", { path: "x" })).data, "日本’ü");
  });

  const unfit: [string, Record<string, unknown>, ErrorCode][] = [
    ["another protocol", { protocol: 99 }, "AGENT_PROTOCOL"],
    ["another script's hash", { agent: "00" }, "AGENT_PROTOCOL"],
    ["a missing field", { folder: undefined }, "AGENT_PROTOCOL"],
    ["PowerShell 4", { powershell: "4.0" }, "POWERSHELL_TOO_OLD"],
    ["PowerShell 5.0", { powershell: "5.0.10586.117" }, "POWERSHELL_TOO_OLD"],
    ["no Exchange", { role: "None", exchange: null }, "EXCHANGE_MISSING"],
    ["a shell that is not elevated", { elevated: false }, "NOT_ELEVATED"],
  ];
  for (const [what, facts, code] of unfit) {
    it(`refuses a host with ${what}`, async () => {
      await refusal(start(fakeAgent({ facts })), code);
    });
  }

  const early: [string, Program, ErrorCode][] = [
    ["POSIX shell without PowerShell", printing("", 127, "sh: powershell.exe: not found"), "POWERSHELL_MISSING"],
    [
      "cmd.exe without PowerShell, in German",
      printing('Der Befehl "powershell.exe" ist entweder falsch geschrieben', 1),
      "POWERSHELL_MISSING",
    ],
    ["program that dies at once", printing("", 1), "AGENT_PROTOCOL"],
    ["program that prints half a line and dies", printing('{"event":"rea', 0), "AGENT_PROTOCOL"],
    ["banner without end", printing("x".repeat(200_000)), "AGENT_PROTOCOL"],
    ["banner of many lines without end", printing("hello\n".repeat(40_000)), "AGENT_PROTOCOL"],
    [
      "agent that reports a failed start",
      printing('{"id":null,"ok":false,"error":{"class":"ShellUnavailable","message":"no"}}\n'),
      "EXCHANGE_MISSING",
    ],
  ];
  for (const [what, program, code] of early) {
    it(`ends in words: ${what}`, async () => {
      const error = await refusal(start(program), code);
      assert.match(error.message, /EDGE01/);
    });
  }

  it("gives up on a host that never gets ready, and says what it printed", async () => {
    const error = await refusal(start(printing("press any key"), { startMs: 100 }), "AGENT_PROTOCOL");
    assert.match(error.message, /press any key/);
  });

  const garbage: [string, string | Buffer][] = [
    ["no JSON", "hello there\n"],
    ["JSON that is no reply", '{"hello":1}\n'],
    ["a reply with an unknown id", '{"id":4711,"ok":true,"value":{}}\n'],
    ["a reply with a null id", '{"id":null,"ok":false,"error":{"class":"BadRequest","message":"?"}}\n'],
    ["a refusal without a class", '{"id":1,"ok":false}\n'],
    ["an OEM code page", Buffer.from([0x7b, 0x22, 0x81, 0x22, 0x7d, 0x0a])],
    ["a line above 10 MB", "y".repeat(MAX_REPLY + 1)],
  ];
  for (const [what, text] of garbage) {
    it(`ends the session on ${what}`, async () => {
      const session = await startWith(raw(text));
      const [first, second] = await Promise.all([refusal(change(session), "AGENT_PROTOCOL"), refusal(query(session), "AGENT_PROTOCOL")]);
      assert.equal(first.unknown, true);
      assert.equal(second.unknown, false);
      assert.equal((await session.closed).code, "AGENT_PROTOCOL");
      assert.equal((await refusal(change(session), "AGENT_PROTOCOL")).unknown, false);
    });
  }

  it("marks a mutation unknown when the process dies or the connection goes", async () => {
    const dying: Answer = (_request, channel) => void (channel.exit(1), channel.end());
    const cut: Answer = () => void [...host.clients].forEach((client) => client.end());
    for (const answer of [dying, cut]) {
      const session = await startWith(answer);
      const errors = await Promise.all([refusal(change(session), "CONNECTION_LOST"), refusal(query(session), "CONNECTION_LOST")]);
      assert.deepEqual(
        errors.map((error) => error.unknown),
        [true, false],
      );
      assert.equal((await refusal(change(session), "CONNECTION_LOST")).unknown, false);
      ssh.close();
      await host.close();
    }
  });

  it("does not take half a line for a reply when the connection goes", async () => {
    const session = await startWith((_request, channel) => {
      channel.write('{"id":1,"ok":true,"value":{}}');
      channel.exit(0);
      channel.end();
      return undefined;
    });
    assert.equal((await refusal(change(session), "CONNECTION_LOST")).unknown, true);
  });

  it("ends a call that takes too long, and takes no more calls", async () => {
    const session = await startWith(() => undefined);
    const slow = refusal(change(session, 60), "CALL_TIMEOUT");
    const behind = refusal(query(session), "CONNECTION_LOST");
    const error = await slow;
    assert.equal(error.unknown, true);
    assert.match(error.message, /Set-SendConnector/);
    assert(!error.message.includes("secret-identity"));
    await behind;
    assert.equal(session.isOpen, false);
  });

  it("counts a call's time from when the host can start on it", async () => {
    const session = await startWith(() => undefined);
    const first = refusal(session.request("hello", {}, { timeoutMs: 150 }), "CALL_TIMEOUT");
    // Were its clock running while it waits in line, this one would time out first.
    const second = refusal(session.request("hello", {}, { timeoutMs: 50 }), "CONNECTION_LOST");
    await first;
    await second;
  });

  const classes: [AgentErrorClass, ErrorCode][] = [
    ["CmdletFailed", "CMDLET_FAILED"],
    ["PromptRefused", "CMDLET_FAILED"],
    ["Fenced", "FENCED"],
    ["FileFailed", "JOURNAL_UNWRITABLE"],
    ["ServiceFailed", "SERVICE_FAILED"],
    ["ServiceNotFound", "SERVICE_FAILED"],
    ["GuardRefused", "AGENT_REFUSED"],
    ["NotAllowed", "AGENT_REFUSED"],
    ["BadRequest", "AGENT_REFUSED"],
    ["CommandNotFound", "AGENT_REFUSED"],
    ["CredentialNeeded", "SHELL_CREDENTIAL"],
    ["ShellUnavailable", "EXCHANGE_MISSING"],
    ["Busy", "HOST_BUSY"],
    ["FenceDamaged", "FENCE_DAMAGED"],
    ["FenceRequired", "AGENT_REFUSED"],
    ["TooLarge", "AGENT_REFUSED"],
    ["UnknownOperation", "AGENT_REFUSED"],
    ["ExecutableFailed", "REQUEST_NOT_ISSUED"],
    ["Internal", "AGENT_REFUSED"],
  ];
  it("translates every error class, with type and id but without parameter values", async () => {
    let next: AgentErrorClass = "Internal";
    const session = await startWith(() => ({
      ok: false,
      error: { class: next, message: "it said so", type: "T", fqid: "F,C", category: "InvalidOperation", inner: "I" },
    }));
    for (const [errorClass, code] of classes) {
      next = errorClass;
      const error = await refusal(change(session), code);
      const { class: given, type, fqid, category, inner, prompt, text } = error.details;
      assert.deepEqual(
        { given, type, fqid, category, inner, text },
        {
          given: errorClass,
          type: "T",
          fqid: "F,C",
          category: "InvalidOperation",
          inner: "I",
          text: "it said so",
        },
      );
      assert.equal(prompt, errorClass === "PromptRefused" ? true : undefined);
      assert.equal(error.unknown, errorClass === "Internal");
      assert.match(error.message, /EDGE01: Set-SendConnector/);
      assert(!error.message.includes("secret-identity"));
    }
  });

  it("a damaged fence: its file, and how to repair it without letting an old writer in", async () => {
    const message = "The stored fence cannot be read: C:\\ProgramData\\pulumi-exchange\\.agent\\fence.";
    const session = await startWith(() => ({ ok: false, error: { class: "FenceDamaged", message } }));
    const error = await refusal(change(session), "FENCE_DAMAGED");
    assert.deepEqual([error.unknown, error.retryable], [false, false], "nothing was changed, and nothing mends itself");
    assert.match(error.message, /\.agent\\fence/);
    assert.match(error.hint, /no run is at work/i);
    assert.match(error.hint, /number of the newest file in its lease folder/);
  });

  it("tags what JSON cannot say", () => {
    assert.deepEqual(bytes(Buffer.from([1, 2, 255])), { $bytes: "AQL/" });
    assert.deepEqual(secure("x"), { $secure: "x" });
  });
});

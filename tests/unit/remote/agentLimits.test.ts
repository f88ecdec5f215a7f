/** How much time and how many bytes a request and its reply may take. */
import assert from "node:assert/strict";
import { ExchangeError, type ErrorCode } from "../../../provider/base/errors";
import { startAgent, type AgentOptions, type AgentSession } from "../../../provider/remote/agentClient";
import { MAX_LINE, MAX_REPLY } from "../../../provider/remote/protocol";
import { connectSsh, type SshConnection } from "../../../provider/remote/ssh";
import { fakeAgent, startFakeHost, type Answer, type FakeAgent, type FakeHost } from "./fakeHost";

describe("agent client: limits", () => {
  let host: FakeHost | undefined;
  let ssh: SshConnection | undefined;
  let agent: FakeAgent;

  const start = async (answer: Answer, options: Partial<AgentOptions> = {}): Promise<AgentSession> => {
    agent = fakeAgent({ answer });
    host = await startFakeHost({ password: "Pa55-word", program: agent });
    ssh = await connectSsh(host.connection);
    return startAgent(ssh, { script: "# the agent", ...options });
  };

  afterEach(async () => {
    ssh?.close();
    await host?.close();
  });

  it("gives a change of a service the time that the host may take for it", async () => {
    const slow: Answer = (request, channel) => {
      setTimeout(() => channel.write(JSON.stringify({ id: request.id, ok: true, value: { status: "Stopped" } }) + "\n"), 100);
      return undefined;
    };
    const session = await start(slow, { requestMs: 1, slowMs: 60_000 });
    assert.equal((await session.request("service.stop", { name: "MSExchangeTransport" }, { fence: 1 })).status, "Stopped");
    await refusal(session.request("service.status", { name: "MSExchangeTransport" }), "CALL_TIMEOUT");
  });

  it("takes a reply of almost 10 MB", async () => {
    const text = "q".repeat(MAX_REPLY - 100);
    const session = await start(() => ({ ok: true, value: { objects: [{ Name: text }], warnings: [] } }));
    const { objects } = await session.request("invoke", { cmdlet: "Get-Queue", parameters: {}, select: ["Name"] });
    assert.equal((objects[0].Name as string).length, text.length);
  });

  it("reads a file as long as the agent gives one", async () => {
    const data = Buffer.alloc(7_000_000, 7).toString("base64");
    const session = await start(() => ({ ok: true, value: { found: true, data } }));
    assert.equal((await session.request("file.read", { path: "journal.jsonl" })).data, data);
  });

  it("refuses a request above the line limit without sending it", async () => {
    const session = await start(() => ({ ok: true, value: {} }));
    const error = await refusal(session.request("file.write", { path: "x", data: "z".repeat(MAX_LINE) }), "AGENT_REFUSED");
    assert.equal(error.details.class, "TooLarge");
    assert.equal(agent.requests.length, 0);
  });
});

async function refusal(task: Promise<unknown>, code: ErrorCode): Promise<ExchangeError> {
  const error = await task.then(
    () => assert.fail("was accepted"),
    (reason: unknown) => reason,
  );
  assert(error instanceof ExchangeError, String(error));
  assert.equal(error.code, code, error.message);
  return error;
}

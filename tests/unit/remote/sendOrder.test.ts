/** What the client sends ahead of answers, and what it holds back: docs/agent-protocol.md, section 5. */
import assert from "node:assert/strict";
import type { ExchangeError } from "../../../provider/base/errors";
import { startAgent, type AgentSession } from "../../../provider/remote/agentClient";
import { connectSsh, type SshConnection } from "../../../provider/remote/ssh";
import { fakeAgent, startFakeHost, type Answer, type FakeAgent, type FakeHost } from "./fakeHost";

describe("agent client: what is sent ahead", () => {
  let host: FakeHost | undefined;
  let ssh: SshConnection | undefined;
  let agent: FakeAgent;

  const start = async (answer: Answer): Promise<AgentSession> => {
    agent = fakeAgent({ answer });
    host = await startFakeHost({ password: "Pa55-word", program: agent });
    ssh = await connectSsh(host.connection);
    return startAgent(ssh, { script: "# the agent" });
  };
  const set = (session: AgentSession, Identity: string): Promise<unknown> =>
    session.request("invoke", { cmdlet: "Set-SendConnector", parameters: { Identity }, select: [] }, { fence: 1 });
  const read = (session: AgentSession, path: string): Promise<unknown> => session.request("file.read", { path });
  const shown = ({ params }: { params: object }): unknown => {
    const { path, name, parameters } = params as { path?: string; name?: string; parameters?: { Identity: string } };
    return path ?? name ?? parameters?.Identity;
  };
  afterEach(async () => {
    ssh?.close();
    await host?.close();
  });

  it("one change after the other, reads ahead, everything in its order", async () => {
    const open = new Set<number>();
    const together: number[] = [];
    const session = await start((request, channel) => {
      const changes = request.op === "invoke" || request.op.startsWith("service.");
      if (changes) open.add(request.id);
      together.push(open.size);
      setImmediate(() => {
        open.delete(request.id);
        channel.write(JSON.stringify({ id: request.id, ok: true, value: {} }) + "\n");
      });
      return undefined;
    });
    const first = session.request("service.stop", { name: "W3SVC" }, { fence: 1 });
    await Promise.all([first, set(session, "A"), read(session, "r1"), read(session, "r2"), set(session, "B"), read(session, "r3")]);
    assert.deepEqual(agent.requests.map(shown), ["W3SVC", "A", "r1", "r2", "B", "r3"]);
    assert.ok(Math.max(...together) === 1, together.join());
  });

  it("a refused change lets the next one go, too", async () => {
    const refused = { ok: false, error: { class: "CmdletFailed", message: "no" } };
    const session = await start((request) => (request.id === 1 ? refused : { ok: true, value: {} }));
    const [first, second] = await Promise.allSettled([set(session, "A"), set(session, "B")]);
    assert.deepEqual([first.status, second.status, agent.requests.length], ["rejected", "fulfilled", 2]);
  });

  it("what was held back when the session ended was never sent", async () => {
    const session = await start(() => undefined);
    const calls = [set(session, "A"), read(session, "r1"), set(session, "B"), read(session, "r2")];
    const settled = Promise.allSettled(calls);
    // the host has got whatever came before the end of its input
    session.close();
    const errors = (await settled).map((one) => (one as PromiseRejectedResult).reason as ExchangeError);
    assert.deepEqual(
      errors.map(({ code, unknown }) => [code, unknown]),
      [
        ["CONNECTION_LOST", true],
        ["CONNECTION_LOST", false],
        ["CONNECTION_LOST", false],
        ["CONNECTION_LOST", false],
      ],
    );
    assert.match(errors[2].sentence, /was not sent/);
    await agent.ended;
    assert.deepEqual(agent.requests.map(shown), ["A", "r1"]);
  });
});

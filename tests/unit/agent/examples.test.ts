/** The examples of docs/agent-protocol.md against the provider's own encoder and decoder, and against the lab's agent. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ExchangeError } from "../../../provider/base/errors";
import { startAgent } from "../../../provider/remote/agentClient";
import { connectSsh } from "../../../provider/remote/ssh";
import { OPERATIONS } from "../../../provider/remote/protocol";
import { FILES } from "../../../tools/generate-agent";
import { startTestLab } from "../../support/lab";
import { TestAgent } from "../lab/doors/client";
import { fakeAgent, startFakeHost } from "../remote/fakeHost";
import { difference, examplesOf, type Example, type Host } from "../../support/agents/documentExamples";
import { labNames, replay } from "../../support/agents/replay";
import { root } from "./repository";

const examples = examplesOf(readFileSync(join(root, FILES.doc), "utf8"));
const HOSTS: Host[] = ["EDGE01", "MBX01"];
const of = (host: Host): Example[] => examples.filter((example) => example.host === host);

describe("docs/agent-protocol.md: examples", () => {
  it("show every operation at work, and the refusals that a writer meets first", () => {
    const shown = new Set<string | undefined>(examples.filter(({ reply }) => reply.ok).map(({ request }) => request?.op));
    assert.deepEqual(
      Object.keys(OPERATIONS).filter((op) => !shown.has(op)),
      [],
    );
    const classes = new Set(examples.flatMap(({ reply }) => (reply.ok ? [] : [reply.error.class])));
    for (const name of ["BadRequest", "UnknownOperation", "NotAllowed", "FenceRequired", "Fenced", "CmdletFailed", "PromptRefused"])
      assert.ok(classes.has(name as never), name);
    for (const name of ["GuardRefused", "ServiceFailed", "ServiceNotFound"]) assert.ok(classes.has(name as never), name);
  });

  it("are numbered as the client numbers, and each reply has its request's id", () => {
    for (const host of HOSTS) {
      const asked = of(host).filter(({ request }) => request);
      assert.deepEqual(
        asked.map(({ request }) => request!.id),
        asked.map((_, index) => index + 1),
      );
    }
    for (const { request, reply } of examples) assert.equal(reply.id, request?.id ?? null);
  });

  for (const host of HOSTS) {
    it(`are what the provider sends to ${host}, and the replies what it understands`, async () => {
      const asked = of(host).filter(({ request }) => request);
      const agent = fakeAgent({ answer: ({ id }) => asked[id - 1].reply });
      const fake = await startFakeHost({ password: "Pa55-word", program: agent });
      const ssh = await connectSsh(fake.connection);
      try {
        const session = await startAgent(ssh, { script: "# the agent" });
        for (const { request, reply } of asked) {
          const { op, params, fence, key } = request!;
          const answer = session.request(op, params, { fence, key });
          if (reply.ok) assert.deepEqual(await answer, reply.value);
          else await assert.rejects(answer, (error: ExchangeError) => error.details.class === reply.error.class);
        }
        assert.deepEqual(
          agent.requests,
          asked.map(({ request }) => request),
        );
      } finally {
        ssh.close();
        await fake.close();
      }
    });
  }

  it("are answered by the lab's agent in the same form", async () => {
    const lab = await startTestLab({ scenario: "contoso", speed: 100_000 });
    try {
      const names = labNames(lab);
      for (const host of HOSTS) {
        const agent = await TestAgent.open(lab, host);
        await replay(agent, of(host), names);
        await agent.end();
      }
    } finally {
      await lab.close();
    }
  });

  it("differ from a reply with another field, another type or a time that is none", () => {
    assert.equal(difference({ a: [{ b: 1 }] }, { a: [{ b: 2 }, { b: 3 }] }), undefined);
    assert.match(difference({ a: 1 }, { a: 1, b: 2 })!, /value\.b is undefined in the page/);
    assert.match(difference({ a: [{ b: 1 }] }, { a: [{ b: "1" }] })!, /value\.a\[0\]\.b is number/);
    assert.match(difference({ utc: "2026-01-01T00:00:00Z" }, { utc: "yesterday" })!, /value\.utc/);
  });
});

/** The filter of `invoke`: by the agent where it knows it, else by the client, and nobody can tell which. */
import assert from "node:assert/strict";
import { useAgentScript } from "../../../provider/remote/agentScript";
import { operating } from "../../../provider/remote/readings";
import { closeAll, openSession, type HostSession } from "../../../provider/remote/sessions";
import type { Where } from "../../../provider/remote/protocol";
import { fits, invokeWhere, isWanted, widened } from "../../../provider/remote/where";
import { LeasedShell } from "../../../provider/rotation/leasedShell";
import { control, startTestLab } from "../../support/lab";
import { fakeAgent, startFakeHost, type FakeHost } from "./fakeHost";

const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `t${index}`);

describe("where: which objects are wanted", () => {
  const object = {
    Name: "one",
    Sources: ["EDGE01", null, ["EDGE09"]],
    Single: ["x"],
    Port: 25,
    On: true,
    None: null,
    Empty: [],
    Blank: "",
  };
  const wanted: Where[] = [
    { Name: ["ONE"] },
    { name: ["two", "one"] },
    { Sources: ["edge01"] },
    { Single: ["X"] },
    { Port: ["25"] },
    { On: ["True"] },
    { Blank: [""] },
    { Name: ["two"], Port: ["26"], Single: ["x"] },
  ];
  const unwanted: Where[] = [
    {},
    { Name: [] },
    { Name: ["on", "one ", "o*", "."] },
    { Sources: ["", "null", "EDGE09", "EDGE01,,EDGE09"] },
    { None: ["", "null"] },
    { Missing: ["", "undefined"] },
    { Empty: [""] },
  ];
  for (const where of wanted) it(`${JSON.stringify(where)} finds it`, () => assert.equal(isWanted(object, where), true));
  for (const where of unwanted) it(`${JSON.stringify(where)} does not`, () => assert.equal(isWanted(object, where), false));

  it("no letter becomes two: ß is no SS", () => {
    assert.equal(isWanted({ Name: "Maß" }, { Name: ["MASS"] }), false);
    assert.equal(isWanted({ Name: "Maß Ä" }, { Name: ["MAß ä"] }), true);
  });
});

describe("where: without an agent that knows it", () => {
  it("the filter's properties are asked for beside the selected ones, in any case", () => {
    assert.deepEqual(widened(["Name", "Site"], { NAME: ["a"], Fqdn: ["b"] }), ["Name", "Site", "Fqdn"]);
    assert.deepEqual(widened([], { Fqdn: ["b"] }), ["Fqdn"]);
  });

  it("they are taken off again, in the order of what was selected", async () => {
    const given = {
      objects: [
        { Site: "s", Name: "a", Fqdn: "f" },
        { Site: "s", Name: "b", Fqdn: "g" },
      ],
      warnings: ["w"],
    };
    const asked: unknown[] = [];
    const ask = async (...args: unknown[]) => {
      asked.push(args);
      return given;
    };
    const invoked = await invokeWhere(ask, ["Site", "Name"], { Fqdn: ["F"] }, false);
    assert.deepEqual(invoked, { objects: [{ Site: "s", Name: "a" }], warnings: ["w"] });
    assert.deepEqual(asked, [[["Site", "Name", "Fqdn"]]]);
    assert.equal(given.objects[1].Fqdn, "g", "what was given is left as it was");
  });

  it("a filter that no request can say is never sent", async () => {
    for (const where of [{}, { Name: [] }, { Name: many(65) }, Object.fromEntries(many(9).map((name) => [name, ["x"]]))]) {
      assert.equal(fits(where), false);
      const ask = async (_select: readonly string[], sent?: Where) => {
        assert.equal(sent, undefined);
        return { objects: [{ Name: "t64" }], warnings: [] };
      };
      const { objects } = await invokeWhere(ask, ["Name"], where, true);
      assert.equal(objects.length, where.Name?.includes("t64") ? 1 : 0);
    }
    assert.equal(fits(Object.fromEntries(many(8).map((name) => [name, many(64)]))), true);
  });
});

describe("where: a session", () => {
  let host: FakeHost;
  before(() => useAgentScript("# agent"));
  after(() => useAgentScript());
  afterEach(async () => {
    await closeAll();
    await host.close();
  });
  const objects = [
    { Name: "a", Fqdn: "f" },
    { Name: "b", Fqdn: "g" },
  ];
  const serve = async (facts: object) => {
    const agent = fakeAgent({ facts: { ...facts }, answer: () => ({ ok: true, value: { objects, warnings: [] } }) });
    host = await startFakeHost({ password: "Pa55-word", program: agent });
    const session = await openSession(host.connection);
    return { agent, session, sent: () => agent.requests.map(({ params }) => [params.select, params.where]) };
  };
  const ask = (session: Pick<HostSession, "invoke">, where?: Where) =>
    session.invoke("Get-SendConnector", {}, ["Name"], { where, timeoutMs: 5_000 });

  it("sends it where the agent's facts say so", async () => {
    const { session, sent } = await serve({ where: true });
    assert.deepEqual((await ask(session, { Fqdn: ["g"] })).objects, objects, "the agent has filtered");
    await ask(session);
    assert.deepEqual(sent(), [
      [["Name"], { Fqdn: ["g"] }],
      [["Name"], undefined],
    ]);
  });

  for (const facts of [{}, { where: false }, { where: "yes" }])
    it(`never sends it where they say ${JSON.stringify(facts)}`, async () => {
      const { session, sent } = await serve(facts);
      assert.deepEqual((await ask(session, { Fqdn: ["g"] })).objects, [{ Name: "b" }]);
      assert.deepEqual(sent(), [[["Name", "Fqdn"], undefined]]);
    });

  it("asks the agent that is there after a lost session", async () => {
    const facts: { where?: boolean } = { where: true };
    const agent = fakeAgent({ facts, answer: () => ({ ok: true, value: { objects, warnings: [] } }) });
    host = await startFakeHost({ password: "Pa55-word", program: agent });
    const session = await openSession(host.connection);
    facts.where = false;
    for (const client of host.clients) client.end();
    await session.ssh.closed;
    assert.deepEqual((await ask(session, { Fqdn: ["g"] })).objects, [{ Name: "b" }]);
    assert.deepEqual(agent.requests[0].params.select, ["Name", "Fqdn"]);
  });

  it("an answer stands for the same filter only", async () => {
    for (const where of [true, false]) {
      const { agent, session } = await serve({ where });
      await operating(async () => {
        for (const fqdn of ["f", "f", "g", "f"]) await ask(session, { Fqdn: [fqdn] });
        await ask(session);
      });
      // without it, all objects with the filter's property stand for every filter of it
      assert.equal(agent.requests.length, where ? 3 : 2);
      await closeAll();
      await host.close();
    }
  });

  it("is passed on by a leased shell", async () => {
    const { session, sent } = await serve({ where: true });
    const leased = new LeasedShell(session, { lease: { fence: 7 } } as never);
    await ask(leased as never, { Fqdn: ["g"] });
    await leased.invoke("Start-EdgeSynchronization", {}, ["Name"], { where: { Name: ["a"] } });
    assert.deepEqual(
      sent().map(([, where]) => where),
      [{ Fqdn: ["g"] }, { Name: ["a"] }],
    );
  });
});

describe("where: the lab's agents, present and of before", () => {
  it("give the same through a session, and the present one gives less away", async () => {
    const lab = await startTestLab({ scenario: "contoso" });
    const asks: [cmdlet: string, select: string[], where: Where][] = [
      ["Get-SendConnector", ["Name", "Fqdn"], { SourceTransportServers: ["edge01"] }],
      ["Get-SendConnector", ["SourceTransportServers"], { SourceTransportServers: ["edge99"], name: ["outbound to office 365"] }],
      ["Get-EdgeSubscription", ["Site"], { Name: ["EDGE02", "edge99"] }],
      ["Get-EdgeSubscription", [], { Name: ["edge01", "EDGE02"] }],
      ["Get-ExchangeCertificate", ["Thumbprint", "Services"], { HasPrivateKey: ["TRUE"] }],
      ["Get-ExchangeCertificate", ["Thumbprint"], { Thumbprint: ["AA"], Missing: [""] }],
    ];
    const given: unknown[][] = [];
    try {
      for (const agentOperations of ["all", "before"]) {
        await control(lab).toggles({ agentOperations });
        const { host, port, hostKey, user, password } = lab.ready.hosts.find(({ name }) => name === "MBX01")!.ssh;
        const session = await openSession({ host, port, hostKey, user, password });
        assert.equal(session.facts.where, agentOperations === "all" ? true : undefined);
        const answers = [];
        for (const [cmdlet, select, where] of asks) answers.push(await session.invoke(cmdlet, {}, select, { where }));
        given.push(answers);
        await closeAll();
      }
    } finally {
      await lab.close();
    }
    assert.deepEqual(given[0], given[1]);
    const counts = (given[0] as { objects: unknown[] }[]).map(({ objects }) => objects.length);
    assert.ok(
      counts.slice(0, 5).every((count) => count > 0),
      String(counts),
    );
    assert.equal(counts[5], 0);
  });
});

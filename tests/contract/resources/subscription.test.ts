/** Edge Subscriptions: recreated with everything restored, made for the first time, refused and cured. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { scenarioFolder } from "../../../lab/model/scenarioFile";
import { delivered, sendMail, synchronized } from "../../support/stories/mail";
import { rigForEach, type Bag, type Program, type Rig } from "../../support/stories/rig";
import type { LabOptions } from "../../../lab/start";

const SITE = "Default-First-Site-Name";

/** A scenario's object, changed. */
function scenario(name: string, change: (json: Scenario) => void): LabOptions["scenario"] {
  const json = JSON.parse(readFileSync(join(scenarioFolder(), `${name}.json`), "utf8")) as Scenario;
  change(json);
  return json as unknown as LabOptions["scenario"];
}
interface Scenario {
  subscriptions: object[];
  sendConnectors: object[];
  [key: string]: unknown;
}

/** What makes up a connector for a person: its properties without what is new with every object. */
function lasting(connectors: Bag[]): Bag[] {
  const own = [
    "Guid",
    "Id",
    "DistinguishedName",
    "WhenChanged",
    "WhenChangedUTC",
    "WhenCreated",
    "WhenCreatedUTC",
    "ObjectState",
    "OriginatingServer",
  ];
  // With several sources this is the one that Exchange lists first.
  const derived = (one: Bag): string[] => ((one.SourceTransportServers as string[]).length > 1 ? ["HomeMtaServerId"] : []);
  const bare = connectors.map((one) =>
    Object.fromEntries(Object.entries(one).filter(([name]) => ![...own, ...derived(one)].includes(name))),
  );
  return bare.map((one) => ({ ...one, SourceTransportServers: [...(one.SourceTransportServers as string[])].sort() })).sort(byName);
}
const byName = (a: Bag, b: Bag): number => (String(a.Name) < String(b.Name) ? -1 : 1);

/** The Edge's window as EdgeTransport wires it. */
const edgeWindow =
  (rig: Rig, edge: string, certificate: string, subscription: object = {}): Program =>
  async (declare) => {
    const [host, organization] = [rig.host(edge), rig.host("MBX01")];
    const made = await declare("Certificate", "certificate", {
      host,
      organization,
      source: rig.source(certificate),
      services: ["SMTP"],
      defaultSmtp: "replace",
      drain: "hold",
    });
    const bound = await declare("EdgeSubscription", "subscription", {
      edge: host,
      organization,
      site: SITE,
      certificateThumbprint: made.thumbprint,
      after: [made.revision],
      ...subscription,
    });
    await declare("TransportService", "transport", {
      host,
      organization,
      expectThumbprint: made.thumbprint,
      after: [made.revision, bound.revision],
    });
  };

describe('EdgeSubscription, method "recreate"', () => {
  const rare = {
    Name: "Rare",
    AddressSpaces: ["smtp:rare.example;3", "smtp:*.rare.example;4"],
    SourceTransportServers: ["EDGE01"],
    SmartHosts: ["relay.rare.example", "[192.0.2.7]"],
    DNSRoutingEnabled: false,
    SmartHostAuthMechanism: "None",
    Port: 2525,
    RequireTLS: true,
    TlsAuthLevel: "DomainValidation",
    TlsDomain: "rare.example",
    certificate: "v1",
    Fqdn: "out.contoso.com",
    MaxMessageSize: "20 MB (20,971,520 bytes)",
    ConnectionInactivityTimeOut: "00:07:30",
    ProtocolLoggingLevel: "Verbose",
    ForceHELO: false,
    UseExternalDNSServersEnabled: true,
    SmtpMaxMessagesPerConnection: 7,
    Enabled: false,
    Comment: 'ask Rare first; 50% "quoted"',
  };
  const rig = rigForEach(() => ({ scenario: scenario("contoso", (json) => json.sendConnectors.push(rare)) }));

  /** An agent of before filters nothing: all that is listed comes, and the provider takes what it asked for. */
  for (const agentOperations of ["all", "before"])
    it(`restores every connector that Exchange took away (agent: ${agentOperations})`, async () => {
      await rig().control.toggles({ agentOperations });
      const before = lasting(rig().sendConnectors());
      const run = await rig().apply(edgeWindow(rig(), "EDGE01", "v2", { method: "recreate" }));
      assert.ok(run.mutating.includes("MBX01:Remove-EdgeSubscription"), run.mutating.join());
      assert.ok(run.mutating.filter((call) => call === "MBX01:New-SendConnector").length >= 2, "the sole-source ones were deleted");
      const after = lasting(rig().sendConnectors());
      assert.deepEqual(after, before);
      assert.equal((await synchronized(rig(), "MBX01", "EDGE01")).status, "Normal");
      assert.deepEqual(rig().leftovers(), []);
      await rig().settled(edgeWindow(rig(), "EDGE01", "v2", { method: "recreate" }));
    });

  it("a run that broke off after the removal restores them all the same", async () => {
    const before = lasting(rig().sendConnectors());
    await rig().control.fault({ host: "MBX01", cmdlet: "New-SendConnector", nth: 1, at: "before", kind: "disconnect" });
    const program = edgeWindow(rig(), "EDGE01", "v2", { method: "recreate" });
    assert.equal((await rig().up(program)).ok, false);
    assert.equal(rig().server("EDGE01").services.MSExchangeTransport, "Stopped");
    await rig().apply(program);
    assert.deepEqual(lasting(rig().sendConnectors()), before);
    assert.equal(rig().server("EDGE01").transportThumbprint, rig().thumbprint("v2"));
  });
});

describe("EdgeSubscription: the first one of an Edge", () => {
  const rig = rigForEach(() => ({ scenario: scenario("contoso", (json) => json.subscriptions.pop()) }));

  it("subscribes, with the default connectors where they are asked for", async () => {
    assert.deepEqual(
      rig()
        .subscriptions()
        .map(({ Name }) => Name),
      ["EDGE01"],
    );
    const program = edgeWindow(rig(), "EDGE02", "v2", { createInternetSendConnector: true, createInboundSendConnector: true });
    await rig().apply(program);
    assert.deepEqual(
      rig()
        .subscriptions()
        .map(({ Name, Site }) => [Name, Site]),
      [
        ["EDGE01", SITE],
        ["EDGE02", SITE],
      ],
    );
    assert.equal(rig().server("EDGE02").subscribed, true);
    for (const name of [`EdgeSync - ${SITE} to Internet`, `EdgeSync - Inbound to ${SITE}`]) {
      assert.deepEqual((rig().sendConnector(name).SourceTransportServers as string[]).sort(), ["EDGE01", "EDGE02"], name);
    }
    const mail = await sendMail(rig(), "EDGE02", "someone@contoso.com");
    assert.deepEqual(await delivered(rig(), mail), ["EDGE02", "MBX01"]);
    await rig().settled(program);
  });

  it("an Edge with connectors of its own is not robbed of them unasked", async () => {
    const parameters = { Name: "Own", AddressSpaces: ["smtp:own.example;1"] };
    await rig().control.operator("EDGE02", "New-SendConnector", parameters);
    const args = { edge: rig().host("EDGE02"), organization: rig().host("MBX01"), site: SITE };
    const { text, mutating } = await rig().fails(rig().one("EdgeSubscription", args));
    assert.match(text, /\[CONNECTOR_WOULD_BE_LOST\] EDGE02: the first subscription deletes its 1 own send connector/);
    assert.deepEqual(mutating, []);
    await rig().apply(rig().one("EdgeSubscription", { ...args, allowConnectorLoss: true }));
    assert.equal(rig().server("EDGE02").subscribed, true);
  });
});

describe("EdgeSubscription: refusals and cures", () => {
  const rig = rigForEach();
  const subscription = (more: object = {}) =>
    rig().one("EdgeSubscription", { edge: rig().host("EDGE01"), organization: rig().host("MBX01"), site: SITE, ...more });

  it("a site that is not the Edge's is SITE_UNKNOWN, with the right one in the hint", async () => {
    const { text, mutating } = await rig().fails(subscription({ site: "Elsewhere" }));
    assert.match(
      text,
      /\[SITE_UNKNOWN\] EDGE01 is subscribed to site Default-First-Site-Name, not Elsewhere.*Set site to "Default-First-Site-Name"/,
    );
    assert.deepEqual(mutating, []);
  });

  it("Exchange refuses a site that is not there, and the Edge goes back into service", async () => {
    await rig().control.operator("MBX01", "Remove-EdgeSubscription", { Identity: "EDGE01", Force: true, Confirm: false });
    const { text } = await rig().fails(subscription({ site: "Elsewhere", allowConnectorLoss: true }));
    assert.match(text, /\[(SITE_UNKNOWN|CMDLET_FAILED|SUBSCRIPTION_REFUSED)\].*Elsewhere/);
    await rig().apply(subscription({ allowConnectorLoss: true }));
    assert.equal(rig().server("EDGE01").services.MSExchangeTransport, "Running");
  });

  it("a certificate that is not the Edge's default cannot be bound", async () => {
    const { text, mutating } = await rig().fails(subscription({ certificateThumbprint: rig().thumbprint("v2") }));
    assert.match(text, /\[SUBSCRIPTION_NOT_DEFAULT\] EDGE01: the default certificate is [0-9A-F]{40}, not [0-9A-F]{40}/);
    assert.deepEqual(mutating, []);
  });

  it("the next run exports a new file where one has expired on its way", async () => {
    await rig().control.fault({ host: "MBX01", cmdlet: "New-EdgeSubscription", nth: 1, at: "before", kind: "disconnect" });
    const program = edgeWindow(rig(), "EDGE01", "v2");
    assert.equal((await rig().up(program)).ok, false);
    assert.equal(rig().server("EDGE01").services.MSExchangeTransport, "Stopped");
    await rig().control.clock(25 * 3600);
    const again = await rig().apply(program);
    assert.ok(again.mutating.includes("EDGE01:New-EdgeSubscription"), "a new file");
    assert.equal((await synchronized(rig(), "MBX01", "EDGE01")).status, "Normal");
    assert.equal(rig().server("EDGE01").transportThumbprint, rig().thumbprint("v2"));
  });

  it("an importing server's clock that is a day ahead is told before the window", async () => {
    await rig().control.operator("MBX01", "Remove-EdgeSubscription", { Identity: "EDGE01", Force: true, Confirm: false });
    await rig().control.clock(25 * 3600, "MBX01");
    const { text, mutating } = await rig().fails(subscription({ allowConnectorLoss: true }));
    assert.match(text, /clock/i);
    assert.deepEqual(mutating, []);
  });

  it("AD LDS presents another certificate: found by the probe, told and cured", async () => {
    const program = subscription({ certificateThumbprint: rig().thumbprint("v1") });
    await rig().apply(program);
    await replaceByHand("v2");
    const drifted = subscription({ certificateThumbprint: rig().thumbprint("v2") });
    assert.equal((await rig().read("EdgeSubscription")).boundThumbprint, null);
    const run = await rig().apply(drifted, { refresh: true });
    const order = ["EDGE01:New-EdgeSubscription", "EDGE01:Restart-Service", "MBX01:New-EdgeSubscription"].map((call) =>
      run.mutating.indexOf(call),
    );
    assert.ok(
      order.every((at, index) => at >= 0 && (index === 0 || at > order[index - 1])),
      run.mutating.join("\n"),
    );
    const { defaultThumbprint, ldapsThumbprint } = rig().server("EDGE01");
    assert.deepEqual([defaultThumbprint, ldapsThumbprint], [rig().thumbprint("v2"), rig().thumbprint("v2")]);
    assert.equal(rig().outs("EdgeSubscription").boundThumbprint, rig().thumbprint("v2"));
    await rig().settled(drifted);
  });

  /** What an administrator does who stops half way: a new default, and no new subscription. */
  async function replaceByHand(name: string): Promise<void> {
    const { pfx, password } = rig().source(name);
    await rig().control.operator("EDGE01", "Import-ExchangeCertificate", { FileData: { $bytes: pfx }, Password: { $secure: password } });
    await rig().control.operator("EDGE01", "Enable-ExchangeCertificate", {
      Thumbprint: rig().thumbprint(name),
      Services: "SMTP",
      Force: true,
    });
  }
});

/** The second opinion is tried itself: each way to break an invariant is done to a good end, and has to be noticed. */
import assert from "node:assert/strict";
import type { HistoryEntry } from "../../lab/doors/history";
import { checkEnd, checkQuiet } from "../support/faults/checker";
import { checkRisingFences } from "../support/faults/checkHistory";
import { checkDeliveries } from "../support/faults/mail";
import { FAULTS_SCENARIO } from "../support/faults/scenario";
import type { Expectation, Violation } from "../support/faults/violations";
import type { LabState, ServerState } from "../support/faults/world";
import { control, startTestLab } from "../support/lab";

const CANARY = "canary-of-this-test";
/** Invariant → ways to break it. */
type Break = (state: LabState, edge: ServerState) => void;
type Entry = Partial<HistoryEntry> & Pick<HistoryEntry, "cmdlet">;

const connector = (state: LabState, name: string): { [property: string]: unknown } =>
  state.sendConnectors.find(({ Name }) => Name === name)!;
const STATES: { [what: string]: [invariant: string, Break] } = {
  "a connector that is gone": ["I1", (state) => void state.sendConnectors.pop()],
  "a membership that is gone": ["I1", (state) => void (connector(state, "Partner litware").SourceTransportServers as unknown[]).pop()],
  "a TLS name that is gone": ["I1", (state) => void (connector(state, "Partner litware").TlsCertificateName = null)],
  "a comment that is gone": ["I1", (state) => void (connector(state, "Partner fabrikam").Comment = null)],
  "a property that is gone": ["I1", (state) => void delete connector(state, "Partner fabrikam").AddressSpaces],
  "a receive connector that changed": ["I1", (_, edge) => void (edge.receiveConnectors[0].Banner = "220 changed")],
  "a receive connector that is gone": ["I1", (_, edge) => void edge.receiveConnectors.pop()],
  "a connector that an import made": [
    "I2",
    (state) => void state.sendConnectors.push({ ...state.sendConnectors[0], Name: "EdgeSync - x" }),
  ],
  "no subscription": ["I3", (state) => void state.subscriptions.shift()],
  "two subscriptions": ["I3", (state) => void state.subscriptions.push(state.subscriptions[0])],
  "a subscription of another Edge": ["I3", (state) => void state.subscriptions.push({ ...state.subscriptions[0], Name: "EDGE09" })],
  "another site": ["I3", (state) => void (state.subscriptions[0].Site = "elsewhere")],
  "another binding": ["I3", (state) => void (state.subscriptions[0].certificateThumbprint = "0".repeat(40))],
  "another LDAPS leaf": ["I3", (_, edge) => void (edge.ldapsThumbprint = null)],
  "another STARTTLS leaf": ["I3", (_, edge) => void (edge.transportThumbprint = "0".repeat(40))],
  "another default": [
    "I3",
    (_, edge) => void (edge.defaultThumbprint = edge.certificates.find((one) => one.thumbprint !== edge.defaultThumbprint)!.thumbprint),
  ],
  "transport that is still stopped": ["I4", (_, edge) => void (edge.services.MSExchangeTransport = "Stopped")],
  "a dependant that was not started again": ["I4", (_, edge) => void (edge.services.MSExchangeEdgeCredential = "Stopped")],
  "a certificate that is gone": ["I5", (state) => void state.servers.find(({ role }) => role === "Mailbox")!.certificates.pop()],
  "a default without its key": ["I5", (_, edge) => edge.certificates.forEach((one) => (one.hasPrivateKey = false))],
  "a secret in a file": ["I6", (_, edge) => void edge.files.push({ path: "x.log", text: `a ${CANARY} b` })],
  "a secret in base64 in a longer text": [
    "I6",
    (_, edge) => void edge.files.push({ path: "x.log", text: Buffer.from(`a ${CANARY} b`).toString("base64") }),
  ],
  "a secret as PowerShell would encode it": [
    "I6",
    (_, edge) => void edge.files.push({ path: "x.log", text: Buffer.from(`a ${CANARY} b`, "utf16le").toString("base64") }),
  ],
  "a secret in an event": ["I6", (_, edge) => void Object.assign(edge, { events: [{ text: CANARY }] })],
  "a window that stays open": ["I9", (_, edge) => void edge.files.push({ path: "windows/site.json", text: "{}" })],
  "a restart that stays owed": ["I9", (_, edge) => void edge.files.push({ path: "flips/x.json", text: "{}" })],
  "a subscription file that stays": ["I9", (_, edge) => void edge.files.push({ path: "subscription.xml", text: "<x/>" })],
  "a mail that is lost": ["mail", (state) => void (state.mail.lost = 1)],
};

const set = (more: Partial<HistoryEntry> = {}): Entry => ({
  cmdlet: "Set-SendConnector",
  parameters: { Identity: "x", Comment: "y" },
  host: "MBX01",
  ...more,
});
const stop: Entry = { cmdlet: "Stop-Service", parameters: { Name: "MSExchangeTransport" } };
const enable: Entry = { cmdlet: "Enable-ExchangeCertificate", parameters: { Services: "SMTP", Thumbprint: "A" } };
const HISTORIES: { [what: string]: [invariant: string, Entry[]] } = {
  "a change without a fence": ["I7", [set({ fence: null })]],
  "a fence that falls": ["I7", [set({ fence: 5 }), set({ fence: 4, parameters: { Identity: "z" } })]],
  "two runs under one fence": ["I7", [set({ session: "one" }), set({ session: "two", parameters: { Identity: "z" } })]],
  "a lease that was taken downwards": [
    "I7",
    [5, 4].map((fence): Entry => ({ cmdlet: "fence.raise", parameters: { fence }, mutating: false })),
  ],
  "a change that was acknowledged and made again": ["twice", [set(), set()]],
  "a second import": ["twice", [1, 2].map((): Entry => ({ cmdlet: "Import-ExchangeCertificate", parameters: { FileData: { bytes: 1 } } }))],
  "a lost reply that was not looked after": ["twice", [set({ outcome: "unknown" }), set()]],
  "a lost reply, a new lease, and no look": [
    "twice",
    [set({ outcome: "unknown" }), { cmdlet: "fence.raise", host: "MBX01", parameters: { fence: 2 }, mutating: false }, set({ fence: 2 })],
  ],
  "a default that changed under a running transport": ["drain", [enable]],
  "AD LDS restarted under a running transport": ["drain", [{ cmdlet: "Restart-Service", parameters: { Name: "ADAM_MSExchange" } }]],
  "a default that changed after the start": [
    "drain",
    [stop, { cmdlet: "Start-Service", parameters: { Name: "MSExchangeTransport" } }, enable],
  ],
  "an import with default connectors": [
    "I2",
    [
      {
        cmdlet: "New-EdgeSubscription",
        host: "MBX01",
        parameters: { CreateInternetSendConnector: true, CreateInboundSendConnector: false },
      },
    ],
  ],
  "an import that leaves the default open": ["I2", [{ cmdlet: "New-EdgeSubscription", host: "MBX01", parameters: { Site: "x" } }]],
  "a secret in a call": ["I6", [set({ parameters: { Comment: CANARY } })]],
};

describe("the checker notices", function () {
  let good: LabState;
  let expected: Expectation;
  before(async () => {
    const lab = await startTestLab({ scenario: FAULTS_SCENARIO });
    good = (await control(lab).state()) as unknown as LabState;
    await lab.close();
    const { defaultThumbprint } = good.servers.find(({ name }) => name === "EDGE01")!;
    expected = { edges: { EDGE01: defaultThumbprint! }, canaries: [CANARY], receive: {}, runs: { one: 1, two: 2 } };
  });

  it("nothing where nothing is wrong", () => {
    assert.deepEqual(checkEnd(good, structuredClone(good), entries([stop, enable, set()]), expected), []);
    const again = ["Import-ExchangeCertificate", "certificate.removeReplaced", "Import-ExchangeCertificate"];
    assert.deepEqual(
      checkEnd(good, structuredClone(good), entries(again.map((cmdlet) => ({ cmdlet, host: "MBX01" }))), expected),
      [],
      "a copy that was taken out may come again",
    );
    assert.deepEqual(checkQuiet(entries([{ cmdlet: "Get-SendConnector", mutating: false }])), []);
    assert.deepEqual(checkDeliveries(["a", "b"], ["b", "a"]), []);
  });
  for (const [what, [invariant, breaks]] of Object.entries(STATES))
    it(`${invariant}: ${what}`, () => {
      const after = structuredClone(good);
      breaks(
        after,
        after.servers.find(({ name }) => name === "EDGE01")!,
      );
      notices(invariant, checkEnd(good, after, [], expected));
    });
  for (const [what, [invariant, calls]] of Object.entries(HISTORIES))
    it(`${invariant}: ${what}`, () => notices(invariant, checkEnd(good, good, entries(calls), expected)));
  it("I5: an old default that goes before its successor is bound", () => {
    const old = good.servers.find(({ name }) => name === "EDGE01")!.defaultThumbprint!;
    const calls: Entry[] = [
      stop,
      enable,
      { cmdlet: "New-EdgeSubscription", parameters: {} },
      { cmdlet: "Restart-Service", parameters: { Name: "ADAM_MSExchange" } },
      {
        cmdlet: "New-EdgeSubscription",
        host: "MBX01",
        parameters: { CreateInternetSendConnector: false, CreateInboundSendConnector: false },
      },
    ];
    const removal: Entry = { cmdlet: "certificate.remove", parameters: { thumbprint: old } };
    const found = (list: Entry[]): Violation[] => checkEnd(good, good, entries(list), expected).filter((one) => one.invariant === "I5");
    assert.deepEqual(found([...calls, removal]), []);
    for (let at = 1; at < calls.length; at++)
      assert.equal(found([...calls.slice(0, at), removal, ...calls.slice(at)]).length, 1, `before call ${at}`);
  });
  it("I7: fences that do not rise from one process to the next", () =>
    notices("I7", checkRisingFences(entries([set({ session: "one" }), set({ session: "two" })]))));
  it("I8: a change in a run that has nothing to do, and a second PowerShell process", () => {
    notices("I8", checkQuiet(entries([set()])));
    notices("I8", checkQuiet(entries([set({ mutating: false, session: "one" }), set({ mutating: false, session: "two" })])));
  });
  it("mail that did not arrive, or arrived twice", () => {
    notices("mail", checkDeliveries(["a", "b"], ["a"]));
    notices("mail", checkDeliveries(["a", "b"], ["a", "b", "a"]));
  });
});

function notices(invariant: string, found: Violation[]): void {
  assert.ok(
    found.some((one) => one.invariant === invariant),
    `found: ${found.map((one) => `${one.invariant} ${one.text}`).join("; ") || "nothing"}`,
  );
}

function entries(calls: Entry[]): HistoryEntry[] {
  return calls.map((call, index) => ({
    seq: index + 1,
    host: "EDGE01",
    session: "one",
    pid: 1,
    fence: 1,
    parameters: {},
    mutating: true,
    outcome: "ok",
    executed: true,
    utc: "",
    ...call,
  }));
}

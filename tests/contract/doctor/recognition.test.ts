/** Rows of the table of symptoms that the lab cannot reach (docs/doctor.md says why): facts as a real server would give them. */
import assert from "node:assert/strict";
import { diagnose, isHealthy, knownEvents, SYMPTOMS, type Facts, type HostFact } from "../../../provider/exchange/symptoms";
import { assertFilled } from "./patient";

const CLOCK = new Date("2026-12-01T12:00:00Z");
const EARLIER = "2026-12-01T11:00:00Z";
const THUMBPRINT = "A".repeat(40);

function host(name: string, role: "Edge" | "Mailbox", changes: Partial<HostFact> = {}): HostFact {
  return {
    ...{ name, fqdn: `${name.toLowerCase()}.contoso.com`, role, clock: CLOCK, services: [], events: [], certificates: [] },
    ...{ defaultThumbprint: undefined, sendConnectors: [], receiveConnectors: [], queues: [], monitors: [] },
    ...{ starttls: null, ldaps: null, subscriptions: [], syncs: [], ...changes },
  };
}

const event = (source: string, id: number, text: string, utc = EARLIER): HostFact["events"][number] => ({
  ...{ utc, source, id, level: "Error", text },
});
const only = (...hosts: HostFact[]): Facts => ({ hosts });

describe("doctor: symptoms out of facts alone", () => {
  it("R1 12012: no default certificate is published", () => {
    const events = [event("MSExchangeTransport", 12012, "kein Zertifikat veröffentlicht")];
    const [found, ...rest] = diagnose(only(host("MBX01", "Mailbox", { events, defaultThumbprint: null })));
    assert.deepEqual(rest, []);
    assert.equal(found.id, "12012");
    assert.match(found.cause, /not published in the directory/);
    assert.match(found.remedy.join(" "), /Enable-ExchangeCertificate.*AD replication/);
    assertFilled(found);
  });

  it("R14 1004 and 1006: an account that is not valid yet or was not renewed", () => {
    const failed = event("MSExchange Message Security", 1006, "Erneuerung fehlgeschlagen");
    const hub = host("MBX01", "Mailbox");
    const [found] = diagnose(only(hub, host("EDGE01", "Edge", { events: [failed] })));
    assert.equal(found.id, "1004");
    assert.equal(found.past, false);
    assert.match(found.cause, /could not be renewed on EDGE01/);
    assert.match(found.remedy.join(" "), /Usually transient.*export on the Edge, restart of AD LDS, import/);
    assertFilled(found);
    const renewed = event("MSExchange Message Security", 1008, "erneuert", "2026-12-01T11:30:00Z");
    assert.equal(diagnose(only(hub, host("EDGE01", "Edge", { events: [failed, renewed] })))[0].past, true);
    const [inside] = diagnose(only(host("MBX01", "Mailbox", { events: [event("MSExchange EdgeSync", 1004, "noch nicht gültig")] })));
    assert.equal(inside.id, "1004");
  });

  it("R17 2004: a second certificate of a CA that the peer does not trust", () => {
    const events = [event("MSExchangeTransport", 2004, "454 4.7.0 Failed to establish appropriate TLS channel: UntrustedRoot")];
    const queues = [{ identity: "EDGE01\\4", status: "Retry", count: 2, nextHop: "fabrikam.com", lastError: events[0].text }];
    const [found] = diagnose(only(host("EDGE01", "Edge", { events, queues, certificates: null })));
    assert.equal(found.id, "2004");
    assert.equal(found.past, false);
    assert.match(found.remedy.join(" "), /different names, or remove/);
    assertFilled(found);
  });

  it("R24 MSExchangeTransport 1035 is no certificate's fault, and no EdgeSync 1035", () => {
    const findings = diagnose(
      only(host("MBX01", "Mailbox", { events: [event("MSExchangeTransport", 1035, "Inbound authentication failed")] })),
    );
    assert.deepEqual(
      findings.map(({ id, severity }) => [id, severity]),
      [["transport-1035", "notice"]],
    );
    assert.ok(isHealthy(findings));
  });

  it("a port 50636 that does not answer while AD LDS runs is the network's", () => {
    const subscriptions = [{ edge: "EDGE01", site: "Site", thumbprint: THUMBPRINT, publicKeySha256: "B".repeat(64) }];
    const syncs = [{ edge: "EDGE01", status: "Failed", detail: "The LDAP server is unavailable.", lastSynchronized: null }];
    const services = [{ name: "ADAM_MSExchange", status: "Running" as const, startType: "Automatic" as const }];
    const facts = only(
      host("MBX01", "Mailbox", { subscriptions, syncs }),
      host("EDGE01", "Edge", { services, ldaps: { state: "closed", reason: "connection refused" } }),
    );
    const [found, ...rest] = diagnose(facts);
    assert.deepEqual(rest, []);
    assert.equal(found.id, "ldaps-closed");
    assert.match(found.remedy[0], /50636\/TCP/);
  });

  it("a port 25 that does not answer while transport runs", () => {
    const [found, ...rest] = diagnose(only(host("MBX01", "Mailbox", { starttls: { state: "closed", reason: "no answer within 20 s" } })));
    assert.deepEqual(rest, []);
    assert.equal(found.id, "smtp-closed");
    assert.match(found.seen[0], /no answer within 20 s/);
    assertFilled(found);
  });

  it("an Edge alone is half a look, which is said", () => {
    const findings = diagnose(only(host("EDGE01", "Edge")));
    assert.deepEqual(
      findings.map(({ id }) => id),
      ["organisation-not-named"],
    );
    assert.ok(isHealthy(findings));
  });

  it("a failure without any other sign is named too", () => {
    const subscriptions = [{ edge: "EDGE01", site: "Site", thumbprint: null, publicKeySha256: null }];
    const syncs = [{ edge: "EDGE01", status: "Failed", detail: "old", lastSynchronized: null }];
    const [found] = diagnose(only(host("MBX01", "Mailbox", { subscriptions, syncs })));
    assert.equal(found.id, "sync-failed");
    assertFilled(found);
  });

  it("ids decide, not the language, and nothing is known of nothing", () => {
    assert.deepEqual(diagnose(only()), []);
    const texts = SYMPTOMS.map(({ id }) => id);
    assert.equal(new Set(texts).size, texts.length);
    for (const [source, ids] of knownEvents()) assert.ok(ids.length > 0, source);
    const german = event("MSExchangeTransport", 12023, `Das Zertifikat mit dem Fingerabdruck ${THUMBPRINT} konnte nicht geladen werden`);
    assert.equal(diagnose(only(host("MBX01", "Mailbox", { events: [german], certificates: null })))[0].id, "12013");
  });

  it("judges by the moment that is given, as in a rehearsal", () => {
    const starttls = {
      state: "presents" as const,
      thumbprint: THUMBPRINT,
      publicKeySha256: "",
      subject: "CN=a",
      notBefore: new Date("2026-06-01T00:00:00Z"),
      notAfter: new Date("2027-06-01T00:00:00Z"),
    };
    const facts = only(host("MBX01", "Mailbox", { starttls }));
    assert.deepEqual(diagnose(facts), []);
    assert.equal(diagnose(facts, new Date("2027-05-10T00:00:00Z"))[0].id, "12018");
    assert.equal(diagnose(facts, new Date("2027-06-02T00:00:00Z"))[0].id, "12016");
  });

  it("counts Exchange's own warnings of a short life only below its share", () => {
    const life = { notBefore: new Date("2029-06-01T00:00:00Z"), notAfter: new Date("2029-07-18T00:00:00Z") };
    const starttls = { state: "presents" as const, thumbprint: THUMBPRINT, publicKeySha256: "", subject: "CN=a", ...life };
    const told = event("MSExchangeTransport", 12018, `The certificate ${THUMBPRINT} will expire soon.`);
    const on = (day: string, thumbprint = THUMBPRINT) => {
      const facts = only(host("MBX01", "Mailbox", { starttls: { ...starttls, thumbprint }, events: [told] }));
      return diagnose(facts, new Date(`2029-${day}T00:00:00Z`)).map(({ id, severity }) => [id, severity]);
    };
    assert.deepEqual(on("06-20"), []);
    assert.deepEqual(on("07-05"), [["12018", "notice"]]);
    assert.deepEqual(on("07-12"), [["12018", "warning"]]);
    assert.deepEqual(on("06-20", "B".repeat(40)), [["12018", "warning"]], "what is not known counts");
  });
});

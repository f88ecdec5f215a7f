import assert from "node:assert/strict";
import fc from "fast-check";
import { decideAuth, effectiveDate, type AuthAim, type AuthFacts, type Seen } from "../../../provider/handlers/authCertificate/decide";

const NOW = new Date("2026-11-22T12:00:00Z");
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (days: number): Date => new Date(NOW.getTime() + days * DAY);
const AIM: AuthAim = { renewBefore: 60, effectiveAfter: 48 };
const [OLD, NEW, BEFORE] = ["A", "B", "C"].map((letter) => letter.repeat(40));

const seen = (thumbprint: string, days: number, on = ["MBX01", "MBX02"]): Seen => ({
  thumbprint,
  notBefore: at(days - 1825),
  notAfter: at(days),
  on,
});
function facts(more: Partial<Omit<AuthFacts, "config">> & { config?: Partial<AuthFacts["config"]> } = {}): AuthFacts {
  return {
    seen: [seen(OLD, 400)],
    servers: ["MBX01", "MBX02"],
    own: "MBX01",
    unread: [],
    hybrid: false,
    ...more,
    config: { current: OLD, previous: null, next: null, nextEffective: null, organization: "Contoso", ...more.config },
  };
}

describe("decisions on the Auth certificate", () => {
  it("leaves a healthy one alone", () => {
    assert.deepEqual(decideAuth(facts(), AIM, null, NOW), { kind: "none" });
  });

  it("makes the next one when few days are left, with its date after the notice", () => {
    const work = decideAuth(facts({ seen: [seen(OLD, 59)] }), AIM, null, NOW);
    assert.deepEqual(work, { kind: "follow", thumbprint: null, effective: at(2), publish: false, reason: "renew" });
    assert.deepEqual(decideAuth(facts({ seen: [seen(OLD, 61)] }), AIM, null, NOW), { kind: "none" });
  });

  it("takes the certificate that an interrupted run made", () => {
    const work = decideAuth(facts({ seen: [seen(OLD, 10), seen(NEW, 1825, ["MBX01"])] }), AIM, null, NOW);
    assert.equal(work.kind === "follow" && work.thumbprint, NEW);
    const elsewhere = decideAuth(facts({ seen: [seen(OLD, 10), seen(NEW, 1825, ["MBX02"])] }), AIM, null, NOW);
    assert.equal(elsewhere.kind === "follow" && elsewhere.thumbprint, null, "Set-AuthConfig needs it on the host");
  });

  it("waits for Exchange's own service once a date is set", () => {
    const waiting = { seen: [seen(OLD, 10), seen(NEW, 1825)], config: { next: NEW, nextEffective: at(1) } };
    assert.deepEqual(decideAuth(facts(waiting), AIM, null, NOW), { kind: "none" });
    assert.deepEqual(decideAuth(facts({ ...waiting, config: { next: NEW, nextEffective: at(-1) } }), AIM, null, NOW), { kind: "none" });
  });

  it("brings a date forward that lies behind the end of the current one", () => {
    const late = facts({ seen: [seen(OLD, 10), seen(NEW, 1825)], config: { next: NEW, nextEffective: at(20) } });
    assert.deepEqual(decideAuth(late, AIM, null, NOW), {
      kind: "follow",
      thumbprint: NEW,
      effective: at(2),
      publish: false,
      reason: "tooLate",
    });
  });

  it("publishes at once only where the current one is unusable", () => {
    const expired = facts({ seen: [seen(OLD, -1), seen(NEW, 1825)], config: { next: NEW, nextEffective: at(3) } });
    assert.deepEqual(decideAuth(expired, AIM, null, NOW), { kind: "publish", thumbprint: NEW, reason: "expired" });
    const nowhere = facts({ seen: [seen(OLD, 400, [])] });
    assert.deepEqual(decideAuth(nowhere, AIM, null, NOW), {
      kind: "follow",
      thumbprint: null,
      effective: NOW,
      publish: true,
      reason: "missing",
    });
    assert.equal(decideAuth(facts({ config: { current: null }, seen: [] }), AIM, null, NOW).kind, "follow");
  });

  it("copies a certificate to the server that lacks it", () => {
    const lacking = facts({ seen: [seen(OLD, 400, ["MBX01"])] });
    assert.deepEqual(decideAuth(lacking, AIM, null, NOW), { kind: "copy", thumbprint: OLD, to: ["MBX02"], reason: "incomplete" });
    assert.deepEqual(decideAuth({ ...lacking, servers: ["MBX01"], unread: ["MBX02"] }, AIM, null, NOW), { kind: "none" });
  });

  it("clears the previous one when it is due, and never while a server is not known", () => {
    const replaced = facts({ config: { previous: BEFORE } });
    const since = (hours: number): Date => new Date(NOW.getTime() - hours * HOUR);
    assert.deepEqual(decideAuth(replaced, AIM, since(49), NOW), { kind: "clear", thumbprint: BEFORE, reason: "replaced" });
    assert.deepEqual(decideAuth(replaced, AIM, since(47), NOW), { kind: "none" });
    assert.deepEqual(decideAuth(replaced, AIM, null, NOW), { kind: "none" });
    assert.deepEqual(decideAuth({ ...replaced, unread: ["MBX03"] }, AIM, since(49), NOW), { kind: "none" });
  });

  it("does nothing with hybrid until the program names what the tenant has", () => {
    for (const days of [-1, 10]) {
      const hybrid = facts({ hybrid: true, seen: [seen(OLD, days), seen(NEW, 1825)] });
      assert.equal(decideAuth(hybrid, AIM, null, NOW).kind, "upload");
      const named = decideAuth(hybrid, { ...AIM, uploadedThumbprint: NEW }, null, NOW);
      assert.equal(named.kind === "follow" && named.thumbprint, NEW);
      assert.equal(decideAuth(hybrid, { ...AIM, uploadedThumbprint: BEFORE }, null, NOW).kind, "upload", "it is not installed");
    }
  });

  it("never sets a date behind the end of the current one", () => {
    const hours = fc.double({ min: 0, max: 2000, noNaN: true });
    const left = fc.double({ min: -100, max: 400, noNaN: true });
    fc.assert(
      fc.property(hours, left, (notice, days) => {
        const effective = effectiveDate(at(days), notice, NOW);
        return effective >= NOW && (days <= 0 || effective <= at(days));
      }),
    );
  });
});

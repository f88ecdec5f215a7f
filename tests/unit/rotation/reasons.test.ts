import assert from "node:assert/strict";
import { ExchangeError } from "../../../provider/base/errors";
import { conditionAfter } from "../../../provider/rotation/conditions";
import { isFree, type LeaseRecord } from "../../../provider/rotation/lease";
import { counted, dayCount, remaining, rotationSentence, type Known } from "../../../provider/rotation/reasons";

const NOW = new Date("2026-11-22T12:00:00Z");
const known = (more: Partial<Known> = {}): Known => ({
  thumbprint: "AAAAAAAABBBB",
  issuer: "CN=CA",
  subject: "CN=mail",
  notBefore: "2025-12-01T00:00:00Z",
  notAfter: "2026-12-01T18:00:00Z",
  ...more,
});
const next = known({ thumbprint: "BBBBBBBBCCCC", notBefore: "2026-11-20T00:00:00Z", notAfter: "2027-11-20T00:00:00Z" });
const sentence = (before: Known | null, after: Known): string =>
  rotationSentence({ server: "EDGE01", before, after, drains: true, replaces: true, services: ["SMTP"] });

describe("rotation sentence", () => {
  it("says until when the old certificate is valid, as a date", () => {
    assert.equal(sentence(known(), next), "renew: valid until 2026-12-01, AAAAAAAA… → BBBBBBBB…");
    assert.match(sentence(known({ notAfter: "2026-11-19T11:00:00Z" }), next), /^renew: valid until 2026-11-19/);
  });
  it("printed, it counts the days that are left", () => {
    const ends = [known().notAfter, next.notAfter];
    assert.equal(counted(sentence(known(), next), ends, NOW), "renew: 9 days left (2026-12-01), AAAAAAAA… → BBBBBBBB…");
    assert.equal(counted("valid until 2026-12-02", [undefined, ...ends], NOW), "valid until 2026-12-02");
    assert.equal(remaining("2026-11-23T12:00:00Z", NOW), "1 day left (2026-11-23)");
    assert.equal(remaining("2026-11-22T12:00:01Z", NOW), "0 days left (2026-11-22)");
    assert.equal(dayCount(2), "2 days");
  });
  it("printed, it says how long ago a certificate expired", () => {
    assert.equal(remaining("2026-11-19T11:00:00Z", NOW), "expired 3 days ago (2026-11-19)");
    assert.equal(remaining("2026-11-21T13:00:00Z", NOW), "expired less than a day ago (2026-11-21)");
  });
  it("says when the connector's name will flip", () => {
    assert.match(sentence(known(), { ...next, issuer: "CN=CA 2" }), /the issuer changes, connector names flip last$/);
    assert.match(sentence(known(), { ...next, subject: "CN=other" }), /the subject changes, connector names flip last$/);
  });
  it("tells a return to an earlier certificate from a renewal", () => {
    assert.match(sentence(next, known()), /^return to an earlier certificate: valid until 2026-12-01/);
  });
  it("says what the first deployment does", () => {
    assert.equal(
      sentence(null, known()),
      "first deployment: AAAAAAAA…, valid until 2026-12-01; adopts if AAAAAAAA… is the default, else drains EDGE01",
    );
  });
});

describe("condition after a failure", () => {
  it("names the step that goes on, the reason for an operator, or the way back", () => {
    assert.equal(conditionAfter(new ExchangeError("CONNECTION_LOST", "x", { details: { step: "enable" } })), "Issuing(enable)");
    assert.equal(conditionAfter(new ExchangeError("CLOCK_SKEW", "x")), "OperatorNeeded(CLOCK_SKEW)");
    assert.match(
      conditionAfter(new ExchangeError("CMDLET_FAILED", "x", { details: { step: "import", undone: true } })),
      /^Degraded\(CMDLET_FAILED/,
    );
  });
});

describe("lease", () => {
  const lease = (more: Partial<LeaseRecord> = {}): LeaseRecord => ({
    fence: 1,
    owner: "o",
    run: "r",
    expires: "2026-11-22T12:00:10Z",
    ...more,
  });
  it("binds until it expires by the host's clock or is released", () => {
    assert.equal(isFree(null, NOW), true);
    assert.equal(isFree(lease(), NOW), false);
    assert.equal(isFree(lease(), new Date("2026-11-22T12:00:10Z")), true);
    assert.equal(isFree(lease({ released: true }), NOW), true);
  });
});

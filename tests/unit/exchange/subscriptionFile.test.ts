import assert from "node:assert/strict";
import { writeSubscriptionFile } from "../../../lab/model/subscriptionFile";
import { datesOf, refuseDates } from "../../../provider/exchange/subscriptionFile";

const MADE = new Date("2026-11-30T07:00:00Z");
const hours = (count: number): Date => new Date(MADE.getTime() + count * 3_600_000);
const fileOf = (made: Date, seconds: number): Buffer =>
  writeSubscriptionFile({
    ...{ EdgeServerName: "EDGE01", EdgeServerFQDN: "edge01.contoso.com", EdgeCertificateBlob: Buffer.of(1) },
    ...{ ESRAUsername: "CN=ESRA.EDGE01", ESRAPassword: "secret", EffectiveDate: made, Duration: seconds },
    ...{ AdamSslPort: 50636, ServerType: "Unlicensed", ProductID: "", VersionNumber: 1, SerialNumber: "Version 15.2" },
  });
const judged = (file: Buffer, now: Date): void => refuseDates(file, now, "MBX01", "EDGE01");

describe("the dates of a subscription file", () => {
  it("are ticks of 100 ns from the year 1", () => {
    assert.deepEqual(datesOf(fileOf(MADE, 86_400)), { from: MADE, until: hours(24) });
  });

  it("in another form are left to the import", () => {
    const text = Buffer.from(
      "<EdgeSubscriptionData><EffectiveDate>2026-11-30</EffectiveDate><Duration>24:00</Duration></EdgeSubscriptionData>",
    );
    assert.equal(datesOf(text), null);
    judged(text, hours(1000));
  });

  it("must not lie ahead further than is waited for, nor end within five minutes", () => {
    const refused = { code: "SUBSCRIPTION_FILE_DATES", host: "EDGE01" };
    judged(fileOf(MADE, 86_400), MADE);
    judged(fileOf(MADE, 86_400), hours(-0.05));
    assert.throws(() => judged(fileOf(MADE, 86_400), hours(-0.1)), refused);
    assert.throws(() => judged(fileOf(MADE, 86_400), hours(23.95)), refused);
    assert.throws(() => judged(fileOf(MADE, 120), MADE), refused);
  });
});

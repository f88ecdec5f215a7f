import assert from "node:assert/strict";
import fc from "fast-check";
import { isBelow, judge, leftInWords, limitInWords, parseLimit, THRESHOLDS } from "../../../provider/exchange/lifetimes";

const DAY = 86_400_000;
const BORN = new Date("2029-06-01T00:00:00Z");
const at = (days: number): Date => new Date(BORN.getTime() + days * DAY);
/** The light of a certificate of `life` days when `left` days are left. */
const light = (life: number, left: number): string => judge({ notBefore: BORN, notAfter: at(life) }, at(life - left));

describe("lifetimes of certificates", () => {
  it("judges a year's certificate by 30 and 60 days", () => {
    const lights = [-0.1, 0, 29.9, 30, 59.9, 60].map((left) => light(398, left));
    assert.deepEqual(lights, ["expired", "red", "red", "yellow", "yellow", "green"]);
  });

  it("judges a short life by a sixth and a third of it", () => {
    assert.deepEqual(
      [7.8, 7.9, 15.6, 15.7].map((left) => light(47, left)),
      ["red", "yellow", "yellow", "green"],
    );
    assert.deepEqual(
      [0.9, 1.1, 1.9, 2.1].map((left) => light(6, left)),
      ["red", "yellow", "yellow", "green"],
    );
    assert.deepEqual(
      [29, 31, 59, 61].map((left) => light(200, left)),
      ["red", "yellow", "yellow", "green"],
      "200 days: a sixth is 33 days, so the fixed 30 count",
    );
  });

  it("never turns better as time goes by", () => {
    const order = ["green", "yellow", "red", "expired"];
    const days = fc.double({ min: 0.01, max: 4000, noNaN: true });
    fc.assert(
      fc.property(days, days, days, (life, a, b) => {
        const [late, early] = [Math.min(a, b), Math.max(a, b)].map((left) => order.indexOf(light(life, left)));
        return late >= early;
      }),
    );
  });

  it("reads days, shares and both", () => {
    assert.deepEqual(parseLimit("14"), { days: 14, share: 1 });
    assert.deepEqual(parseLimit("14d"), { days: 14, share: 1 });
    assert.deepEqual(parseLimit("1/6"), { days: Infinity, share: 1 / 6 });
    assert.deepEqual(parseLimit("15 %"), { days: Infinity, share: 0.15 });
    assert.deepEqual(parseLimit("30,1/6"), THRESHOLDS.red);
    assert.deepEqual(parseLimit("1/6, 30"), THRESHOLDS.red);
    for (const wrong of ["", "0", "-3", "1/0", "0/3", "7/6", "100%", "0%", "30,60", "1/6,1/3", "soon", "1e3", "0.5/2", ","]) {
      assert.equal(parseLimit(wrong), null, wrong);
    }
  });

  it("says limits and what is left for people", () => {
    assert.equal(limitInWords(THRESHOLDS.red), "under 30 days or a sixth of the life");
    assert.equal(limitInWords({ days: Infinity, share: 0.15 }), "under 15 % of the life");
    assert.equal(limitInWords({ days: 1, share: 1 }), "under 1 day");
    const words = [-3.5, -0.5, 0, 1.3, 2, 9.9].map((left) => leftInWords(at(100 + left), at(100)));
    assert.deepEqual(words, ["expired 3 days ago", "expired 0 days ago", "0 hours", "31 hours", "2 days", "9 days"]);
  });

  it("judges by the share of a life where that is less", () => {
    assert.ok(isBelow({ notBefore: BORN, notAfter: at(47) }, { days: 0.001, share: 1 }, at(48)));
  });
});

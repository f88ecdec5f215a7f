import assert from "node:assert/strict";
import { wrongLeaf } from "../../../provider/steps/export";

describe("another certificate at LDAPS after the export", () => {
  const [wanted, other] = ["A".repeat(40), "B".repeat(40)];

  it("is named by its subject, and by what to do with one of the computer's", () => {
    const { message, code } = wrongLeaf("EDGE01", wanted, other, [{ thumbprint: other, subject: "CN=monitoring" }]);
    assert.equal(code, "LDAPS_WRONG_CERTIFICATE");
    assert.match(message, /EDGE01: AD LDS presents B{40} \(CN=monitoring\) after its restart, not A{40}\. Hint: .*wins there\. Remove it/);
  });
  it("elsewhere, or none at all: the event log or doctor may tell", () => {
    assert.match(wrongLeaf("EDGE01", wanted, other, []).hint, /doctor/);
    assert.match(wrongLeaf("EDGE01", wanted, null, []).message, /presents nothing after its restart.*event log of ADAM_MSExchange/);
  });
});

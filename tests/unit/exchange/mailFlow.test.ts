import assert from "node:assert/strict";
import { causeOf, judgeMail, type MailLook, type MailQueue, type Tracked } from "../../../provider/exchange/mailFlow";
import { SYMPTOMS } from "../../../provider/exchange/symptoms";

const queue = (more: Partial<MailQueue> = {}): MailQueue => ({
  ...{ identity: "EDGE01\\3", status: "Retry", count: 2, deliveryType: "DnsConnectorDelivery", lastError: "" },
  ...more,
});
const tracked = (more: Partial<Tracked> = {}): Tracked => ({ received: 0, delivered: 0, deferred: 0, failed: 0, ...more });
const look = (queues: MailQueue[], counts: Tracked | null = tracked()): MailLook => ({ queues, tracked: counts });

describe("mail flow, judged", () => {
  const NO_CERTIFICATE = "454 4.7.5 The certificate specified in TlsCertificateName of the SendConnector could not be found.";
  for (const [id, seen] of [
    ["454-4.7.5", { lastError: NO_CERTIFICATE }],
    ["direct-trust", { lastError: '451 4.4.0 Primary target IP address responded with: "454 4.7.0 Temporary authentication failure."' }],
    ["451-4.4.395", { lastError: "451 4.4.395 Target host responded with error. -> 421 4.4.1 Connection timed out" }],
    ["2004", { lastError: "454 4.7.0 Failed to establish appropriate TLS channel: UntrustedRoot" }],
    ["unreachable", { identity: "EDGE01\\Unreachable", deliveryType: "Unreachable" }],
  ] as const)
    it(`knows ${id} by the words of a queue`, () => {
      assert.equal(causeOf(queue(seen))?.id, id);
      assert.equal(causeOf(queue({ ...seen, count: 0 })), null, "an empty queue waits for nothing");
    });

  it("names causes as doctor does, beside the one that has no row there", () => {
    const rows = SYMPTOMS.map(({ id }) => id);
    const known = ["454-4.7.5", "451-4.4.395", "2004"];
    assert.deepEqual(
      known.filter((id) => !rows.includes(id)),
      [],
    );
  });

  it("takes no other error for one of a certificate", () => {
    const refused = queue({ lastError: "441 4.4.1 Error encountered while communicating with primary target IP address" });
    assert.equal(causeOf(refused), null);
    assert.equal(judgeMail(look([refused]), null).verdict, "moving");
  });

  it("a queue that empties is not stuck, whatever it last said", () => {
    const waiting = queue({ lastError: NO_CERTIFICATE });
    assert.equal(judgeMail(look([waiting]), null).verdict, "waits");
    assert.equal(judgeMail(look([{ ...waiting, count: 1 }]), look([waiting])).verdict, "moving");
    assert.equal(judgeMail(look([waiting]), look([waiting])).verdict, "waits");
  });

  it("is proven by what was handed on, and nothing came is no failure", () => {
    assert.equal(judgeMail(look([], tracked({ received: 1, delivered: 1 })), null).verdict, "proven");
    assert.equal(judgeMail(look([], tracked({ received: 1 })), null).verdict, "moving");
    assert.equal(judgeMail(look([]), null).verdict, "nothing");
    assert.equal(judgeMail(look([], null), null).verdict, "nothing");
    const both = look([queue({ lastError: NO_CERTIFICATE })], tracked({ received: 5, delivered: 4 }));
    assert.equal(judgeMail(both, null).verdict, "waits", "one connector's mail waits while another's runs");
  });
});

import { strict as assert } from "node:assert";
import { MailStream } from "../../../../lab/mailstream";
import { labForEach, until } from "../../../support/lab";
import { FakeOrganisation } from "../../../support/agents/fakeOrganisation";

describe("lab: the mail stream", () => {
  let organisation: FakeOrganisation;
  const lab = labForEach(() => ({ organisation: (organisation = new FakeOrganisation()) }));
  const stream = (): MailStream =>
    new MailStream({ hosts: lab().ready.hosts.map(({ smtp }) => smtp), intervalMs: 5, retryMs: 5, to: "user@contoso.com" });
  const delivered = (): string[] => organisation.mails.map(({ id }) => id);

  it("sends to the hosts in turn and counts what arrived", async () => {
    const mails = stream();
    mails.start();
    await until("mail arrived at both", () => new Set(organisation.mails.map(({ host }) => host)).size === 2);
    await mails.stop();
    const count = mails.count(delivered());
    assert.deepEqual([count.delivered, count.lost, count.retries], [count.sent, 0, 0]);
    assert.ok(count.sent >= 2);
    assert.equal(mails.count([]).lost, count.sent);
  });

  it("falls over to the other host, and waits when none answers; nothing is lost", async () => {
    const mails = stream();
    await organisation.service.suspend("EDGE01", "MSExchangeTransport");
    await organisation.service.suspend("MBX01", "MSExchangeTransport");
    mails.start();
    await until("some were sent in vain", () => mails.count([]).sent >= 3 && mails.count([]).retries >= 3);
    assert.equal(organisation.mails.length, 0);
    await organisation.service.resume("MBX01", "MSExchangeTransport");
    await mails.stop();
    const count = mails.count(delivered());
    assert.deepEqual([count.delivered, count.lost], [count.sent, 0]);
    assert.deepEqual([...new Set(organisation.mails.map(({ host }) => host))], ["MBX01"]);
  });
});

/** A new default on the Mailbox server (case C): every Edge of its site proves its synchronisation, or is subscribed again. */
import assert from "node:assert/strict";
import { delivered, queueErrors, sendMail, synchronized } from "../../support/stories/mail";
import { Rig, type Program } from "../../support/stories/rig";

const SITE = "Default-First-Site-Name";

describe("EdgeSubscription after a new default on the Mailbox server (case C)", () => {
  const EDGES = ["EDGE01", "EDGE02"];
  /** A certificate for the Mailbox server, and every Edge's subscription after it. */
  const program =
    (rig: Rig, certificate: string): Program =>
    async (declare) => {
      const organization = rig.host("MBX01");
      const made = await declare("Certificate", "mailbox", {
        host: organization,
        source: rig.source(certificate),
        services: ["SMTP"],
        defaultSmtp: "replace",
      });
      let after: unknown[] = [made.revision];
      for (const edge of EDGES) {
        const args = { edge: rig.host(edge), organization, site: SITE, organizationThumbprints: { MBX01: made.thumbprint }, after };
        after = [(await declare("EdgeSubscription", edge, args)).revision];
      }
    };

  for (const [title, reencrypts] of [
    ["credentials can be encrypted anew: every Edge proves it, nothing is torn down", true],
    ["they cannot: every Edge is subscribed again, one after the other", false],
  ] as const) {
    it(title, async () => {
      const rig = await Rig.start({ toggles: { mailboxDefaultReencrypts: reencrypts } });
      try {
        const waiting = await sendMail(rig, "EDGE01", "first@contoso.com");
        await delivered(rig, waiting);
        const run = await rig.apply(program(rig, "web"));
        assert.equal(rig.server("MBX01").defaultThumbprint, rig.thumbprint("web"));
        const imports = run.mutating.filter((call) => call === "MBX01:New-EdgeSubscription").length;
        assert.equal(imports, reencrypts ? 0 : 2, run.mutating.join("\n"));
        if (!reencrypts) {
          const position = (call: string) => run.mutating.indexOf(call);
          assert.ok(position("EDGE02:Suspend-Service") > position("EDGE01:Start-Service"), run.mutating.join("\n"));
        }
        for (const edge of EDGES) {
          assert.equal((await synchronized(rig, "MBX01", edge)).status, "Normal", edge);
          assert.equal(rig.server(edge).services.MSExchangeTransport, "Running");
          await delivered(rig, await sendMail(rig, edge, "second@contoso.com"));
        }
        assert.deepEqual(rig.leftovers(), []);
        await rig.settled(program(rig, "web"));
      } finally {
        await rig.close();
      }
    });
  }

  it("queues towards the organisation cannot empty meanwhile, and do not block", async () => {
    const rig = await Rig.start({ toggles: { mailboxDefaultReencrypts: false } });
    try {
      await rig.apply(
        rig.one(
          "Certificate",
          { host: rig.host("MBX01"), source: rig.source("web"), services: ["SMTP"], defaultSmtp: "replace" },
          "mailbox",
        ),
      );
      const waiting = await Promise.all(EDGES.map((edge) => sendMail(rig, edge, "someone@contoso.com")));
      for (const edge of EDGES) assert.match(await queueErrors(rig, edge), /454 4\.7\.0/);
      await rig.apply(program(rig, "web"));
      for (const id of waiting) await delivered(rig, id);
    } finally {
      await rig.close();
    }
  });
});

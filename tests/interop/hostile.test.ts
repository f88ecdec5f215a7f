/** What people can type arrives on the host as it was typed, through real sshd and a program's standard input. */
import assert from "node:assert/strict";
import { openSession, type HostSession } from "../../provider/remote/sessions";
import { RealContoso, sshdMissing } from "../support/interop/contoso";
import { quietly } from "../support/interop/output";
import { SHARED_CONNECTOR } from "../support/interop/rotation";
import { refusal } from "../support/interop/sshServers";
import { hostileStrings } from "../support/interop/hostileStrings";
import { control } from "../support/lab";
import { skipUnless } from "../support/skip";

const COUNT = 10_000;
/** Requests under way at a time. */
const BATCH = 500;

skipUnless(sshdMissing === undefined, sshdMissing ?? "").describe("hostile strings through real sshd", () => {
  quietly();
  let real: RealContoso;
  let session: HostSession;
  const Identity = SHARED_CONNECTOR;
  before(async () => {
    real = await RealContoso.open();
    session = await openSession(real.connection("MBX01"));
  });
  after(() => real.close());

  it(`${COUNT} of them arrive byte-identical and come back so`, async () => {
    const strings = hostileStrings(COUNT);
    let differing = 0;
    for (let at = 0; at < strings.length; at += BATCH) {
      const batch = strings.slice(at, at + BATCH);
      // one after the other on the host, sent without waiting
      const looks = batch.flatMap((text) => [
        session.invoke("Set-SendConnector", { Identity, Comment: text }, [], { fence: 1 }),
        session.invoke("Get-SendConnector", { Identity }, ["Comment"]),
      ]);
      const answers = await Promise.all(looks);
      const returned = batch.map((_text, i) => String(answers[2 * i + 1].objects[0].Comment));
      differing += batch.filter((text, i) => !Buffer.from(returned[i], "utf16le").equals(Buffer.from(text, "utf16le"))).length;
    }
    const set = (await control(real.lab).history()).filter(({ cmdlet }) => cmdlet === "Set-SendConnector");
    assert.deepEqual(
      set.map(({ parameters }) => parameters.Comment),
      strings,
      "what the host was asked for",
    );
    console.log(`      figure: hostile strings: ${strings.length} sent, ${differing} differing`);
    assert.equal(differing, 0);
    assert.deepEqual(real.processes(), { MBX01: 1, EDGE01: 0, EDGE02: 0 });
  });

  it("NUL is refused by the host, wherever it stands, and the session goes on", async () => {
    for (const Comment of ["\0", "a\0b", "end\0", "\u0000$(Stop-Computer)"]) {
      const error = await refusal(session.invoke("Set-SendConnector", { Identity, Comment }, [], { fence: 1 }), "AGENT_REFUSED");
      assert.equal(error.details.class, "BadRequest");
    }
    assert.equal((await session.invoke("Get-SendConnector", { Identity }, ["Name"])).objects.length, 1);
  });

  it("files keep their bytes, whatever they are", async () => {
    const strings = hostileStrings(200).join("\n");
    const bytes = Buffer.concat([Buffer.from(strings), Buffer.from(Uint8Array.from({ length: 256 }, (_value, i) => i))]);
    await session.request("file.write", { path: "hostile.bin", data: bytes.toString("base64") });
    const { data } = await session.request("file.read", { path: "hostile.bin" });
    assert(Buffer.from(data!, "base64").equals(bytes));
    await session.request("file.remove", { path: "hostile.bin" });
  });
});

/** A site's window that was opened for a rotation which then did not begin. */
import assert from "node:assert/strict";
import { rigForEach } from "../../support/stories/rig";

describe("a site's window", () => {
  const rig = rigForEach();
  const certificate = (edge: string, name: string) =>
    rig().one("Certificate", {
      ...{ host: rig().host(edge), organization: rig().host("MBX01"), source: rig().source(name), services: ["SMTP"] },
    });

  it("is given back when the rotation breaks off before its journal: the site's other Edge is not kept from its own", async () => {
    // The first exclusive file on the organisation's host is the lease, the second one the window.
    await rig().control.fault({ host: "MBX01", cmdlet: "file.createNew", nth: 2, at: "reply", kind: "kill" });
    await rig().fails(certificate("EDGE01", "v2"));
    assert.deepEqual(rig().leftovers(), []);
    await rig().destroy();
    await rig().apply(certificate("EDGE02", "web"));
  });
});

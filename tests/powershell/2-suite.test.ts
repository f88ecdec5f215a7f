/** The suite that every agent passes, asked of the shipped script in a real PowerShell. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AGENT_SHA256 } from "../../provider/remote/agentHash";
import { FakeOrganisation } from "../support/agents/fakeOrganisation";
import { pwshMissing, stageForAll } from "../support/agents/stage";
import { agentSuite, type Bench } from "../support/agents/suite";
import { skipUnless } from "../support/skip";

skipUnless(pwshMissing === undefined, pwshMissing ?? "").describe("the shipped script in a real PowerShell", () => {
  let organisation: FakeOrganisation;
  const stage = stageForAll(() => ({ scenario: undefined, organisation: (organisation = new FakeOrganisation()) }));
  const bench: Bench = {
    get organisation() {
      return organisation;
    },
    get account() {
      return stage().lab.hosts.get("MBX01")!.host.account;
    },
    hash: AGENT_SHA256,
    history: () => stage().lab.history.entries,
    ignoresCase: process.platform === "win32",
    open: (host, logon = "password") => {
      // what sshd's ExposeAuthInfo writes
      const file = join(stage().folder, `logon-${logon}`);
      writeFileSync(file, `${logon} ssh-ed25519 AAAA\n`);
      return stage().agent(host, { noise: false }, { env: { SSH_USER_AUTH: file } });
    },
  };
  agentSuite(() => bench);
});

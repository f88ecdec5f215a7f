import assert from "node:assert/strict";
import { ExchangeError } from "../../../provider/base/errors";
import { forgetSecrets, registerSecret } from "../../../provider/base/redact";
import { exitCodeOf, inWords } from "../../../provider/cli/exit";
import { jumpHost } from "../../../provider/cli/hostKey";

describe("command line", () => {
  afterEach(forgetSecrets);

  it("ends with 2 where nobody was let in, with 1 where work failed", () => {
    assert.equal(exitCodeOf(new ExchangeError("HOST_UNREACHABLE", "no answer")), 2);
    assert.equal(exitCodeOf(new ExchangeError("LOGIN_FAILED", "no")), 2);
    assert.equal(exitCodeOf(new ExchangeError("LEASE_HELD", "busy")), 1);
    assert.equal(exitCodeOf(new Error("a defect")), 1);
  });

  it("prints code, sentence and hint, and no secret", () => {
    registerSecret("canary-of-a-password");
    const text = inWords(new ExchangeError("CMDLET_FAILED", "EDGE01 said canary-of-a-password.", { hint: "look there" }));
    assert.equal(text, "[CMDLET_FAILED] EDGE01 said [secret].\n  Hint: look there");
  });

  it("reads a jump host from its flags", () => {
    const flags = { proxyKnownHosts: "/known", proxyKey: "/key" };
    assert.deepEqual(jumpHost("ops@jump.contoso.com:2222", flags), {
      user: "ops",
      host: "jump.contoso.com",
      port: 2222,
      privateKey: { file: "/key" },
      knownHosts: { file: "/known" },
    });
    assert.equal(jumpHost("ops@[2001:db8::1]", flags).host, "2001:db8::1");
    assert.equal(
      jumpHost("DOMAIN\\ops@jump", { ...flags, proxyHostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5" }).hostKey,
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
    );
    for (const wrong of ["jump", "@jump", "ops@", "ops@jump:port"]) assert.throws(() => jumpHost(wrong, flags), /INVALID_ARGUMENT/);
  });
});

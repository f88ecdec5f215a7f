/** Who opens connections: each of these asks provider/rehearsal first, so that a rehearsal reaches nobody. A new one must do so as well. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkoutRoot } from "../tools/fromRoot";
import { sourcesOf } from "./sources";

/** Modules that connect, and what of them does: the name in front of a parenthesis. */
const OPENS =
  /\bconnect(?:Socket|Tls)?\(|\bcreateConnection\(|\bnew Socket\(|\bnew (?:Tls)?Client\(|\bforwardOut\(|\bfetch\(|\bcreateTransport\(|\bhttps?\.(?:get|request)\(/;
const NETWORK = /from "(?:node:)?(?:net|tls|http|https|http2|dgram|dns|dns\/promises|ssh2|ldapts|nodemailer|undici|ws)"/;
/** Types and helpers that open nothing. */
const HARMLESS = /^import (?:type )?\{[^}]*\} from "(?:node:net|ssh2|ldapts)";$/;

/** File → who answers for it: the function of provider/rehearsal that it calls before, or why none is needed. */
const DIALS: { [file: string]: string } = {
  "provider/remote/ssh.ts": "mayDial(",
  "provider/remote/sshConnection.ts": "mayForward(",
  "provider/probes/doors.ts": "mayDial(",
  "provider/directory/connect.ts": "mayDial(",
  "provider/cli/notify/deliver.ts": "notInRehearsal(",
  // TLS on a connection that doors.ts opened
  "provider/probes/leaf.ts": "socket",
  // SSH on a connection that ssh.ts opened
  "provider/cli/hostKeyScan.ts": "openSocket(",
  // Pulumi's engine, which started this process
  "provider/handlers/shutdown.ts": "watchEngine(",
};

describe("who opens connections", () => {
  const text = (file: string): string => readFileSync(join(checkoutRoot, file), "utf8");
  const code = (file: string): string => text(file).replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, "");

  it("are the files of the list, and no other", () => {
    const found = sourcesOf("provider").filter((file) => NETWORK.test(code(file)) || /\bfetch\(/.test(code(file)));
    const dialling = found.filter((file) => OPENS.test(code(file).replace(HARMLESS, "")));
    assert.deepEqual(dialling.sort(), Object.keys(DIALS).sort());
  });

  it("each asks first", () => {
    for (const [file, asks] of Object.entries(DIALS)) assert.ok(text(file).includes(asks), `${file} does not call ${asks}`);
  });
});

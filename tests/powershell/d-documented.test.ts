/** Commands of the documentation in PowerShell: the command lines of docs/windows.md, and the JEA endpoint of docs/servers.md. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { findPwsh } from "../../lab/powershell/pwsh";
import { CMDLETS } from "../../provider/remote/cmdlets";
import { packageRoot } from "../../provider/remote/agentScript";
import { documentedCommands } from "../support/agents/documentedCommands";
import { pwshMissing } from "../support/agents/stage";
import { openFolder, removeFolder } from "../support/interop/folders";
import { skipUnless } from "../support/skip";

const HOSTS = '[{ "name": "EDGE01" }]';
const KEY = "ssh-ed25519 AAAAC3Nz edge01.contoso.com";

/** Programs of Windows' PATH that show their arguments: npm is a script of PowerShell there, npm.cmd is not. */
const STAND_INS = {
  "npm.ps1": '"npm " + (($args | ForEach-Object { "[$_]" }) -join "")',
  "npm.cmd": "#!/bin/sh\nprintf 'npm.cmd '; printf '[%s]' \"$@\"; echo\n",
  npx: `#!/bin/sh\n[ "$2" = host-key ] && { echo '${KEY}'; exit; }\nprintf 'npx '; printf '[%s]' "$@"; echo\n`,
  pulumi: `#!/bin/sh\nprintf 'pulumi '; printf '[%s]' "$@"; case "$*" in *caCertificate*) printf ' < '; cat;; *) echo;; esac\n`,
};

skipUnless(pwshMissing === undefined, pwshMissing ?? "").describe("documented commands, in PowerShell", () => {
  let folder: string;
  beforeEach(() => (folder = openFolder()));
  afterEach(() => removeFolder(folder));
  const run = (text: string): string[] => {
    const file = join(folder, "run.ps1");
    writeFileSync(file, text);
    const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}`, TERM: "dumb", NO_COLOR: "1" };
    const printed = execFileSync(findPwsh()!, ["-NoProfile", "-NonInteractive", "-File", file], { cwd: folder, env, encoding: "utf8" });
    return printed.split(/\r?\n/).filter((line) => line !== "");
  };

  it("docs/windows.md: every command line says to its program what it is meant to", () => {
    for (const [name, text] of Object.entries(STAND_INS)) {
      writeFileSync(join(folder, name), text);
      chmodSync(join(folder, name), 0o755);
    }
    writeFileSync(join(folder, "hosts.json"), HOSTS);
    writeFileSync(join(folder, "ca.pem"), "PEM");
    const lines = documentedCommands("PowerShell").map((line) => line.replace(/^\$env:(\w+) = .*$/, '$&; "$env:$1"'));
    assert.deepEqual(run([...lines, "Get-Content lab.json", "npm run lab -- bare"].join("\n")), [
      "pass word",
      HOSTS,
      "npx [pulumi-exchange][report][--hosts][lab.json]",
      KEY,
      "2026-12-01T00:00:00Z",
      "pulumi [config][set][--path][hosts.EDGE01.host][edge01.contoso.com]",
      `pulumi [config][set][--path][hosts.EDGE01.hostKey][${KEY}]`,
      "pulumi [config][set][caCertificate] < PEM",
      "npm [run][lab][--][--scenario][contoso]",
      "npm.cmd [run][lab][--][--scenario][contoso]",
      "npm [run][faults][--][--grep][cut|kill]",
      "npx [pulumi-exchange][report][--hosts][C:\\Users\\me\\My stack\\hosts.json]",
      "npx [pulumi-exchange][lab]",
      "npm [run][lab][bare]",
    ]);
  });

  it("docs/jea: an endpoint with it shows the closed list and nothing else", () => {
    const psrc = join(packageRoot(__dirname), "docs", "jea", "PulumiExchange.psrc");
    const names = Object.fromEntries(Object.entries(CMDLETS).map(([cmdlet, { parameters }]) => [cmdlet, Object.keys(parameters)]));
    const file = join(folder, "cmdlets.json");
    writeFileSync(file, JSON.stringify(names));
    const script = join(packageRoot(__dirname), "tests", "powershell", "jea.ps1");
    const seen = JSON.parse(run(`& '${script}' '${folder}' '${psrc}' '${file}'`).at(-1)!) as {
      language: string;
      bound: { [cmdlet: string]: string[] };
      refused: string[];
      script: string;
    };
    assert.equal(seen.language, "NoLanguage");
    assert.deepEqual(seen.bound, names, "every cmdlet takes every parameter of the list");
    const withParameters = Object.keys(names).filter((cmdlet) => names[cmdlet].length > 0);
    const others = ["Get-Mailbox", "Invoke-Expression", "Get-ChildItem"];
    assert.deepEqual(seen.refused.sort(), [...withParameters.map((cmdlet) => `${cmdlet} -NotInTheList`), ...others].sort());
    assert.match(seen.script, /no-language mode/);
  });
});

/** The script uses nothing that Windows PowerShell 5.1 and .NET Framework 4.7.2 lack: PowerShell's own parser against their public surface. */
import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findPwsh } from "../../lab/powershell/pwsh";
import { packageRoot } from "../../provider/remote/agentScript";
import { pwshMissing } from "../support/agents/stage";
import { skipUnless } from "../support/skip";

const root = packageRoot(__dirname);
/** Types (with their static members) and members that both have, as far as the script uses them; from the public surface of 5.1. */
const surface = JSON.parse(readFileSync(join(root, "tests", "powershell", "surface51.json"), "utf8")) as {
  types: { [type: string]: string[] };
  members: string[];
};

interface Uses {
  types: string[];
  /** `Type::Member` */
  statics: string[];
  members: string[];
  /** Keys of the script's own tables. */
  own: string[];
  newer: string[];
}

/** PowerShell's short names of types; null: no type of .NET. */
const SHORT: { [name: string]: string | null } = {
  bool: "System.Boolean",
  int: "System.Int32",
  long: "System.Int64",
  int16: "System.Int16",
  uint16: "System.UInt16",
  uint32: "System.UInt32",
  uint64: "System.UInt64",
  single: "System.Single",
  regex: "System.Text.RegularExpressions.Regex",
  hashtable: "System.Collections.Hashtable",
  ...{ void: null, ref: null, ordered: null, switch: null, scriptblock: null, object: null },
};
/** What is not there, and why the script may name it all the same. */
const REASONS: { [name: string]: string } = {
  "System.IO.FileSystemAclExtensions": "used where $PxAgent.Core says PowerShell 6 or later",
  "Environment::TickCount64": "used where $PxAgent.Core says PowerShell 6 or later",
  "System.IO.FileSystemAclExtensions::GetAccessControl": "used where $PxAgent.Core says PowerShell 6 or later",
  "System.IO.FileSystemAclExtensions::SetAccessControl": "used where $PxAgent.Core says PowerShell 6 or later",
  "System.Reflection.BindingFlags": "part of mscorlib since .NET Framework 1.0; the list has no reflection",
  DisableCertificateDownloads: "set where the property is there",
  LastBootUpTime: "property of the CIM class Win32_OperatingSystem",
  TimeCreated: "property of Get-WinEvent's records",
  PSObject: "PowerShell's own, on every object",
  PSVersion: "key of $PSVersionTable",
  objects: "key of what Invoke-PxCmdlet returns",
  present: "key of what Get-PxChainStatus returns",
};

skipUnless(pwshMissing === undefined, pwshMissing ?? "").describe("agent.ps1 in Windows PowerShell 5.1", () => {
  let uses: Uses;
  const known = new Map(
    Object.entries(surface.types).map(([name, statics]) => [name.toLowerCase(), statics.map((one) => one.toLowerCase())]),
  );
  const find = (name: string): string[] | undefined => known.get(name.toLowerCase()) ?? known.get(`system.${name.toLowerCase()}`);
  const full = (name: string): string | null => {
    const bare = name.replaceAll("'", "");
    return Object.hasOwn(SHORT, bare.toLowerCase()) ? SHORT[bare.toLowerCase()] : bare;
  };
  const unexplained = (names: string[]): string[] => names.filter((name) => !Object.hasOwn(REASONS, name));

  before(function () {
    this.timeout(300_000);
    const args = ["-NoProfile", "-NonInteractive", "-File", join(root, "tests", "powershell", "uses.ps1"), "-Script"];
    uses = JSON.parse(execFileSync(findPwsh()!, [...args, join(root, "provider", "remote", "agent.ps1")], { encoding: "utf8" })) as Uses;
  });

  it("parses, without syntax that is newer", () => {
    assert.deepEqual(uses.newer, []);
    assert.ok(uses.types.length > 50 && uses.statics.length > 20 && uses.members.length > 100);
  });

  it("names types that are there", () => {
    const missing = uses.types.filter((name) => full(name) !== null && find(full(name)!) === undefined);
    assert.deepEqual(unexplained(missing), []);
  });

  it("names static members that are there", () => {
    const missing = uses.statics.filter((name) => {
      const [type, member] = name.split("::");
      return full(type) !== null && !find(full(type)!)?.includes(member.toLowerCase());
    });
    assert.deepEqual(unexplained(missing), []);
  });

  it("names members that some type there has, or keys of its own tables", () => {
    const there = new Set([...surface.members, ...uses.own].map((name) => name.toLowerCase()));
    const missing = uses.members.filter((name) => !there.has(name.toLowerCase()));
    assert.deepEqual(unexplained(missing), []);
  });
});

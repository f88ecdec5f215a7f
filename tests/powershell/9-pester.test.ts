/** The Pester tests of the script's pure functions: the way PowerShell people run them, and counted here. */
import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { findPwsh } from "../../lab/powershell/pwsh";
import { packageRoot } from "../../provider/remote/agentScript";
import { pwshMissing } from "../support/agents/stage";
import { skipHere, skipUnless } from "../support/skip";

const NO_PESTER = 3;
/** Pester 5: its result as one line of JSON. */
const RUN = `
$module = Get-Module -ListAvailable -Name Pester | Where-Object { $_.Version.Major -ge 5 } | Select-Object -First 1
if ($null -eq $module) { exit ${NO_PESTER} }
Import-Module -ModuleInfo $module
$result = Invoke-Pester -Path $env:PESTER_FILE -Output None -PassThru
$failed = @($result.Failed | ForEach-Object { $_.ExpandedPath + ': ' + ($_.ErrorRecord | Select-Object -First 1) })
ConvertTo-Json -Compress -InputObject ([ordered]@{ passed = $result.PassedCount; failed = $failed; containers = $result.FailedContainersCount })
`;

skipUnless(pwshMissing === undefined, pwshMissing ?? "").describe("agent.Tests.ps1", () => {
  it("passes in Pester", function () {
    this.timeout(300_000);
    const file = join(packageRoot(__dirname), "tests", "powershell", "agent.Tests.ps1");
    const run = spawnSync(findPwsh()!, ["-NoProfile", "-NonInteractive", "-Command", RUN], {
      encoding: "utf8",
      env: { ...process.env, PESTER_FILE: file },
    });
    if (run.status === NO_PESTER) skipHere(this, "Pester 5 is not installed: Install-Module Pester");
    const result = JSON.parse(run.stdout.trim().split("\n").at(-1)!) as { passed: number; failed: string[]; containers: number };
    assert.deepEqual([result.failed, result.containers], [[], 0], run.stderr);
    assert.ok(result.passed > 60, `${result.passed} passed`);
  });
});

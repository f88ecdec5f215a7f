# The Exchange that the agent finds where none is: dot-sourced in the global scope, in front of the agent's own command line.
# Nothing of the agent's script is changed. What the cmdlets do is the lab's business (answers.ts, behind a loopback port).
# Environment: PX_LAB_PORT, PX_LAB_HOST, PX_LAB_TYPES (the compiled types.cs), PX_LAB_STAGE (this file), PX_LAB_NOISE (cmdlets with bad
# manners), PX_LAB_HOME (a folder of the host's that goes with the stage).
# $PxLabFar: the second PowerShell of a Mailbox server; $PxLabAgent: process id of the agent that it serves.
param([switch]$PxLabFar, [int]$PxLabAgent = $PID)

$global:LabHost = $env:PX_LAB_HOST
$global:LabAgent = $PxLabAgent
$global:LabFar = [bool]$PxLabFar
Add-Type -Path $env:PX_LAB_TYPES

. ([System.IO.Path]::Combine($PSScriptRoot, 'client.ps1'))
. ([System.IO.Path]::Combine($PSScriptRoot, 'values.ps1'))
. ([System.IO.Path]::Combine($PSScriptRoot, 'cmdlets.ps1'))
if (-not $global:LabFar) {
    . ([System.IO.Path]::Combine($PSScriptRoot, 'installation.ps1'))
    . ([System.IO.Path]::Combine($PSScriptRoot, 'remoting.ps1'))
    if ($IsWindows) { Write-LabInstallation ([string](Get-ItemPropertyValue -Path 'HKLM:\SOFTWARE\Microsoft\ExchangeServer\v15\Setup' -Name 'MsiInstallPath' -ErrorAction SilentlyContinue)) }
    else {
        . ([System.IO.Path]::Combine($PSScriptRoot, 'windows.ps1'))
        . ([System.IO.Path]::Combine($PSScriptRoot, 'services.ps1'))
        . ([System.IO.Path]::Combine($PSScriptRoot, 'certificates.ps1'))
    }
}

# Where Exchange lies: its snap-ins and start scripts, with the bad manners of the real ones and some more: strict mode, prints, a statement
# that fails, a break without a loop, a changed location, an alias that is in the way of a plain call.

$global:LabFiles = @{
    'bin\exShell.psc1' = '<?xml version="1.0" encoding="utf-8"?><PSConsoleFile ConsoleSchemaVersion="1.0"><PSVersion>5.1</PSVersion><PSSnapIns><PSSnapIn Name="Microsoft.Exchange.Management.PowerShell.E2010" /></PSSnapIns></PSConsoleFile>'
    'bin\Exchange.ps1' = "Set-StrictMode -Version Latest`nWrite-Host 'Welcome'`nWrite-Output 'Welcome'`n[Console]::WriteLine('Welcome')`nSet-Location ([System.IO.Path]::GetTempPath())`nSet-Alias -Name Get-Item -Value Get-ExBlog -Scope Global`nfunction global:Get-ExBlog { }`nfunction global:prompt { 'EMS> ' }`n`$undefinedVariable.Length`nbreak"
    'bin\RemoteExchange.ps1' = "Set-StrictMode -Version Latest`nWrite-Host 'Welcome'`nWrite-Output 'Welcome'`n`$global:exbin = 'x'`nSet-Location ([System.IO.Path]::GetTempPath())"
}

function global:Get-PSSnapin { [CmdletBinding()] param([string]$Name) }
function global:Add-PSSnapin { [CmdletBinding()] param([string]$Name) Import-LabExchange $PxCmdlets }

# Lays these files where the registry of the simulated Windows says that Exchange is installed, if it does.
function global:Write-LabInstallation([string]$Path) {
    if ($Path -eq '') { return }
    foreach ($name in $global:LabFiles.Keys) {
        $file = [System.IO.Path]::Combine($Path, $name)
        if ([System.IO.File]::Exists($file)) { continue }
        [void][System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($file))
        [System.IO.File]::WriteAllText($file, $global:LabFiles[$name])
    }
}

# An endpoint's session from docs/jea/PulumiExchange.psrc, as docs/servers.md makes one, over cmdlets of the same names that take what they are
# given. Prints one line of JSON: what could be called with what, and what was refused.
param([string]$Folder, [string]$Psrc, [string]$Cmdlets)
$ErrorActionPreference = 'Stop'

$modules = Join-Path $Folder 'modules'
$module = Join-Path $modules 'PulumiExchange'
[void](New-Item -ItemType Directory -Force (Join-Path $module 'RoleCapabilities'))
Copy-Item $Psrc (Join-Path $module 'RoleCapabilities')
New-ModuleManifest (Join-Path $module 'PulumiExchange.psd1')
$env:PSModulePath = $modules + [System.IO.Path]::PathSeparator + $env:PSModulePath
$configuration = Join-Path $Folder 'PulumiExchange.pssc'
New-PSSessionConfigurationFile -Path $configuration -SessionType RestrictedRemoteServer -RunAsVirtualAccount -RoleDefinitions @{ 'CONTOSO\Messaging operators' = @{ RoleCapabilities = 'PulumiExchange' } }

# Exchange's cmdlets, one parameter more than the list has, and one that is not in it.
$known = ConvertFrom-Json (Get-Content -Raw $Cmdlets) -AsHashtable
$classes = foreach ($name in @($known.Keys) + 'Get-Mailbox') {
    $verb, $noun = $name -split '-'
    $own = foreach ($parameter in @($known[$name]) + 'NotInTheList') { if ($parameter -and $parameter -ne 'Confirm') { "[Parameter] public object $parameter { get; set; }" } }
    $confirm = if (@($known[$name]) -contains 'Confirm') { ', SupportsShouldProcess = true' } else { '' }
    "[Cmdlet(`"$verb`", `"$noun`"$confirm)] public class $verb$noun : PSCmdlet { $($own -join ' ') protected override void ProcessRecord() { WriteObject(string.Join(`",`", MyInvocation.BoundParameters.Keys)); } }"
}
$assembly = Join-Path $Folder 'Cmdlets.dll'
Add-Type -OutputAssembly $assembly -TypeDefinition ("using System.Management.Automation;`n" + ($classes -join "`n"))

$state = [System.Management.Automation.Runspaces.InitialSessionState]::CreateFromSessionConfigurationFile($configuration, { param($role) $true })
$state.ImportPSModule($assembly)
$runspace = [runspacefactory]::CreateRunspace($state)
$runspace.Open()

function Invoke-There([scriptblock]$Build) {
    $shell = [powershell]::Create()
    $shell.Runspace = $runspace
    & $Build $shell
    try { return [string]($shell.Invoke() | Select-Object -First 1) } catch { return 'refused: ' + $_.Exception.InnerException.Message } finally { $shell.Dispose() }
}

$bound = [ordered]@{}
$refused = [System.Collections.ArrayList]::new()
foreach ($name in $known.Keys) {
    $all = Invoke-There { param($shell) [void]$shell.AddCommand($name); foreach ($parameter in $known[$name]) { [void]$shell.AddParameter($parameter, $false) } }
    $bound[$name] = @($known[$name] | Where-Object { ($all -split ',') -ccontains $_ })
    if ($all.StartsWith('refused')) { $bound[$name] = @($all) }
    if ((Invoke-There { param($shell) [void]$shell.AddCommand($name).AddParameter('NotInTheList', 1) }).StartsWith('refused')) { [void]$refused.Add("$name -NotInTheList") }
}
foreach ($name in 'Get-Mailbox', 'Invoke-Expression', 'Get-ChildItem') { if ((Invoke-There { param($shell) [void]$shell.AddCommand($name) }).StartsWith('refused')) { [void]$refused.Add($name) } }
$script = Invoke-There { param($shell) [void]$shell.AddScript('Get-SendConnector') }
ConvertTo-Json -Compress -Depth 5 @{ language = [string]$runspace.SessionStateProxy.LanguageMode; bound = $bound; refused = $refused; script = $script }

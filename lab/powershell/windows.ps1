# What Windows supplies to the agent, for a PowerShell on another system: facts and events. The functions of the script that only Windows
# can run are covered by aliases, which PowerShell finds before functions.

# A folder of its own below the host's, which goes with the stage: one that a killed process has left behind may be another account's, and
# the ids of processes come again.
$global:LabInstall = [System.IO.Path]::Combine($env:PX_LAB_HOME, 'exchange-' + [Guid]::NewGuid().ToString('N'))
function global:Get-LabExchange {
    $facts = Invoke-Lab 'facts'
    [void][System.IO.Directory]::CreateDirectory($global:LabInstall)
    # on this system a backslash is a letter of the name
    foreach ($name in $global:LabFiles.Keys) { [System.IO.File]::WriteAllText([System.IO.Path]::Combine($global:LabInstall, $name), $global:LabFiles[$name]) }
    return @{ Role = $facts.role; Version = $facts.exchange; Path = $global:LabInstall; Key = 'none' }
}
Set-Alias -Name Get-PxExchange -Value Get-LabExchange -Scope Global
$null = Register-EngineEvent -SourceIdentifier PowerShell.Exiting -SupportEvent -Action { try { [System.IO.Directory]::Delete($global:LabInstall, $true) } catch { $null = $_ } }

function global:Initialize-LabFacts {
    & (Get-Command -Name Initialize-PxFacts -CommandType Function)
    $facts = Invoke-Lab 'facts'
    $PxAgent.Name = $facts.name
    $PxAgent.Fqdn = $facts.fqdn
    $PxAgent.Account = $facts.account
    $PxAgent.Elevated = $facts.elevated
    $PxAgent.Boot = $facts.boot
}
Set-Alias -Name Initialize-PxFacts -Value Initialize-LabFacts -Scope Global

function global:Get-LabEccSetting { return (Invoke-Lab 'facts').eccCertificates }
Set-Alias -Name Get-PxEccSetting -Value Get-LabEccSetting -Scope Global

function global:Get-LabInternalCertificate([string]$Server) { $value = Invoke-Lab 'internal' @{ server = $Server }; return [ordered]@{ blob = $value.blob } }
Set-Alias -Name Get-PxInternalCertificate -Value Get-LabInternalCertificate -Scope Global

function global:Get-WinEvent {
    [CmdletBinding()] param([hashtable]$FilterHashtable, [int]$MaxEvents)
    $since = $FilterHashtable.StartTime.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", [cultureinfo]::InvariantCulture)
    $found = @(Invoke-Lab 'events' @{ since = $since } | ForEach-Object { $_ } | Where-Object { $_.source -eq $FilterHashtable.ProviderName -and (-not $FilterHashtable.ContainsKey('Id') -or $FilterHashtable.Id -contains $_.id) } | Sort-Object -Property utc -Descending | Select-Object -First $MaxEvents)
    if ($found.Count -eq 0) { $PSCmdlet.ThrowTerminatingError([System.Management.Automation.ErrorRecord]::new([System.Exception]::new('No events were found that match the specified selection criteria.'), 'NoMatchingEventsFound', 'ObjectNotFound', $null)) }
    foreach ($one in $found) {
        [pscustomobject]@{ TimeCreated = [DateTime]::Parse($one.utc, [cultureinfo]::InvariantCulture, 'RoundtripKind').ToLocalTime(); ProviderName = $one.source; Id = $one.id; Level = @{ Error = 2; Warning = 3; Information = 4 }[[string]$one.level]; Message = $one.text; Properties = @() }
    }
}

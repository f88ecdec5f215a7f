# ---- events -----------------------------------------------------------------------------------------------------

function Read-PxEvents([string]$Op, $Params) {
    Assert-PxFields $Params @('since', 'sources', 'ids', 'max')
    $since = ConvertFrom-PxTime (Get-PxField $Params 'since' 'string' $true)
    $sources = Get-PxField $Params 'sources' 'strings' $true
    if ($sources.Length -lt 1 -or $sources.Length -gt 16) { throw (New-PxError 'BadRequest' "'sources' must hold 1 to 16 names.") }
    foreach ($source in $sources) { if ($source -cnotmatch '\A[A-Za-z0-9 ._-]{1,128}\z') { throw (New-PxError 'BadRequest' 'A source is not a provider name.') } }
    $ids = Get-PxField $Params 'ids' 'integers' $false
    if ($null -ne $ids -and ($ids.Length -lt 1 -or $ids.Length -gt 20)) { throw (New-PxError 'BadRequest' "'ids' must hold 1 to 20 numbers.") }
    $max = Get-PxField $Params 'max' 'integer' $false
    if ($null -eq $max) { $max = 100 }
    if ($max -lt 1 -or $max -gt 1000) { throw (New-PxError 'BadRequest' "'max' must be 1 to 1000.") }
    return @{ Since = $since; Sources = $sources; Ids = $ids; Max = [int]$max }
}

# Windows looks for the texts of events in the language of the thread's culture; an invariant one has none.
function Get-PxEvents([string]$Op, $Call) {
    $thread = [System.Threading.Thread]::CurrentThread
    try { $thread.CurrentCulture = [System.Globalization.CultureInfo]::GetCultureInfo('en-US') } catch { $null = $_ }
    try { return (Find-PxEvents $Call) } finally { try { $thread.CurrentCulture = $PxInvariant } catch { $null = $_ } }
}

# The newest `max` events of the Application log, oldest first.
function Find-PxEvents($Call) {
    $records = New-Object System.Collections.ArrayList
    if ($null -ne (Get-Command -Name Get-WinEvent -ErrorAction SilentlyContinue)) {
        foreach ($source in $Call.Sources) {
            $filter = @{ LogName = 'Application'; ProviderName = $source; StartTime = $Call.Since.ToLocalTime() }
            if ($null -ne $Call.Ids) { $filter['Id'] = [int[]]$Call.Ids }
            try { foreach ($record in @(Get-WinEvent -FilterHashtable $filter -MaxEvents $Call.Max -ErrorAction Stop)) { [void]$records.Add($record) } }
            catch { if (([string]$_.FullyQualifiedErrorId) -notmatch '^(NoMatchingEventsFound|NoMatchingProvidersFound|LogsAndProvidersDontOverlap)') { throw } }
        }
    }
    $events = New-Object System.Collections.ArrayList
    foreach ($record in @($records | Sort-Object -Property TimeCreated | Select-Object -Last $Call.Max)) { if ($null -ne $record -and $null -ne $record.TimeCreated) { [void]$events.Add((ConvertTo-PxEvent $record)) } }
    return [ordered]@{ events = $events.ToArray() }
}

function ConvertTo-PxEvent($Record) {
    $level = 'Information'
    if (@(1, 2) -contains [int]$Record.Level) { $level = 'Error' }
    if ([int]$Record.Level -eq 3) { $level = 'Warning' }
    $text = [string]$Record.Message
    if ($text -eq '') { $text = @($Record.Properties | ForEach-Object { [string]$_.Value }) -join ' ' }
    if ($text.Length -gt 4000) { $text = $text.Substring(0, 4000) }
    return [ordered]@{ utc = (Format-PxTime $Record.TimeCreated); source = [string]$Record.ProviderName; id = [int]$Record.Id; level = $level; text = $text }
}

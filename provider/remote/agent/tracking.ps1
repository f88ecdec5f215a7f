# ---- message tracking ---------------------------------------------------------------------------------------------

function Read-PxTracking([string]$Op, $Params) {
    Assert-PxFields $Params @('since', 'until', 'messageId')
    $since = ConvertFrom-PxTime (Get-PxField $Params 'since' 'string' $true)
    $until = ConvertFrom-PxTime (Get-PxField $Params 'until' 'string' $true)
    if ($until -lt $since -or ($until - $since).TotalHours -gt 24) { throw (New-PxError 'BadRequest' "'until' must lie within 24 hours after 'since'.") }
    $messageId = Get-PxField $Params 'messageId' 'string' $false
    if ($null -ne $messageId -and $messageId -cnotmatch '\A<[!-;=?-~]{1,250}>\z') { throw (New-PxError 'BadRequest' "'messageId' must be a Message-ID in angle brackets.") }
    return @{ Since = $since; Until = $until; MessageId = $messageId }
}

# The rows hold addresses and subjects: they are counted here, and only counts leave the host. The log has no pages, so it is read in
# slices of five minutes; a row on the border of two belongs to the later one.
function Get-PxTracking([string]$Op, $Call) {
    $counts = @{}
    $start = $Call.Since
    while ($start -lt $Call.Until) {
        $end = $start + (New-TimeSpan -Minutes 5)
        if ($end -gt $Call.Until) { $end = $Call.Until }
        Add-PxTracked $counts $start $end $Call.MessageId
        $start = $end
    }
    $events = New-Object System.Collections.ArrayList
    foreach ($key in @($counts.Keys | Sort-Object)) {
        $parts = ([string]$key).Split(' ')
        [void]$events.Add([ordered]@{ eventId = $parts[0]; source = $parts[1]; count = [int]$counts[$key] })
    }
    return [ordered]@{ events = $events.ToArray() }
}

function Add-PxTracked($Counts, [DateTime]$Start, [DateTime]$End, [string]$MessageId) {
    $splat = @{ Start = $Start.ToLocalTime(); End = $End.ToLocalTime(); ResultSize = 'Unlimited' }
    # Elsewhere the cmdlet asks the server that the shell is connected to, which may be another one.
    if ($PxAgent.Exchange.Role -eq 'Mailbox') { $splat['Server'] = $PxAgent.Name }
    if ($MessageId -ne '') { $splat['MessageId'] = $MessageId }
    $found = Invoke-PxCmdlet @{ Cmdlet = 'Get-MessageTrackingLog'; Splat = $splat; Select = @('Timestamp', 'EventId', 'Source') }
    foreach ($row in $found.objects) {
        if ($null -eq $row['Timestamp']) { continue }
        $at = ConvertFrom-PxTime ([string]$row['Timestamp'])
        if ($at -lt $Start -or $at -ge $End) { continue }
        # Words of the log itself; anything else is not taken out of the host.
        $key = ([string]$row['EventId']).ToUpperInvariant() + ' ' + ([string]$row['Source']).ToUpperInvariant()
        if ($key -cnotmatch '\A[A-Z_]{1,40} [A-Z_]{1,40}\z') { $key = 'OTHER OTHER' }
        $Counts[$key] = 1 + [int]$Counts[$key]
    }
}

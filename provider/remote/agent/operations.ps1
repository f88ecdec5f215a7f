# ---- operations -------------------------------------------------------------------------------------------------

# Everything that can be refused without touching the host is refused here.
function Read-PxCall($Request) {
    Assert-PxFields $Request @('id', 'op', 'params', 'fence', 'key')
    $op = Get-PxField $Request 'op' 'string' $true
    if (@($PxOperations.Keys) -cnotcontains $op) { throw (New-PxError 'UnknownOperation' 'This operation is not known.') }
    $rule = $PxOperations[$op]
    $params = Get-PxField $Request 'params' 'object' $true
    $call = @{ Op = $op; Run = $rule.Run; Name = $op; Mutating = ($rule.Fence -eq 'required'); NeedsShell = $rule.Shell }
    $call.Key = Get-PxField $Request 'key' 'string' $false
    if ($null -ne $call.Key -and $call.Key -cnotmatch '\A[A-Za-z0-9._:-]{1,128}\z') { throw (New-PxError 'BadRequest' "'key' must be 1 to 128 letters, digits, dots, colons, hyphens or underscores.") }
    $call.Fence = Get-PxField $Request 'fence' 'integer' $false
    if ($null -ne $call.Fence -and ($call.Fence -lt 0 -or $call.Fence -gt 9007199254740991)) { throw (New-PxError 'BadRequest' "'fence' is out of range.") }
    $call.Data = & $rule.Read $op $params
    if ($op -ceq 'invoke') {
        $call.Mutating = [bool]$call.Data.Rule.Mutating
        $call.Name = 'invoke ' + $call.Data.Cmdlet.ToLowerInvariant()
    }
    $call.Fenced = ($call.Mutating -or $rule.Fence -eq 'checked')
    if ($call.Mutating -and $null -eq $call.Fence) { throw (New-PxError 'FenceRequired' ($call.Name + ' needs a fence.')) }
    return $call
}

function Invoke-PxOperation($Call) { return (& $Call.Run $Call.Op $Call.Data) }

# One mutation at a time on this host: an orphan finishes its cmdlet before the next process changes anything.
function Open-PxChange {
    Assert-PxFolder
    return (Open-PxLock (Join-PxAgentPath 'change') 120 'Another process is still changing this host' 'Busy')
}

# Files have a turn of their own: a lease is renewed while a cmdlet runs. Windows would refuse the second writer, other systems let it in.
function Open-PxTurn($Call) {
    if ($Call.Mutating) { return (Open-PxChange) }
    Assert-PxFolder
    return (Open-PxLock (Join-PxAgentPath 'files') 30 'Another process is still writing files')
}

# The change itself, under the host's change lock or that of its files, with a last look at the fence.
function Invoke-PxChange($Call) {
    $lock = Open-PxTurn $Call
    try {
        if ($null -ne $Call.Fence) { Update-PxFence $Call.Fence }
        return (ConvertTo-PxJson (Invoke-PxOperation $Call))
    } finally { $lock.Dispose() }
}

# The reply's value as JSON text. Order: fence, stored reply, fence again right before the change, store.
function Get-PxValueText($Call) {
    if ($Call.Op -eq 'fence.raise') {
        $lock = Open-PxChange
        try { return (ConvertTo-PxJson (Invoke-PxOperation $Call)) } finally { $lock.Dispose() }
    }
    if (-not $Call.Fenced) { return (ConvertTo-PxJson (Invoke-PxOperation $Call)) }
    if ($null -ne $Call.Fence) { Update-PxFence $Call.Fence }
    if ($null -eq $Call.Key) { return (Invoke-PxChange $Call) }
    Assert-PxFolder
    $path = Get-PxReplyPath $Call.Key
    $lock = $null
    try {
        # Another process may still be at this very call: wait for its reply instead of doing it twice.
        $lock = Open-PxLock "$path.lock" 600 'A call with this key is still running'
        $stored = Read-PxStoredReply $path $Call.Name
        if ($null -ne $stored) { return $stored }
        $text = Invoke-PxChange $Call
        # The change is done: a reply that cannot be stored is still the reply.
        try { [void](Write-PxFile $path ($PxUtf8.GetBytes($Call.Name + "`n" + $text + "`n")) $true) } catch { $null = $_ }
        return $text
    } finally { if ($null -ne $lock) { $lock.Dispose() } }
}

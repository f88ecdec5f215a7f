# ---- requests, one after the other ------------------------------------------------------------------------------

# Everything that can be refused without touching the host is refused here.
function Read-PxCall($Request) {
    Assert-PxFields $Request @('id', 'op', 'params', 'fence', 'key')
    $op = Get-PxField $Request 'op' 'string' $true
    if ($PxOperations -cnotcontains $op) { throw (New-PxError 'UnknownOperation' 'This operation is not known.') }
    $params = Get-PxField $Request 'params' 'object' $true
    $call = @{ Op = $op; Params = $params; Name = $op; Mutating = ($PxMutating -ccontains $op); Fenced = $false; NeedsShell = $false; Key = $null; Fence = $null }
    $call.Key = Get-PxField $Request 'key' 'string' $false
    if ($null -ne $call.Key -and $call.Key -cnotmatch '\A[A-Za-z0-9._:-]{1,128}\z') { throw (New-PxError 'BadRequest' "'key' must be 1 to 128 letters, digits, dots, colons, hyphens or underscores.") }
    $call.Fence = Get-PxField $Request 'fence' 'integer' $false
    if ($null -ne $call.Fence -and ($call.Fence -lt 0 -or $call.Fence -gt 9007199254740991)) { throw (New-PxError 'BadRequest' "'fence' is out of range.") }
    Read-PxParams $call
    $call.Fenced = ($call.Mutating -or (@('file.write', 'file.append', 'file.createNew', 'file.remove') -ccontains $op))
    if ($call.Mutating -and $null -eq $call.Fence) { throw (New-PxError 'FenceRequired' ($call.Name + ' needs a fence.')) }
    return $call
}

# Fills in $Call.Data, and what depends on it.
function Read-PxParams($Call) {
    $params = $Call.Params
    switch -Regex ($Call.Op) {
        '^hello\z' { Assert-PxFields $params @() }
        '^shell\.open\z' { $Call.Data = Get-PxShellCredential $params; $Call.NeedsShell = $true }
        '^fence\.raise\z' {
            Assert-PxFields $params @('fence')
            $Call.Data = Get-PxField $params 'fence' 'integer' $true
            if ($Call.Data -lt 0 -or $Call.Data -gt 9007199254740991) { throw (New-PxError 'BadRequest' "'fence' is out of range.") }
        }
        '^invoke\z' {
            $Call.Data = Read-PxInvoke $params
            $Call.NeedsShell = $true
            $Call.Mutating = [bool]$Call.Data.Rule.Mutating
            $Call.Name = 'invoke ' + $Call.Data.Cmdlet.ToLowerInvariant()
        }
        '^file\.' { $Call.Data = Read-PxFileCall $Call.Op $params }
        '^service\.' { $Call.Data = Read-PxService $Call.Op $params }
        '^certificate\.inspect\z' { Assert-PxFields $params @('thumbprint'); $Call.Data = Get-PxThumbprint $params 'thumbprint' $true }
        '^certificate\.remove\z' {
            Assert-PxFields $params @('thumbprint', 'keep', 'default')
            $Call.Data = @{ Thumbprint = (Get-PxThumbprint $params 'thumbprint' $true); Keep = (Get-PxThumbprint $params 'keep' $true); Default = (Get-PxThumbprint $params 'default' $false) }
            $Call.NeedsShell = $true
        }
        '^chain\.status\z' {
            Assert-PxFields $params @('thumbprints')
            $list = Get-PxField $params 'thumbprints' 'strings' $true
            foreach ($item in $list) { if ($item -cnotmatch '\A[0-9A-Fa-f]{40}\z') { throw (New-PxError 'BadRequest' "'thumbprints' must hold 40 hexadecimal digits each.") } }
            $Call.Data = [string[]]@($list | ForEach-Object { $_.ToUpperInvariant() })
        }
        '^chain\.import\z' { $Call.Data = Read-PxChain $params }
        '^certreq\.submit\z' { $Call.Data = Read-PxCertreq $params }
        '^directory\.' {
            Assert-PxFields $params @('server')
            $Call.Data = Get-PxField $params 'server' 'string' $false
            if ($null -eq $Call.Data) { $Call.Data = $PxAgent.Name }
            if ($Call.Data -cnotmatch '\A[A-Za-z0-9-]{1,63}\z') { throw (New-PxError 'BadRequest' "'server' must be the short name of a server.") }
        }
        '^events\.' { $Call.Data = Read-PxEvents $params }
    }
}

function Invoke-PxOperation($Call) {
    switch -Regex ($Call.Op) {
        '^hello\z' { return (Get-PxFacts '') }
        '^shell\.open\z' { return $PxAgent.Shell }
        '^fence\.raise\z' { Update-PxFence $Call.Data; return [ordered]@{ fence = $Call.Data } }
        '^invoke\z' { return (Invoke-PxCmdlet $Call.Data) }
        '^file\.' { return (Invoke-PxFile $Call.Op $Call.Data) }
        '^service\.' { return (Invoke-PxService $Call.Op $Call.Data) }
        '^certificate\.inspect\z' { return (Get-PxInspection $Call.Data) }
        '^certificate\.remove\z' { return (Remove-PxCertificate $Call.Data) }
        '^chain\.status\z' { return (Get-PxChainStatus $Call.Data) }
        '^chain\.import\z' { return (Import-PxChain $Call.Data) }
        '^certreq\.submit\z' { return (Invoke-PxCertreq $Call.Data) }
        '^directory\.' { return (Get-PxInternalCertificate $Call.Data) }
        '^events\.' { return (Get-PxEvents $Call.Data) }
    }
    throw (New-PxError 'UnknownOperation' 'This operation is not known.')
}

# One mutation at a time on this host: an orphan finishes its cmdlet before the next process changes anything.
function Open-PxChange {
    if ($null -ne $PxAgent.FolderError) { throw (New-PxError 'FileFailed' $PxAgent.FolderError) }
    return (Open-PxLock (Join-PxAgentPath 'change') 120 'Another process is still changing this host' 'Busy')
}

# The change itself, under the host's change lock, with a last look at the fence.
function Invoke-PxChange($Call) {
    $lock = $null
    try {
        if ($Call.Mutating) { $lock = Open-PxChange }
        if ($null -ne $Call.Fence) { Update-PxFence $Call.Fence }
        return (ConvertTo-PxJson (Invoke-PxOperation $Call))
    } finally { if ($null -ne $lock) { $lock.Dispose() } }
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
    if ($null -ne $PxAgent.FolderError) { throw (New-PxError 'FileFailed' $PxAgent.FolderError) }
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

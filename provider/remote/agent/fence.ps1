# ---- fence and replies ------------------------------------------------------------------------------------------

# A full or write-protected disk, by Windows' codes and by those of POSIX: waiting does not help.
$PxNoWaiting = @(-2147024877, -2147024857, -2147024784, 28, 30)

# An open file that no second process can open; waits for whoever has it.
function Open-PxLock([string]$Path, [int]$Seconds, [string]$What, [string]$Class = 'FileFailed') {
    $deadline = [DateTime]::UtcNow.AddSeconds($Seconds)
    while ($true) {
        try {
            return ([System.IO.FileStream]::new($Path, [System.IO.FileMode]::OpenOrCreate, [System.IO.FileAccess]::ReadWrite, [System.IO.FileShare]::None))
        } catch {
            $cause = Get-PxCause $_
            $shared = ($cause -is [System.IO.IOException]) -and -not ($cause -is [System.IO.DirectoryNotFoundException]) -and $PxNoWaiting -notcontains $cause.HResult
            # No access, no folder: waiting does not help, and nobody else is at work.
            if (-not $shared) { throw (New-PxError 'FileFailed' ($What + ': ' + $cause.Message)) }
            if ([DateTime]::UtcNow -gt $deadline) { throw (New-PxError $Class ($What + ': ' + $cause.Message)) }
        }
        Start-Sleep -Milliseconds 50
    }
}

function Read-PxFence {
    $path = Join-PxAgentPath 'fence'
    if (-not [System.IO.File]::Exists($path)) { return [long]0 }
    $text = $PxUtf8.GetString((Read-PxFile $path)).Trim()
    $fence = [long]0
    # An unreadable fence must not let an old writer in.
    if (-not [long]::TryParse($text, [ref]$fence)) { throw (New-PxError 'FenceDamaged' ('The stored fence cannot be read: ' + $path + '.')) }
    return $fence
}

# Refuses a fence below the highest seen on this host by any process; remembers a higher one durably.
function Update-PxFence([long]$Fence) {
    Assert-PxFolder
    $lock = $null
    try {
        $lock = Open-PxLock (Join-PxAgentPath 'lock') 10 'The fence is locked'
        $highest = Read-PxFence
        if ($Fence -lt $highest) { throw (New-PxError 'Fenced' "Fence $Fence is lower than $highest, the highest seen on this host.") }
        if ($Fence -gt $highest) { [void](Write-PxFile (Join-PxAgentPath 'fence') ($PxUtf8.GetBytes($Fence.ToString($PxInvariant) + "`n")) $true) }
    } catch { throw (ConvertTo-PxFileError $_ 'The fence cannot be kept') } finally { if ($null -ne $lock) { $lock.Dispose() } }
}

function Get-PxReplyPath([string]$Key) {
    $sha = [System.Security.Cryptography.SHA256]::Create()
    try { $hash = $sha.ComputeHash($PxUtf8.GetBytes($Key)) } finally { $sha.Dispose() }
    return (Join-PxAgentPath ([System.IO.Path]::Combine('replies', [System.BitConverter]::ToString($hash).Replace('-', '').ToLowerInvariant())))
}

# First line: what was called; second line: the value as JSON.
function Read-PxStoredReply([string]$Path, [string]$Call) {
    if (-not [System.IO.File]::Exists($Path)) { return $null }
    $lines = $PxUtf8.GetString((Read-PxFile $Path)).Split("`n")
    if ($lines.Length -lt 2 -or $lines[1] -eq '') { return $null }
    if ($lines[0] -ne $Call) { throw (New-PxError 'BadRequest' ("This key belongs to another call: " + $lines[0] + '.')) }
    return $lines[1]
}

function Read-PxFenceCall([string]$Op, $Params) {
    Assert-PxFields $Params @('fence')
    $fence = Get-PxField $Params 'fence' 'integer' $true
    if ($fence -lt 0 -or $fence -gt 9007199254740991) { throw (New-PxError 'BadRequest' "'fence' is out of range.") }
    return $fence
}

function Set-PxFence([string]$Op, [long]$Fence) {
    Update-PxFence $Fence
    return [ordered]@{ fence = $Fence }
}

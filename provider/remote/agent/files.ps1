# ---- files --------------------------------------------------------------------------------------------------------

# Puts a file in another's place. Virus scanners and readers may hold the old one for a moment.
function Move-PxFile([string]$From, [string]$To) {
    for ($try = 1; $true; $try++) {
        try {
            if ([System.IO.File]::Exists($To)) {
                # $null would reach this parameter as an empty string.
                [System.IO.File]::Replace($From, $To, [System.Management.Automation.Language.NullString]::Value)
            } else { [System.IO.File]::Move($From, $To) }
            return
        } catch { if ($try -ge 10 -or -not [System.IO.File]::Exists($From)) { throw } }
        Start-Sleep -Milliseconds 50
    }
}

# New content appears at once or not at all: temporary file, flush to the disk, rename.
function Write-PxFile([string]$Full, [byte[]]$Bytes, [bool]$Replace) {
    $parent = [System.IO.Path]::GetDirectoryName($Full)
    [void][System.IO.Directory]::CreateDirectory($parent)
    $temporary = [System.IO.Path]::Combine($parent, '.tmp-' + [Guid]::NewGuid().ToString('N'))
    try {
        $stream = [System.IO.FileStream]::new($temporary, [System.IO.FileMode]::CreateNew, [System.IO.FileAccess]::Write, [System.IO.FileShare]::None)
        try { $stream.Write($Bytes, 0, $Bytes.Length); $stream.Flush($true) } finally { $stream.Dispose() }
        if (-not $Replace) {
            if ([System.IO.File]::Exists($Full)) { return $false }
            try { [System.IO.File]::Move($temporary, $Full) } catch { if ([System.IO.File]::Exists($Full)) { return $false } else { throw } }
            return $true
        }
        Move-PxFile $temporary $Full
        return $true
    } finally {
        if ([System.IO.File]::Exists($temporary)) { try { [System.IO.File]::Delete($temporary) } catch { $null = $_ } }
    }
}

function Read-PxFileCall([string]$Op, $Params) {
    $call = @{ Path = $null; Bytes = $null }
    $writes = @('file.write', 'file.append', 'file.createNew') -ccontains $Op
    if ($writes) { Assert-PxFields $Params @('path', 'data') } else { Assert-PxFields $Params @('path') }
    $call.Path = Get-PxField $Params 'path' 'string' $true
    if ($writes) { $call.Bytes = Get-PxField $Params 'data' 'bytes' $true }
    # Only a listing may name the folder itself.
    if ($call.Path -ne '' -or $Op -ne 'file.list') { Assert-PxPath $call.Path }
    return $call
}

function Invoke-PxFile([string]$Op, $Call) {
    try {
        $full = Resolve-PxPath $Call.Path
        $bytes = $Call.Bytes
        switch ($Op) {
            'file.read' {
                if (-not [System.IO.File]::Exists($full)) { return [ordered]@{ found = $false } }
                if ((New-Object System.IO.FileInfo($full)).Length -gt 7000000) { throw (New-PxError 'TooLarge' 'The file is longer than 7000000 bytes.') }
                return [ordered]@{ found = $true; data = [System.Convert]::ToBase64String((Read-PxFile $full)) }
            }
            'file.write' { [void](Write-PxFile $full $bytes $true); return [ordered]@{} }
            'file.createNew' { return [ordered]@{ created = (Write-PxFile $full $bytes $false) } }
            'file.append' { Add-PxFile $full $bytes; return [ordered]@{} }
            'file.remove' {
                if (-not [System.IO.File]::Exists($full)) { return [ordered]@{ removed = $false } }
                [System.IO.File]::Delete($full)
                return [ordered]@{ removed = $true }
            }
            'file.list' { return [ordered]@{ files = (Get-PxFileNames $full) } }
        }
    } catch { throw (ConvertTo-PxFileError $_ ("'" + $Call.Path + "'")) }
}

# Reads while another process may be replacing the file.
function Read-PxFile([string]$Full) {
    $share = [System.IO.FileShare]::ReadWrite -bor [System.IO.FileShare]::Delete
    $stream = [System.IO.FileStream]::new($Full, [System.IO.FileMode]::Open, [System.IO.FileAccess]::Read, $share)
    try {
        $memory = New-Object System.IO.MemoryStream
        $stream.CopyTo($memory)
        return , $memory.ToArray()
    } finally { $stream.Dispose() }
}

function Add-PxFile([string]$Full, [byte[]]$Bytes) {
    [void][System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($Full))
    $stream = $null
    # Virus scanners may hold the file for a moment; nothing is written before it is open.
    for ($try = 1; $null -eq $stream; $try++) {
        try { $stream = [System.IO.FileStream]::new($Full, [System.IO.FileMode]::Append, [System.IO.FileAccess]::Write, [System.IO.FileShare]::Read) }
        catch { if ($try -ge 10 -or (Get-PxCause $_) -isnot [System.IO.IOException]) { throw } else { Start-Sleep -Milliseconds 50 } }
    }
    try { $stream.Write($Bytes, 0, $Bytes.Length); $stream.Flush($true) } finally { $stream.Dispose() }
}

function Get-PxFileNames([string]$Full) {
    $names = New-Object System.Collections.ArrayList
    if ([System.IO.Directory]::Exists($Full)) {
        foreach ($file in [System.IO.Directory]::GetFiles($Full)) {
            $name = [System.IO.Path]::GetFileName($file)
            if (-not $name.StartsWith('.')) { [void]$names.Add($name) }
        }
    }
    $array = [string[]]$names.ToArray([string])
    [System.Array]::Sort($array, [System.StringComparer]::Ordinal)
    return , $array
}

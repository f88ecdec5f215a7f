# ---- JSON -------------------------------------------------------------------------------------------------------

# Written by hand for plain values only: ConvertTo-Json of 5.1 wraps some arrays and walks objects.
function Add-PxJson([System.Text.StringBuilder]$Builder, $Value, [int]$Depth) {
    if ($Depth -gt 16) { throw (New-PxError 'Internal' 'A reply is nested too deeply.') }
    if ($null -eq $Value) { [void]$Builder.Append('null'); return }
    if ($Value -is [string]) { Add-PxJsonString $Builder $Value; return }
    if ($Value -is [bool]) { if ($Value) { [void]$Builder.Append('true') } else { [void]$Builder.Append('false') }; return }
    if ($Value -is [System.Collections.IDictionary]) {
        [void]$Builder.Append('{')
        $first = $true
        foreach ($entry in $Value.GetEnumerator()) {
            if (-not $first) { [void]$Builder.Append(',') }
            $first = $false
            Add-PxJsonString $Builder ([string]$entry.Key)
            [void]$Builder.Append(':')
            Add-PxJson $Builder $entry.Value ($Depth + 1)
        }
        [void]$Builder.Append('}')
        return
    }
    if ($Value -is [System.Collections.IEnumerable]) {
        [void]$Builder.Append('[')
        $first = $true
        foreach ($item in $Value) {
            if (-not $first) { [void]$Builder.Append(',') }
            $first = $false
            Add-PxJson $Builder $item ($Depth + 1)
        }
        [void]$Builder.Append(']')
        return
    }
    if (Test-PxNumber $Value) {
        $text = [System.Convert]::ToString($Value, $PxInvariant)
        if ($text -match '\A-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?\z') { [void]$Builder.Append($text) } else { [void]$Builder.Append('null') }
        return
    }
    Add-PxJsonString $Builder ($Value.ToString())
}

function Test-PxNumber($Value) {
    if ($Value -is [enum]) { return $false }
    return ($Value -is [int] -or $Value -is [long] -or $Value -is [double] -or $Value -is [decimal] -or $Value -is [single] -or
        $Value -is [uint32] -or $Value -is [uint64] -or $Value -is [int16] -or $Value -is [uint16] -or $Value -is [byte] -or $Value -is [sbyte])
}

function Add-PxJsonString([System.Text.StringBuilder]$Builder, [string]$Text) {
    $escaped = $Text.Replace('\', '\\').Replace('"', '\"')
    # Control characters, and surrogates because a lone one cannot be written as UTF-8.
    if ([regex]::IsMatch($escaped, '[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]')) {
        $safe = New-Object System.Text.StringBuilder
        foreach ($char in $escaped.ToCharArray()) {
            $code = [int]$char
            if ($code -lt 32 -or $code -eq 127 -or $code -eq 0x2028 -or $code -eq 0x2029 -or ($code -ge 0xd800 -and $code -le 0xdfff)) {
                [void]$safe.Append('\u').Append($code.ToString('x4', $PxInvariant))
            } else { [void]$safe.Append($char) }
        }
        $escaped = $safe.ToString()
    }
    [void]$Builder.Append('"').Append($escaped).Append('"')
}

function ConvertTo-PxJson($Value) {
    $builder = New-Object System.Text.StringBuilder
    Add-PxJson $builder $Value 0
    return $builder.ToString()
}

function Format-PxTime([DateTime]$Time) {
    return $Time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", $PxInvariant)
}

function ConvertFrom-PxTime([string]$Text) {
    $styles = [System.Globalization.DateTimeStyles]::AssumeUniversal -bor [System.Globalization.DateTimeStyles]::AdjustToUniversal
    $formats = [string[]]@("yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'")
    $time = [DateTime]::MinValue
    if (-not [DateTime]::TryParseExact($Text, $formats, $PxInvariant, $styles, [ref]$time)) {
        throw (New-PxError 'BadRequest' 'A time must look like 2026-12-01T08:30:00Z.')
    }
    return $time
}

# ---- projection ---------------------------------------------------------------------------------------------------

# An enumeration that came over remoting without its type is a number that prints as its name; only its type names tell it apart.
function Get-PxMemberName($Value) {
    $names = @($Value.PSObject.TypeNames)
    if ($names -cnotcontains 'Deserialized.System.Enum' -and $names -cnotcontains 'System.Enum') { return $null }
    foreach ($text in @([string]"$Value", [string]$Value.ToString())) { if ($text -ne '' -and $text -cnotmatch '\A-?[0-9]+\z') { return $text } }
    return $null
}

# A property's value as plain JSON data (docs/agent-protocol.md, "Projection").
function ConvertTo-PxPlain($Value, [string]$Name, [int]$Depth) {
    if ($null -eq $Value) { return $null }
    if ($Value -is [string]) { return $Value.ToString() }
    if ($Value -is [bool]) { return $Value }
    if (Test-PxNumber $Value) {
        $member = Get-PxMemberName $Value
        if ($null -ne $member) { return $member }
        return $Value
    }
    if ($Value -is [DateTime]) {
        if ($Value.Kind -eq [DateTimeKind]::Unspecified -and $Name -match 'utc\z') { return (Format-PxTime ([DateTime]::SpecifyKind($Value, [DateTimeKind]::Utc))) }
        return (Format-PxTime $Value)
    }
    if ($Value -is [DateTimeOffset]) { return (Format-PxTime $Value.UtcDateTime) }
    if ($Value -is [byte[]]) { return [System.Convert]::ToBase64String($Value) }
    # foreach does not walk a dictionary: it would find the dictionary again.
    if ($Value -is [System.Collections.IEnumerable] -and $Value -isnot [System.Collections.IDictionary] -and $Depth -lt 4) {
        $list = New-Object System.Collections.ArrayList
        foreach ($item in $Value) { [void]$list.Add((ConvertTo-PxPlain $item $Name ($Depth + 1))) }
        return , $list.ToArray()
    }
    return [string]$Value.ToString()
}

function Select-PxProperties($Object, [string[]]$Names) {
    $result = [ordered]@{}
    foreach ($name in $Names) {
        $value = $null
        $property = $Object.PSObject.Properties[$name]
        # A getter may throw on a certificate that came over without Exchange's types.
        if ($null -ne $property) { try { $value = ConvertTo-PxPlain $property.Value $name 0 } catch { $value = $null } }
        $result[$name] = $value
    }
    return $result
}

# Whether an object has one of the wanted texts: a property's own or, of an array, that of an item.
function Test-PxWhere($Object, $Where) {
    if ($null -eq $Where) { return $true }
    foreach ($name in $Where.Keys) {
        foreach ($value in @((Select-PxProperties $Object $name)[$name])) {
            if ($null -ne $value -and $value -isnot [System.Array] -and [System.Array]::IndexOf($Where[$name], ([string]$value).ToUpperInvariant()) -ge 0) { return $true }
        }
    }
    return $false
}

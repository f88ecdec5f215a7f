# ---- invoke -----------------------------------------------------------------------------------------------------

function ConvertTo-PxSecure([string]$Text) {
    $secure = New-Object System.Security.SecureString
    foreach ($char in $Text.ToCharArray()) { $secure.AppendChar($char) }
    $secure.MakeReadOnly()
    return $secure
}

function Get-PxTag($Value, [string]$Tag, [string]$Name) {
    if (-not (Test-PxObject $Value)) { throw (New-PxError 'BadRequest' "'$Name' must be an object with $Tag.") }
    Assert-PxFields $Value @($Tag)
    $property = $Value.PSObject.Properties[$Tag]
    if ($null -eq $property) { throw (New-PxError 'BadRequest' "'$Name' must be an object with $Tag.") }
    # An array of one must not pass for its element.
    return , $property.Value
}

# A string, an array of strings, or Add / Remove of such: what Exchange's multi-valued properties take.
function ConvertTo-PxList($Value, [string]$Name) {
    if (Test-PxObject $Value) {
        Assert-PxFields $Value @('Add', 'Remove')
        $table = @{}
        foreach ($property in @($Value.PSObject.Properties)) {
            if ((Test-PxObject $property.Value) -or ($property.Value -is [System.Array] -and $property.Value.Length -eq 0)) { throw (New-PxError 'BadRequest' "'$Name' must hold strings.") }
            $table[$property.Name] = ConvertTo-PxList $property.Value $Name
        }
        if ($table.Count -eq 0) { throw (New-PxError 'BadRequest' "'$Name' has neither Add nor Remove.") }
        return $table
    }
    if ($Value -is [System.Array]) {
        $list = New-Object System.Collections.ArrayList
        foreach ($item in $Value) { [void]$list.Add((Get-PxString $item $Name)) }
        return , ([string[]]$list.ToArray([string]))
    }
    return (Get-PxString $Value $Name)
}

# One parameter's value in the type that the closed list names.
function ConvertTo-PxParameter($Value, [string]$Type, [string]$Name) {
    $nullable = $Type.EndsWith('?')
    if ($null -eq $Value) {
        if ($nullable) { return $null }
        throw (New-PxError 'BadRequest' "'$Name' cannot be null.")
    }
    switch ($Type.TrimEnd('?')) {
        'string' { return (Get-PxString $Value $Name) }
        'boolean' { if ($Value -isnot [bool]) { throw (New-PxError 'BadRequest' "'$Name' must be true or false.") }; return $Value }
        'switch' { if ($Value -isnot [bool]) { throw (New-PxError 'BadRequest' "'$Name' must be true or false.") }; return $Value }
        'integer' { if (-not (Test-PxInteger $Value)) { throw (New-PxError 'BadRequest' "'$Name' must be an integer.") }; return $Value }
        'bytes' { return , (ConvertFrom-PxBase64 (Get-PxString (Get-PxTag $Value '$bytes' $Name) $Name) $Name) }
        'secure' { return (ConvertTo-PxSecure (Get-PxString (Get-PxTag $Value '$secure' $Name) $Name)) }
        'list' {
            $list = ConvertTo-PxList $Value $Name
            if ($list -is [System.Array]) { return , $list }
            return $list
        }
        'time' { return (ConvertFrom-PxTime (Get-PxString (Get-PxTag $Value '$time' $Name) $Name)) }
        'timespan' {
            if ($Value -is [string]) { return (Get-PxString $Value $Name) }
            $seconds = Get-PxTag $Value '$timespan' $Name
            if (-not (Test-PxInteger $seconds) -or $seconds -lt 0 -or $seconds -gt 2147483647) { throw (New-PxError 'BadRequest' "'$Name' must be whole seconds.") }
            return (New-Object System.TimeSpan(0, 0, 0, [int]$seconds))
        }
        'path' { return (Resolve-PxAbsolutePath (Get-PxString $Value $Name) $Name) }
    }
    throw (New-PxError 'Internal' "Unknown parameter type '$Type'.")
}

# Exchange wants an absolute file name; it must lie in the working folder.
function Resolve-PxAbsolutePath([string]$Path, [string]$Name) {
    $start = $PxAgent.Folder + [System.IO.Path]::DirectorySeparatorChar
    if (-not $Path.StartsWith($start, [System.StringComparison]::OrdinalIgnoreCase)) { throw (New-PxError 'NotAllowed' "'$Name' must lie in the working folder.") }
    $relative = $Path.Substring($start.Length).Replace('\', '/')
    Assert-PxPath $relative
    return (Resolve-PxPath $relative)
}

function Assert-PxNames($Names) {
    foreach ($name in $Names) { if ($name -cnotmatch '\A[A-Za-z][A-Za-z0-9_]{0,63}\z') { throw (New-PxError 'BadRequest' 'A selected name is not a property name.') } }
}

# Property name -> the texts that it may have, in capitals; nothing where all objects are wanted.
function Read-PxWhere($Params) {
    $where = Get-PxField $Params 'where' 'object' $false
    if ($null -eq $where) { return $null }
    $table = @{}
    foreach ($property in @($where.PSObject.Properties)) {
        $list = Get-PxField $where $property.Name 'strings' $true
        if ($list.Length -eq 0 -or $list.Length -gt 64) { throw (New-PxError 'BadRequest' "'where' must hold 1 to 64 strings each.") }
        $table[$property.Name] = @($list.ToUpperInvariant())
    }
    if ($table.Count -eq 0 -or $table.Count -gt 8) { throw (New-PxError 'BadRequest' "'where' must hold 1 to 8 properties.") }
    Assert-PxNames $table.Keys
    return $table
}

# Checks an invoke request against the closed list: cmdlet, splatting table, selected names.
function Read-PxInvoke([string]$Op, $Params) {
    Assert-PxFields $Params @('cmdlet', 'parameters', 'select', 'where')
    $cmdlet = Get-PxField $Params 'cmdlet' 'string' $true
    $given = Get-PxField $Params 'parameters' 'object' $true
    $select = Get-PxField $Params 'select' 'strings' $true
    if ($select.Length -gt 64) { throw (New-PxError 'BadRequest' 'At most 64 properties can be selected.') }
    Assert-PxNames $select
    $where = Read-PxWhere $Params
    $rule = $PxCmdlets[$cmdlet]
    if ($null -eq $rule -or $rule.Withheld) { throw (New-PxError 'NotAllowed' 'This cmdlet is not in the closed list.') }
    $splat = @{}
    foreach ($property in @($given.PSObject.Properties)) {
        $type = $rule.Parameters[$property.Name]
        if ($null -eq $type) { throw (New-PxError 'NotAllowed' ("Parameter '" + $property.Name + "' of $cmdlet is not in the closed list.")) }
        $splat[$property.Name] = ConvertTo-PxParameter $property.Value $type $property.Name
    }
    return @{ Cmdlet = $cmdlet; Rule = $rule; Splat = $splat; Select = $select; Where = $where }
}

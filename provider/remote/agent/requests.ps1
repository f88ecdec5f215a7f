# ---- requests ---------------------------------------------------------------------------------------------------

function Test-PxObject($Value) { return ($Value -is [System.Management.Automation.PSCustomObject]) }

function Test-PxInteger($Value) { return (($Value -is [int]) -or ($Value -is [long])) }

# PowerShell 7 before 7.5 turns ISO strings into dates while parsing.
function Get-PxString($Value, [string]$Name) {
    if ($Value -is [DateTime]) { return (Format-PxTime $Value) }
    if ($Value -isnot [string]) { throw (New-PxError 'BadRequest' "'$Name' must be a string.") }
    if ($Value.IndexOf([char]0) -ge 0) { throw (New-PxError 'BadRequest' "'$Name' contains a NUL character.") }
    return $Value.ToString()
}

# One field of a request, checked; null when it is optional and not there. Arrays come back as arrays.
function Get-PxField($Object, [string]$Name, [string]$Type, [bool]$Required) {
    $property = $Object.PSObject.Properties[$Name]
    if ($null -eq $property -or $property.Name -cne $Name -or $null -eq $property.Value) {
        if ($Required) { throw (New-PxError 'BadRequest' "'$Name' is missing.") }
        return $null
    }
    $value = $property.Value
    switch ($Type) {
        'string' { return (Get-PxString $value $Name) }
        'integer' {
            if (-not (Test-PxInteger $value)) { throw (New-PxError 'BadRequest' "'$Name' must be an integer.") }
            return [long]$value
        }
        'boolean' {
            if ($value -isnot [bool]) { throw (New-PxError 'BadRequest' "'$Name' must be true or false.") }
            return $value
        }
        'object' {
            if (-not (Test-PxObject $value)) { throw (New-PxError 'BadRequest' "'$Name' must be an object.") }
            return $value
        }
        'strings' {
            if ($value -isnot [System.Array]) { throw (New-PxError 'BadRequest' "'$Name' must be an array.") }
            $list = New-Object System.Collections.ArrayList
            foreach ($item in $value) { [void]$list.Add((Get-PxString $item $Name)) }
            return , $list.ToArray()
        }
        'integers' {
            if ($value -isnot [System.Array]) { throw (New-PxError 'BadRequest' "'$Name' must be an array.") }
            foreach ($item in $value) { if (-not (Test-PxInteger $item)) { throw (New-PxError 'BadRequest' "'$Name' must hold integers.") } }
            return , $value
        }
        'bytes' {
            $text = Get-PxString $value $Name
            return , (ConvertFrom-PxBase64 $text $Name)
        }
    }
    throw (New-PxError 'Internal' "Unknown field type '$Type'.")
}

function ConvertFrom-PxBase64([string]$Text, [string]$Name) {
    try { $bytes = [System.Convert]::FromBase64String($Text) } catch { throw (New-PxError 'BadRequest' "'$Name' is not base64.") }
    return , $bytes
}

# Refuses fields that the operation does not have.
function Assert-PxFields($Object, [string[]]$Allowed) {
    foreach ($property in @($Object.PSObject.Properties)) {
        if ($Allowed -cnotcontains $property.Name) { throw (New-PxError 'BadRequest' ("Unknown field '" + $property.Name + "'.")) }
    }
}

function Get-PxThumbprint($Params, [string]$Name, [bool]$Required) {
    $text = Get-PxField $Params $Name 'string' $Required
    if ($null -eq $text) { return $null }
    if ($text -cnotmatch '\A[0-9A-Fa-f]{40}\z') { throw (New-PxError 'BadRequest' "'$Name' must be 40 hexadecimal digits.") }
    return $text.ToUpperInvariant()
}

function ConvertFrom-PxLine([string]$Line) {
    $options = $PxAgent.JsonOptions
    # PowerShell 7 takes an array with one object for that object.
    if (-not $Line.TrimStart().StartsWith('{', [System.StringComparison]::Ordinal)) { throw (New-PxError 'BadRequest' 'The line is not a JSON object.') }
    try { $request = ConvertFrom-Json -InputObject $Line @options } catch { throw (New-PxError 'BadRequest' 'The line is not JSON.') }
    if (-not (Test-PxObject $request)) { throw (New-PxError 'BadRequest' 'A request must be a JSON object.') }
    return $request
}

function Read-PxNothing([string]$Op, $Params) { Assert-PxFields $Params @() }

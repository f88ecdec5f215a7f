# ---- self-signed with a lifetime ----------------------------------------------------------------------------------

# New-ExchangeCertificate knows no lifetime. certreq makes such a certificate on every Windows that Exchange runs on, with a CAPI key.
function Read-PxSelfSigned([string]$Op, $Params) {
    Assert-PxFields $Params @('domainNames', 'days', 'keySize', 'friendlyName', 'exportable')
    $names = Get-PxField $Params 'domainNames' 'strings' $true
    if ($names.Length -lt 1 -or $names.Length -gt 100) { throw (New-PxError 'BadRequest' "'domainNames' must hold 1 to 100 names.") }
    foreach ($name in $names) { if ($name -cnotmatch '\A(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]{0,250}[A-Za-z0-9_])?\z') { throw (New-PxError 'BadRequest' "'domainNames' must hold domain names.") } }
    # ub-common-name of RFC 5280
    if ($names[0].Length -gt 64) { throw (New-PxError 'BadRequest' 'The first name becomes the common name: at most 64 characters.') }
    $days = Get-PxField $Params 'days' 'integer' $true
    if ($days -lt 1 -or $days -gt 36500) { throw (New-PxError 'BadRequest' "'days' must be 1 to 36500.") }
    $size = Get-PxField $Params 'keySize' 'integer' $true
    if (@(1024, 2048, 4096) -notcontains $size) { throw (New-PxError 'BadRequest' "'keySize' must be 1024, 2048 or 4096.") }
    $friendly = Get-PxField $Params 'friendlyName' 'string' $true
    if ($friendly -cnotmatch '\A[^\x00-\x1f\x7f]{1,256}\z') { throw (New-PxError 'BadRequest' "'friendlyName' must be 1 to 256 characters, no control characters.") }
    return @{ Names = $names; Days = [int]$days; Size = [int]$size; Friendly = $friendly; Exportable = (Get-PxField $Params 'exportable' 'boolean' $true) }
}

# A value of an INF file: a percent sign would begin the name of a string, a quote would end the value.
function ConvertTo-PxInf([string]$Text) { return '"' + $Text.Replace('%', '%%').Replace('"', '""') + '"' }

# What certreq -new is told, as UTF-16 with its mark: the only form in which an INF file takes every letter in every language of Windows.
function Get-PxPolicy($Call) {
    $exportable = 'FALSE'
    if ($Call.Exportable) { $exportable = 'TRUE' }
    $lines = @(
        '[Version]', 'Signature = "$Windows NT$"', '[NewRequest]', ('Subject = ' + (ConvertTo-PxInf ('CN=' + $Call.Names[0]))),
        'RequestType = Cert', 'ValidityPeriod = Days', ('ValidityPeriodUnits = ' + $Call.Days), ('FriendlyName = ' + (ConvertTo-PxInf $Call.Friendly)),
        'ProviderName = "Microsoft RSA SChannel Cryptographic Provider"', 'ProviderType = 12', 'KeySpec = 1', ('KeyLength = ' + $Call.Size),
        'KeyUsage = 0xA0', 'HashAlgorithm = sha256', 'MachineKeySet = TRUE', ('Exportable = ' + $exportable), 'Silent = TRUE',
        '[EnhancedKeyUsageExtension]', 'OID = 1.3.6.1.5.5.7.3.1', '[Extensions]', '2.5.29.17 = "{text}"'
    )
    foreach ($name in $Call.Names) { $lines += ('_continue_ = "dns=' + $name + '&"') }
    return , ([byte[]](255, 254) + [System.Text.Encoding]::Unicode.GetBytes(($lines -join "`r`n") + "`r`n"))
}

# certreq installs what it makes; its key must be there with it.
function New-PxSelfSigned([string]$Op, $Call) {
    $run = Invoke-PxCertreqRun '-new -q -machine' '' (Get-PxPolicy $Call) '.inf'
    if ($run.Code -ne 0 -or $run.Certificate -eq '') { throw (New-PxError 'ExecutableFailed' ('certreq ended with ' + $run.Code + ': ' + $run.Text.Trim())) }
    $certificate = ConvertFrom-PxCertificate ($run.Certificate -replace '-----[^-]+-----|\s', '') 'certificate'
    $store = Open-PxStore 'My' 'ReadOnly, OpenExistingOnly'
    try { $installed = Find-PxCertificate $store $certificate.Thumbprint } finally { $store.Close() }
    if ($null -eq $installed -or -not $installed.HasPrivateKey) { throw (New-PxError 'ExecutableFailed' ('certreq has made ' + $certificate.Thumbprint + ", but the computer's store does not have it with its key.")) }
    return [ordered]@{ raw = [System.Convert]::ToBase64String($certificate.RawData) }
}

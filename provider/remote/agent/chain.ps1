# ---- chain --------------------------------------------------------------------------------------------------------

function Get-PxChainStatus([string]$Op, [string[]]$Thumbprints) {
    $present = New-Object System.Collections.ArrayList
    foreach ($name in @('Root', 'CA')) {
        $store = Open-PxStore $name 'ReadOnly, OpenExistingOnly'
        try { foreach ($thumbprint in $Thumbprints) { if ($null -ne (Find-PxCertificate $store $thumbprint) -and $present -notcontains $thumbprint) { [void]$present.Add($thumbprint) } } }
        finally { $store.Close() }
    }
    return [ordered]@{ present = $present.ToArray() }
}

# Self-signed ones (equal names) go to Root, others to CA; what is in one of the two already is left alone.
function Import-PxChain([string]$Op, $Certificates) {
    $added = New-Object System.Collections.ArrayList
    foreach ($certificate in $Certificates) {
        if (@((Get-PxChainStatus 'chain.status' ([string[]]@($certificate.Thumbprint))).present).Count -gt 0) { continue }
        $own = [System.Convert]::ToBase64String($certificate.SubjectName.RawData) -eq [System.Convert]::ToBase64String($certificate.IssuerName.RawData)
        $name = 'CA'
        if ($own) { $name = 'Root' }
        $store = Open-PxStore $name 'ReadWrite'
        try { $store.Add($certificate) } catch { throw (New-PxError 'FileFailed' ("The store $name cannot be written: " + (Get-PxCause $_).Message)) } finally { $store.Close() }
        [void]$added.Add([ordered]@{ thumbprint = $certificate.Thumbprint; store = $name })
    }
    return [ordered]@{ added = $added.ToArray() }
}

function ConvertFrom-PxCertificate([string]$Text, [string]$Name) {
    $bytes = ConvertFrom-PxBase64 $Text $Name
    try { return (New-Object System.Security.Cryptography.X509Certificates.X509Certificate2 (, $bytes)) }
    catch { throw (New-PxError 'BadRequest' 'A certificate cannot be read.') }
}

function ConvertFrom-PxCertificates([string[]]$Texts, [string]$Name) {
    if ($Texts.Length -gt 16) { throw (New-PxError 'BadRequest' 'At most 16 certificates at once.') }
    $certificates = New-Object System.Collections.ArrayList
    foreach ($text in $Texts) { [void]$certificates.Add((ConvertFrom-PxCertificate $text $Name)) }
    return , $certificates.ToArray()
}

function Read-PxChain([string]$Op, $Params) {
    Assert-PxFields $Params @('certificates')
    return , (ConvertFrom-PxCertificates (Get-PxField $Params 'certificates' 'strings' $true) 'certificates')
}

function Read-PxChainQuery([string]$Op, $Params) {
    Assert-PxFields $Params @('thumbprints')
    $list = Get-PxField $Params 'thumbprints' 'strings' $true
    foreach ($item in $list) { if ($item -cnotmatch '\A[0-9A-Fa-f]{40}\z') { throw (New-PxError 'BadRequest' "'thumbprints' must hold 40 hexadecimal digits each.") } }
    return , ([string[]]@($list | ForEach-Object { $_.ToUpperInvariant() }))
}

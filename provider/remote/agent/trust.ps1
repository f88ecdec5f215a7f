# ---- trust ------------------------------------------------------------------------------------------------------

function Read-PxTrust([string]$Op, $Params) {
    Assert-PxFields $Params @('certificate', 'chain')
    $certificate = ConvertFrom-PxCertificate (Get-PxField $Params 'certificate' 'string' $true) 'certificate'
    return @{ Certificate = $certificate; Chain = (ConvertFrom-PxCertificates (Get-PxField $Params 'chain' 'strings' $true) 'chain') }
}

# Nothing is fetched: revocation is what the computer has in its cache, under its own policy, and a missing issuer stays missing.
function New-PxChain($Certificates) {
    $chain = New-Object System.Security.Cryptography.X509Certificates.X509Chain($true)
    $policy = $chain.ChainPolicy
    $policy.RevocationMode = 'Offline'
    $policy.RevocationFlag = 'ExcludeRoot'
    $policy.UrlRetrievalTimeout = [TimeSpan]::FromMilliseconds(1)
    if ($null -ne $policy.PSObject.Properties['DisableCertificateDownloads']) { $policy.DisableCertificateDownloads = $true }
    foreach ($certificate in $Certificates) { [void]$policy.ExtraStore.Add($certificate) }
    return $chain
}

function Test-PxSelfIssued($Certificate) {
    return ([System.Convert]::ToBase64String($Certificate.SubjectName.RawData) -eq [System.Convert]::ToBase64String($Certificate.IssuerName.RawData))
}

# Windows builds chains from the computer's stores. Elsewhere .NET looks at others than Open-PxStore opens: what those hold is offered, and
# a root of theirs counts.
function Get-PxOwnIssuers {
    $own = @{ All = @(); Roots = @() }
    if ($PxAgent.Windows) { return $own }
    foreach ($name in @('Root', 'CA')) {
        $store = Open-PxStore $name 'ReadOnly, OpenExistingOnly'
        try { foreach ($certificate in $store.Certificates) { $own.All += $certificate; if ($name -eq 'Root') { $own.Roots += $certificate } } } finally { $store.Close() }
    }
    return $own
}

# .NET Framework knows no roots of one's own: a root that is not trusted counts where the source brings that very one, which is installed first.
function Get-PxTrust([string]$Op, $Call) {
    $own = Get-PxOwnIssuers
    $chain = New-PxChain (@($Call.Chain) + @($own.All))
    try {
        [void]$chain.Build($Call.Certificate)
        $problems = New-Object System.Collections.ArrayList
        foreach ($status in $chain.ChainStatus) { foreach ($name in @([string]$status.Status -split '[,\s]+')) { if ($problems -notcontains $name) { [void]$problems.Add($name) } } }
        $last = $null
        if ($chain.ChainElements.Count -gt 0) { $last = $chain.ChainElements[$chain.ChainElements.Count - 1].Certificate }
        if ($null -ne $last -and -not (Test-PxSelfIssued $last)) { $last = $null }
        $brought = ($null -ne $last -and @(@($Call.Chain) + @($own.Roots) | ForEach-Object { $_.Thumbprint }) -contains $last.Thumbprint)
        $root = $null
        if ($null -ne $last) { $root = $last.Thumbprint }
        return [ordered]@{ status = (Get-PxTrustStatus $problems ($brought -or (Test-PxSelfIssued $Call.Certificate))); root = $root; problems = $problems.ToArray() }
    } finally { $chain.Reset() }
}

# As Exchange shows it. A self-signed certificate needs no root.
function Get-PxTrustStatus($Problems, [bool]$RootCounts) {
    $left = @($Problems | Where-Object { $_ -ne 'NoError' -and -not ($RootCounts -and $_ -eq 'UntrustedRoot') })
    foreach ($rule in @(
            @('DateInvalid', @('NotTimeValid')),
            @('Revoked', @('Revoked')),
            @('Untrusted', @('UntrustedRoot', 'PartialChain', 'Cyclic', 'ExplicitDistrust')))) {
        foreach ($problem in $left) { if ($rule[1] -contains $problem) { return $rule[0] } }
    }
    $soft = @('RevocationStatusUnknown', 'OfflineRevocation', 'NotTimeNested')
    foreach ($problem in $left) { if ($soft -notcontains $problem) { return 'Invalid' } }
    foreach ($problem in $left) { if ($problem -ne 'NotTimeNested') { return 'RevocationCheckFailure' } }
    return 'Valid'
}

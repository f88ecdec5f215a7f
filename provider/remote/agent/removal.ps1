# ---- removal of a certificate -------------------------------------------------------------------------------------

# Thumbprint of the default certificate, or an empty string where Exchange does not say.
function Get-PxDefaultThumbprint {
    $call = @{ Cmdlet = 'Get-TransportService'; Splat = @{ Identity = $PxAgent.Name }; Select = [string[]]@('Name', 'InternalTransportCertificateThumbprint') }
    foreach ($object in @((Invoke-PxCmdlet $call).objects)) {
        if ([string]$object['Name'] -eq $PxAgent.Name) { return ([string]$object['InternalTransportCertificateThumbprint']).ToUpperInvariant() }
    }
    return ''
}

function Assert-PxGuard([bool]$Holds, [string]$Sentence) {
    if (-not $Holds) { throw (New-PxError 'GuardRefused' $Sentence) }
}

# What takes the place of the one that goes: another one, valid now, with its key.
function Find-PxSuccessor($Store, $Call) {
    Assert-PxGuard ($Call.Keep -ne $Call.Thumbprint) 'thumbprint and keep are the same certificate.'
    $keep = Find-PxCertificate $Store $Call.Keep
    Assert-PxGuard ($null -ne $keep) 'keep is not in the store.'
    $now = [DateTime]::UtcNow
    Assert-PxGuard ($keep.NotBefore.ToUniversalTime() -le $now -and $now -lt $keep.NotAfter.ToUniversalTime()) 'keep is not valid now.'
    Assert-PxGuard ([bool]$keep.HasPrivateKey) 'keep has no private key.'
    return $keep
}

function Assert-PxNotDefault([string]$Thumbprint) {
    $default = Get-PxDefaultThumbprint
    Assert-PxGuard ($default -ne '') 'Exchange does not say which certificate is the default.'
    Assert-PxGuard ($default -ne $Thumbprint) 'thumbprint is the default certificate.'
    return $default
}

# The key container stays behind on purpose.
function Remove-PxStored($Store, $Certificate) {
    try { $Store.Remove($Certificate) } catch { throw (New-PxError 'FileFailed' ('The certificate cannot be removed: ' + (Get-PxCause $_).Message)) }
    return [ordered]@{ removed = $true }
}

# Every guard is checked here, on the host, right before the removal.
function Remove-PxCertificate([string]$Op, $Call) {
    $store = Open-PxStore 'My' 'ReadWrite, OpenExistingOnly'
    try {
        $old = Find-PxCertificate $store $Call.Thumbprint
        if ($null -eq $old) { return [ordered]@{ removed = $false } }
        $keep = Find-PxSuccessor $store $Call
        Assert-PxGuard (Test-PxNetworkService ([string[]](Get-PxKey $keep).Files)) 'NETWORK SERVICE cannot read the key of keep.'
        Assert-PxGuard ([string](Get-PxController 'MSExchangeTransport').Status -eq 'Stopped') 'MSExchangeTransport is not stopped.'
        $default = Assert-PxNotDefault $Call.Thumbprint
        if ($null -ne $Call.Default) { Assert-PxGuard ($default -eq $Call.Default) 'default is not the default certificate.' }
        return (Remove-PxStored $store $old)
    } finally { $store.Close() }
}

# Exchange computes the services: POP and IMAP show by name, the others by thumbprint. Unknown is not "none".
function Assert-PxUnused([string]$Thumbprint) {
    $call = @{ Cmdlet = 'Get-ExchangeCertificate'; Splat = @{ Thumbprint = $Thumbprint }; Select = [string[]]@('Thumbprint', 'Services') }
    $services = $null
    foreach ($object in @((Invoke-PxCmdlet $call).objects)) {
        if ([string]$object['Thumbprint'] -eq $Thumbprint -and $null -ne $object['Services']) { $services = [string]($object['Services'] -join ', ') }
    }
    Assert-PxGuard ($null -ne $services) 'Exchange does not say what thumbprint is enabled for.'
    foreach ($service in @('IIS', 'POP', 'IMAP', 'UM', 'UMCallRouter', 'Federation')) {
        Assert-PxGuard (@($services -split '[,\s]+') -notcontains $service) "thumbprint is enabled for $service."
    }
}

# Exchange 2010 has no Auth certificate and no such cmdlet.
function Assert-PxNotAuth([string]$Thumbprint) {
    if ([string]$PxAgent.Exchange.Version -match '\A14\.') { return }
    $names = [string[]]@('CurrentCertificateThumbprint', 'NextCertificateThumbprint', 'PreviousCertificateThumbprint')
    foreach ($object in @((Invoke-PxCmdlet @{ Cmdlet = 'Get-AuthConfig'; Splat = @{}; Select = $names }).objects)) {
        foreach ($name in $names) { Assert-PxGuard ([string]$object[$name] -ne $Thumbprint) 'thumbprint is an Auth certificate.' }
    }
}

# netsh prints its words in the language of Windows, but a hash is 40 hexadecimal digits in all of them. The sites of a Mailbox server
# have bindings always: where none is printed, nothing was told.
function Get-PxBoundThumbprints {
    $run = Invoke-PxProcess 'netsh' 'http show sslcert' 60
    $hashes = @([regex]::Matches($run.Text, '(?i)(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])') | ForEach-Object { $_.Value.ToUpperInvariant() } | Sort-Object -Unique)
    if ($run.Code -ne 0 -or ($hashes.Count -eq 0 -and $PxAgent.Exchange.Role -eq 'Mailbox')) { throw (New-PxError 'ExecutableFailed' 'netsh does not say what http.sys is bound to.') }
    return , $hashes
}

function Assert-PxUnbound([string]$Thumbprint) {
    $hashes = @()
    try { $hashes = Get-PxBoundThumbprints } catch { throw (New-PxError 'GuardRefused' 'netsh does not say what http.sys is bound to.') }
    Assert-PxGuard ($hashes -notcontains $Thumbprint) 'http.sys has a binding to thumbprint.'
}

function Get-PxBindings([string]$Op, $Call) { return [ordered]@{ thumbprints = (Get-PxBoundThumbprints) } }

# A copy on a Mailbox server that another one of the same name has replaced; transport may be running.
function Remove-PxReplaced([string]$Op, $Call) {
    $store = Open-PxStore 'My' 'ReadWrite, OpenExistingOnly'
    try {
        $old = Find-PxCertificate $store $Call.Thumbprint
        if ($null -eq $old) { return [ordered]@{ removed = $false } }
        Assert-PxGuard ($PxAgent.Exchange.Role -eq 'Mailbox') 'This is no Mailbox server.'
        $keep = Find-PxSuccessor $store $Call
        Assert-PxGuard ($keep.Subject -eq $old.Subject -and $keep.Issuer -eq $old.Issuer) 'keep has another subject or issuer.'
        if (Test-PxNetworkService ([string[]](Get-PxKey $old).Files)) {
            Assert-PxGuard (Test-PxNetworkService ([string[]](Get-PxKey $keep).Files)) 'NETWORK SERVICE can read the key of thumbprint, but not the key of keep.'
        }
        [void](Assert-PxNotDefault $Call.Thumbprint)
        Assert-PxUnused $Call.Thumbprint
        Assert-PxNotAuth $Call.Thumbprint
        Assert-PxUnbound $Call.Thumbprint
        return (Remove-PxStored $store $old)
    } finally { $store.Close() }
}

function Read-PxRemoval([string]$Op, $Params) {
    Assert-PxFields $Params @('thumbprint', 'keep', 'default')
    return @{ Thumbprint = (Get-PxThumbprint $Params 'thumbprint' $true); Keep = (Get-PxThumbprint $Params 'keep' $true); Default = (Get-PxThumbprint $Params 'default' $false) }
}

function Read-PxReplaced([string]$Op, $Params) {
    Assert-PxFields $Params @('thumbprint', 'keep')
    return @{ Thumbprint = (Get-PxThumbprint $Params 'thumbprint' $true); Keep = (Get-PxThumbprint $Params 'keep' $true) }
}

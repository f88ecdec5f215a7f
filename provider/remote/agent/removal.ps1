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

# Every guard is checked here, on the host, right before the removal. The key container stays behind on purpose.
function Remove-PxCertificate([string]$Op, $Call) {
    $store = Open-PxStore 'My' 'ReadWrite, OpenExistingOnly'
    try {
        $old = Find-PxCertificate $store $Call.Thumbprint
        if ($null -eq $old) { return [ordered]@{ removed = $false } }
        Assert-PxGuard ($Call.Keep -ne $Call.Thumbprint) 'thumbprint and keep are the same certificate.'
        $keep = Find-PxCertificate $store $Call.Keep
        Assert-PxGuard ($null -ne $keep) 'keep is not in the store.'
        $now = [DateTime]::UtcNow
        Assert-PxGuard ($keep.NotBefore.ToUniversalTime() -le $now -and $now -lt $keep.NotAfter.ToUniversalTime()) 'keep is not valid now.'
        Assert-PxGuard ([bool]$keep.HasPrivateKey) 'keep has no private key.'
        Assert-PxGuard (Test-PxNetworkService ([string[]](Get-PxKey $keep).Files)) 'NETWORK SERVICE cannot read the key of keep.'
        Assert-PxGuard ([string](Get-PxController 'MSExchangeTransport').Status -eq 'Stopped') 'MSExchangeTransport is not stopped.'
        $default = Get-PxDefaultThumbprint
        Assert-PxGuard ($default -ne '') 'Exchange does not say which certificate is the default.'
        Assert-PxGuard ($default -ne $Call.Thumbprint) 'thumbprint is the default certificate.'
        if ($null -ne $Call.Default) { Assert-PxGuard ($default -eq $Call.Default) 'default is not the default certificate.' }
        try { $store.Remove($old) } catch { throw (New-PxError 'FileFailed' ('The certificate cannot be removed: ' + (Get-PxCause $_).Message)) }
        return [ordered]@{ removed = $true }
    } finally { $store.Close() }
}

function Read-PxRemoval([string]$Op, $Params) {
    Assert-PxFields $Params @('thumbprint', 'keep', 'default')
    return @{ Thumbprint = (Get-PxThumbprint $Params 'thumbprint' $true); Keep = (Get-PxThumbprint $Params 'keep' $true); Default = (Get-PxThumbprint $Params 'default' $false) }
}

# ---- certificates -----------------------------------------------------------------------------------------------

function Open-PxStore([string]$Name, [string]$Mode) {
    $location = 'LocalMachine'
    # Only Windows has a machine store of one's own certificates; elsewhere a store comes into being with its first certificate.
    if (-not $PxAgent.Windows) { $location = 'CurrentUser'; $Mode = $Mode.Replace(', OpenExistingOnly', '') }
    $store = New-Object System.Security.Cryptography.X509Certificates.X509Store($Name, $location)
    try { $store.Open($Mode) } catch { throw (New-PxError 'FileFailed' ("The store $Name cannot be opened: " + (Get-PxCause $_).Message)) }
    return $store
}

function Find-PxCertificate($Store, [string]$Thumbprint) {
    foreach ($certificate in $Store.Certificates) { if ($certificate.Thumbprint -eq $Thumbprint) { return $certificate } }
    return $null
}

# The key as an object of the API that holds it. PrivateKey knows CAPI keys only on .NET Framework, where GetRSAPrivateKey
# opens those through CNG as well: so it is asked first.
function Get-PxPrivateKey($Certificate) {
    $handle = $null
    try { $handle = $Certificate.PrivateKey } catch { $handle = $null }
    if ($null -ne $handle) { return $handle }
    try { $handle = [System.Security.Cryptography.X509Certificates.RSACertificateExtensions]::GetRSAPrivateKey($Certificate) } catch { $handle = $null }
    if ($null -ne $handle) { return $handle }
    try { $handle = [System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions]::GetECDsaPrivateKey($Certificate) } catch { $handle = $null }
    return $handle
}

# Provider, export policy and file of the private key, whatever the language of Windows.
function Get-PxKey($Certificate) {
    $key = @{ Provider = 'unknown'; Name = $null; Exportable = $false; Files = @() }
    if (-not $Certificate.HasPrivateKey) { $key.Provider = 'none'; return $key }
    $handle = Get-PxPrivateKey $Certificate
    if ($null -eq $handle) { return $key }
    try {
        $crypto = [System.IO.Path]::Combine([Environment]::GetFolderPath('CommonApplicationData'), 'Microsoft\Crypto')
        if ($handle -is [System.Security.Cryptography.RSACryptoServiceProvider]) {
            $container = $handle.CspKeyContainerInfo
            $key.Provider = 'CAPI'
            $key.Name = [string]$container.ProviderName
            $key.Exportable = [bool]$container.Exportable
            $key.Files = @([System.IO.Path]::Combine($crypto, 'RSA\MachineKeys', [string]$container.UniqueKeyContainerName))
        } elseif ($handle.GetType().Name -match 'Cng\z') {
            $cng = $handle.Key
            $key.Provider = 'CNG'
            $key.Name = [string]$cng.Provider.Provider
            $key.Exportable = (([int]$cng.ExportPolicy) -band 1) -ne 0
            $key.Files = @([System.IO.Path]::Combine($crypto, 'Keys', [string]$cng.UniqueName), [System.IO.Path]::Combine($crypto, 'RSA\MachineKeys', [string]$cng.UniqueName))
        }
    } catch { $null = $_ } finally { $handle.Dispose() }
    return $key
}

# Whether NETWORK SERVICE (by its SID, names are localised) may read one of the key's files.
function Test-PxNetworkService([string[]]$Files) {
    foreach ($file in $Files) {
        if (-not [System.IO.File]::Exists($file)) { continue }
        try { $rules = (Get-PxSecurity $file $true).GetAccessRules($true, $true, [System.Security.Principal.SecurityIdentifier]) } catch { continue }
        $allowed = $false
        foreach ($rule in $rules) {
            if ($rule.IdentityReference.Value -ne 'S-1-5-20') { continue }
            # ReadData, GENERIC_READ or GENERIC_ALL
            $reads = ((([long][int]$rule.FileSystemRights) -band 2415919105) -ne 0)
            if (-not $reads) { continue }
            if ([string]$rule.AccessControlType -eq 'Deny') { return $false }
            $allowed = $true
        }
        if ($allowed) { return $true }
    }
    return $false
}

function Get-PxInspection([string]$Op, [string]$Thumbprint) {
    $store = Open-PxStore 'My' 'ReadOnly, OpenExistingOnly'
    try {
        $certificate = Find-PxCertificate $store $Thumbprint
        if ($null -eq $certificate) { return [ordered]@{ found = $false } }
        $key = Get-PxKey $certificate
        return [ordered]@{
            found          = $true
            thumbprint     = $certificate.Thumbprint
            raw            = [System.Convert]::ToBase64String($certificate.RawData)
            subject        = $certificate.Subject
            issuer         = $certificate.Issuer
            friendlyName   = [string]$certificate.FriendlyName
            hasPrivateKey  = [bool]$certificate.HasPrivateKey
            keyProvider    = $key.Provider
            providerName   = $key.Name
            exportable     = [bool]$key.Exportable
            networkService = (Test-PxNetworkService ([string[]]$key.Files))
        }
    } finally { $store.Close() }
}

function Read-PxInspection([string]$Op, $Params) {
    Assert-PxFields $Params @('thumbprint')
    return (Get-PxThumbprint $Params 'thumbprint' $true)
}

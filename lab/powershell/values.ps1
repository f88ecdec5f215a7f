# Values on their way to the lab (tagged JSON) and back (the types that Exchange's objects have).

function global:ConvertTo-LabValue($Value) {
    if ($Value -is [System.Security.SecureString]) { return @{ '$secure' = [System.Net.NetworkCredential]::new('', $Value).Password } }
    if ($Value -is [byte[]]) { return @{ '$bytes' = [Convert]::ToBase64String($Value) } }
    if ($Value -is [TimeSpan]) { return @{ '$timespan' = [int]$Value.TotalSeconds } }
    if ($Value -is [DateTime]) { return @{ '$time' = $Value.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", [cultureinfo]::InvariantCulture) } }
    if ($Value -is [System.Management.Automation.SwitchParameter]) { return [bool]$Value }
    if ($Value -is [hashtable]) { $copy = @{}; foreach ($key in $Value.Keys) { $copy[$key] = ConvertTo-LabValue $Value[$key] }; return $copy }
    if ($Value -is [System.Array]) { return , @($Value | ForEach-Object { ConvertTo-LabValue $_ }) }
    return $Value
}

$global:LabConfiguration = 'Microsoft.Exchange.Data.Directory.SystemConfiguration.'
# Property -> type of its text. Where an enumeration does not know the text, the text stays.
$global:LabShapes = @{
    Identity = 'Microsoft.Exchange.Data.Directory.ADObjectId'; Site = 'Microsoft.Exchange.Data.Directory.ADObjectId'
    Server = 'Microsoft.Exchange.Data.Directory.ADObjectId'; SourceRoutingGroup = 'Microsoft.Exchange.Data.Directory.ADObjectId'
    HomeMTA = 'Microsoft.Exchange.Data.Directory.ADObjectId'; HomeMtaServerId = 'Microsoft.Exchange.Data.Directory.ADObjectId'
    ObjectCategory = 'Microsoft.Exchange.Data.Directory.ADObjectId'; Id = 'Microsoft.Exchange.Data.Directory.ADObjectId'
    SourceTransportServers = 'Microsoft.Exchange.Data.Directory.ADObjectId'; EdgeTransportServers = 'Microsoft.Exchange.Data.Directory.ADObjectId'
    Guid = 'System.Guid'; Fqdn = 'Microsoft.Exchange.Data.Fqdn'; ServerFqdn = 'Microsoft.Exchange.Data.Fqdn'
    TlsCertificateName = 'Microsoft.Exchange.Data.SmtpX509Identifier'; TlsDomain = 'Microsoft.Exchange.Data.SmtpDomainWithSubdomains'
    AddressSpaces = 'Microsoft.Exchange.Data.AddressSpace'; SmartHosts = 'Microsoft.Exchange.Data.SmartHost'
    MaxMessageSize = 'Microsoft.Exchange.Data.ByteQuantifiedSize'; ConnectionInactivityTimeOut = 'Microsoft.Exchange.Data.EnhancedTimeSpan'
    AdminDisplayVersion = 'Microsoft.Exchange.Data.ServerVersion'
    TlsAuthLevel = ($LabConfiguration + 'TlsAuthLevel'); ProtocolLoggingLevel = ($LabConfiguration + 'ProtocolLoggingLevel')
    SmartHostAuthMechanism = ($LabConfiguration + 'SmtpSendAuthMechanisms'); AuthMechanism = ($LabConfiguration + 'AuthMechanisms')
    ServerRole = ($LabConfiguration + 'ServerRole')
    Services = 'Microsoft.Exchange.Management.SystemConfigurationTasks.AllowedServices'
    RootCAType = 'Microsoft.Exchange.Management.SystemConfigurationTasks.CertificateAuthorityType'
    'Get-ExchangeCertificate.Status' = 'Microsoft.Exchange.Management.SystemConfigurationTasks.CertificateStatus'
    'Get-Queue.Status' = 'Microsoft.Exchange.Net.QueueStatus'
    SyncStatus = 'Microsoft.Exchange.EdgeSync.ValidationStatus'; 'Start-EdgeSynchronization.Result' = 'Microsoft.Exchange.EdgeSync.StatusResult'
}

# The names of types as types, once: what a closed list of 5.1 lacks is left out, and its text stays.
foreach ($name in @($global:LabShapes.Keys)) { $global:LabShapes[$name] = $global:LabShapes[$name] -as [type] }

# One output object. On the server itself a certificate is an X509Certificate2 with what Exchange adds.
function global:ConvertFrom-LabObject($Object, [string]$Cmdlet) {
    $one = [pscustomobject]@{}
    $known = @()
    if ($Cmdlet -eq 'Get-ExchangeCertificate' -and -not $global:LabFar -and $null -ne $Object.RawData) {
        $one = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new([Convert]::FromBase64String($Object.RawData.'$bytes'))
        $known = @('RawData', 'Thumbprint', 'Subject', 'Issuer', 'SerialNumber', 'NotBefore', 'NotAfter')
    }
    [PulumiExchange.Lab.Values]::AddTo($one, $Object, $Cmdlet, $global:LabShapes, $known)
    return $one
}

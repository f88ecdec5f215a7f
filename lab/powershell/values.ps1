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

function global:ConvertTo-LabShape([string]$Text, [string]$Cmdlet, [string]$Name) {
    $shape = $global:LabShapes["$Cmdlet.$Name"]
    if ($null -eq $shape) { $shape = $global:LabShapes[$Name] }
    $type = $shape -as [type]
    if ($null -eq $type -or $Text -eq '') { return $Text }
    if (-not $type.IsEnum) { try { return $type::new($Text) } catch { return $Text } }
    # a name that is none of the enumeration's is shown as it is
    foreach ($part in ($Text -split ',')) { if ([Enum]::GetNames($type) -cnotcontains $part.Trim()) { return $Text } }
    return [Enum]::Parse($type, $Text)
}

function global:ConvertFrom-LabValue($Value, [string]$Cmdlet, [string]$Name) {
    if ($null -eq $Value) { return $null }
    if ($Value -is [string]) { return (ConvertTo-LabShape $Value $Cmdlet $Name) }
    if ($Value -isnot [System.Management.Automation.PSCustomObject]) { return $Value }
    $property = @($Value.PSObject.Properties)[0]
    switch ($property.Name) {
        '$time' { return [DateTime]::Parse($property.Value, [cultureinfo]::InvariantCulture, 'RoundtripKind').ToLocalTime() }
        '$bytes' { return , [Convert]::FromBase64String($property.Value) }
        '$text' { return [Microsoft.Exchange.Data.OtherValue]::new($property.Value) }
        '$list' {
            $list = [Microsoft.Exchange.Data.MultiValuedProperty]::new()
            foreach ($item in $property.Value) { $list.Add((ConvertFrom-LabValue $item $Cmdlet $Name)) }
            return , $list
        }
    }
    return $Value
}

# One output object. On the server itself a certificate is an X509Certificate2 with what Exchange adds.
function global:ConvertFrom-LabObject($Object, [string]$Cmdlet) {
    $one = [pscustomobject]@{}
    $known = @()
    if ($Cmdlet -eq 'Get-ExchangeCertificate' -and -not $global:LabFar -and $null -ne $Object.RawData) {
        $one = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new([Convert]::FromBase64String($Object.RawData.'$bytes'))
        $known = @('RawData', 'Thumbprint', 'Subject', 'Issuer', 'SerialNumber', 'NotBefore', 'NotAfter')
    }
    foreach ($property in $Object.PSObject.Properties) {
        $own = $one.PSObject.Properties[$property.Name]
        # what PowerShell itself computes of a certificate cannot be hidden
        if ($known -contains $property.Name -or ($null -ne $own -and $own.MemberType -eq 'ScriptProperty')) { continue }
        $value = ConvertFrom-LabValue $property.Value $Cmdlet $property.Name
        # it may hide a property that .NET has: a certificate from bytes alone has no key
        Add-Member -InputObject $one -MemberType NoteProperty -Name $property.Name -Value $value -Force
    }
    return $one
}

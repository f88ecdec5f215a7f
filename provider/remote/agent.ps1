# pulumi-exchange: docs/agent-protocol.md. Generated; do not edit.
param($PxReader, $PxWriter, [string]$PxSource)
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$VerbosePreference = 'SilentlyContinue'
$DebugPreference = 'SilentlyContinue'
$InformationPreference = 'SilentlyContinue'
$global:ProgressPreference = 'SilentlyContinue'
try { [Console]::SetOut([System.IO.TextWriter]::Null) } catch { $null = $_ }
$PxInvariant = [System.Globalization.CultureInfo]::InvariantCulture
$PxCulture = [System.Globalization.CultureInfo]::CurrentCulture.Name
try { [System.Threading.Thread]::CurrentThread.CurrentCulture = $PxInvariant } catch { $null = $_ }
$PxProtocol = 1
$PxMaxLine = 1000000
$PxMaxReply = 10000000
$PxServices = @('MSExchangeTransport', 'ADAM_MSExchange', 'MSExchangeEdgeCredential', 'MSExchangeServiceHost', 'MSExchangeAntispamUpdate', 'MSExchangeTransportLogSearch', 'MSExchangeEdgeSync', 'MSExchangeFrontEndTransport', 'W3SVC')
$PxOperations = @{
'hello' = @{ Fence = 'none'; Read = 'Read-PxNothing'; Run = 'Get-PxHello' }
'shell.open' = @{ Fence = 'none'; Shell = $true; Read = 'Read-PxShellCall'; Run = 'Get-PxShell' }
'fence.raise' = @{ Fence = 'none'; Read = 'Read-PxFenceCall'; Run = 'Set-PxFence' }
'invoke' = @{ Fence = 'none'; Shell = $true; Read = 'Read-PxInvoke'; Run = 'Invoke-PxCmdletCall' }
'file.read' = @{ Fence = 'none'; Read = 'Read-PxFileCall'; Run = 'Invoke-PxFile' }
'file.write' = @{ Fence = 'checked'; Read = 'Read-PxFileCall'; Run = 'Invoke-PxFile' }
'file.append' = @{ Fence = 'checked'; Read = 'Read-PxFileCall'; Run = 'Invoke-PxFile' }
'file.createNew' = @{ Fence = 'checked'; Read = 'Read-PxFileCall'; Run = 'Invoke-PxFile' }
'file.remove' = @{ Fence = 'checked'; Read = 'Read-PxFileCall'; Run = 'Invoke-PxFile' }
'file.list' = @{ Fence = 'none'; Read = 'Read-PxFileCall'; Run = 'Invoke-PxFile' }
'service.status' = @{ Fence = 'none'; Read = 'Read-PxService'; Run = 'Invoke-PxService' }
'service.suspend' = @{ Fence = 'required'; Read = 'Read-PxService'; Run = 'Invoke-PxService' }
'service.resume' = @{ Fence = 'required'; Read = 'Read-PxService'; Run = 'Invoke-PxService' }
'service.stop' = @{ Fence = 'required'; Read = 'Read-PxService'; Run = 'Invoke-PxService' }
'service.start' = @{ Fence = 'required'; Read = 'Read-PxService'; Run = 'Invoke-PxService' }
'service.restart' = @{ Fence = 'required'; Read = 'Read-PxService'; Run = 'Invoke-PxService' }
'certificate.inspect' = @{ Fence = 'none'; Read = 'Read-PxInspection'; Run = 'Get-PxInspection' }
'certificate.remove' = @{ Fence = 'required'; Shell = $true; Read = 'Read-PxRemoval'; Run = 'Remove-PxCertificate' }
'certificate.removeReplaced' = @{ Fence = 'required'; Shell = $true; Read = 'Read-PxReplaced'; Run = 'Remove-PxReplaced' }
'certificate.makeSelfSigned' = @{ Fence = 'required'; Read = 'Read-PxSelfSigned'; Run = 'New-PxSelfSigned' }
'httpsys.bindings' = @{ Fence = 'none'; Read = 'Read-PxNothing'; Run = 'Get-PxBindings' }
'chain.status' = @{ Fence = 'none'; Read = 'Read-PxChainQuery'; Run = 'Get-PxChainStatus' }
'chain.import' = @{ Fence = 'required'; Read = 'Read-PxChain'; Run = 'Import-PxChain' }
'chain.trust' = @{ Fence = 'none'; Read = 'Read-PxTrust'; Run = 'Get-PxTrust' }
'certreq.submit' = @{ Fence = 'required'; Read = 'Read-PxCertreq'; Run = 'Invoke-PxCertreq' }
'certreq.retrieve' = @{ Fence = 'none'; Read = 'Read-PxRetrieval'; Run = 'Invoke-PxRetrieval' }
'directory.internalCertificate' = @{ Fence = 'none'; Read = 'Read-PxDirectoryCall'; Run = 'Invoke-PxDirectoryCall' }
'tracking.count' = @{ Fence = 'none'; Shell = $true; Read = 'Read-PxTracking'; Run = 'Get-PxTracking' }
'events.read' = @{ Fence = 'none'; Read = 'Read-PxEvents'; Run = 'Get-PxEvents' }
}
$PxCmdlets = @{
'Get-ExchangeCertificate' = @{
Parameters = @{
'Thumbprint' = 'string'
'DomainName' = 'list'
'Server' = 'string'
'Identity' = 'string'
}
}
'Import-ExchangeCertificate' = @{
Mutating = $true
Parameters = @{
'FileData' = 'bytes'
'Password' = 'secure'
'FriendlyName' = 'string'
'PrivateKeyExportable' = 'boolean'
'Server' = 'string'
'Confirm' = 'boolean'
}
}
'New-ExchangeCertificate' = @{
Mutating = $true
Parameters = @{
'GenerateRequest' = 'switch'
'SubjectName' = 'string'
'DomainName' = 'list'
'FriendlyName' = 'string'
'KeySize' = 'integer'
'PrivateKeyExportable' = 'boolean'
'Services' = 'string'
'BinaryEncoded' = 'switch'
'Server' = 'string'
'Force' = 'switch'
'Confirm' = 'boolean'
}
}
'Enable-ExchangeCertificate' = @{
Mutating = $true
Parameters = @{
'Thumbprint' = 'string'
'Services' = 'string'
'NetworkServiceAllowed' = 'switch'
'DoNotRequireSsl' = 'switch'
'Server' = 'string'
'Force' = 'switch'
'Confirm' = 'boolean'
}
}
'Remove-ExchangeCertificate' = @{
Mutating = $true
Parameters = @{
'Thumbprint' = 'string'
'Server' = 'string'
'Confirm' = 'boolean'
}
}
'Export-ExchangeCertificate' = @{
Parameters = @{
'Thumbprint' = 'string'
'BinaryEncoded' = 'switch'
'Password' = 'secure'
'Server' = 'string'
'Confirm' = 'boolean'
}
}
'Get-SendConnector' = @{
Parameters = @{
'Identity' = 'string'
}
}
'Set-SendConnector' = @{
Mutating = $true
Parameters = @{
'Identity' = 'string'
'AddressSpaces' = 'list'
'SmartHosts' = 'list?'
'DNSRoutingEnabled' = 'boolean'
'SourceTransportServers' = 'list'
'Fqdn' = 'string?'
'TlsCertificateName' = 'string?'
'TlsAuthLevel' = 'string?'
'TlsDomain' = 'string?'
'RequireTLS' = 'boolean'
'IgnoreSTARTTLS' = 'boolean'
'ForceHELO' = 'boolean'
'DomainSecureEnabled' = 'boolean'
'CloudServicesMailEnabled' = 'boolean'
'FrontendProxyEnabled' = 'boolean'
'Enabled' = 'boolean'
'IsScopedConnector' = 'boolean'
'RequireOorg' = 'boolean'
'UseExternalDNSServersEnabled' = 'boolean'
'SmartHostAuthMechanism' = 'string'
'ErrorPolicies' = 'string'
'ProtocolLoggingLevel' = 'string'
'ConnectionInactivityTimeOut' = 'timespan'
'MaxMessageSize' = 'string'
'Port' = 'integer'
'SmtpMaxMessagesPerConnection' = 'integer'
'Comment' = 'string?'
'Force' = 'switch'
'Confirm' = 'boolean'
}
}
'New-SendConnector' = @{
Mutating = $true
Parameters = @{
'Name' = 'string'
'Usage' = 'string'
'AddressSpaces' = 'list'
'SmartHosts' = 'list?'
'DNSRoutingEnabled' = 'boolean'
'SourceTransportServers' = 'list'
'Fqdn' = 'string?'
'TlsCertificateName' = 'string?'
'TlsAuthLevel' = 'string?'
'TlsDomain' = 'string?'
'RequireTLS' = 'boolean'
'IgnoreSTARTTLS' = 'boolean'
'ForceHELO' = 'boolean'
'DomainSecureEnabled' = 'boolean'
'CloudServicesMailEnabled' = 'boolean'
'FrontendProxyEnabled' = 'boolean'
'Enabled' = 'boolean'
'IsScopedConnector' = 'boolean'
'RequireOorg' = 'boolean'
'UseExternalDNSServersEnabled' = 'boolean'
'SmartHostAuthMechanism' = 'string'
'ErrorPolicies' = 'string'
'ProtocolLoggingLevel' = 'string'
'ConnectionInactivityTimeOut' = 'timespan'
'MaxMessageSize' = 'string'
'Port' = 'integer'
'SmtpMaxMessagesPerConnection' = 'integer'
'Comment' = 'string?'
'Force' = 'switch'
'Confirm' = 'boolean'
}
}
'Remove-SendConnector' = @{
Mutating = $true
Parameters = @{
'Identity' = 'string'
'Confirm' = 'boolean'
}
}
'Get-ReceiveConnector' = @{
Parameters = @{
'Identity' = 'string'
'Server' = 'string'
}
}
'Set-ReceiveConnector' = @{
Mutating = $true
Parameters = @{
'Identity' = 'string'
'TlsCertificateName' = 'string?'
'TlsDomainCapabilities' = 'list?'
'Fqdn' = 'string?'
'Confirm' = 'boolean'
}
}
'Get-TransportService' = @{
Parameters = @{
'Identity' = 'string'
}
}
'New-EdgeSubscription' = @{
Mutating = $true
Parameters = @{
'FileName' = 'path'
'FileData' = 'bytes'
'Site' = 'string'
'CreateInternetSendConnector' = 'boolean'
'CreateInboundSendConnector' = 'boolean'
'AccountExpiryDuration' = 'timespan'
'Force' = 'switch'
'Confirm' = 'boolean'
}
}
'Get-EdgeSubscription' = @{
Parameters = @{
'Identity' = 'string'
}
}
'Remove-EdgeSubscription' = @{
Mutating = $true
Parameters = @{
'Identity' = 'string'
'Force' = 'switch'
'Confirm' = 'boolean'
}
}
'Start-EdgeSynchronization' = @{
Mutating = $true
Parameters = @{
'Server' = 'string'
'TargetServer' = 'string'
'ForceFullSync' = 'switch'
'ForceUpdateCookie' = 'switch'
'Confirm' = 'boolean'
}
}
'Test-EdgeSynchronization' = @{
Parameters = @{
'TargetServer' = 'string'
'FullCompareMode' = 'switch'
'ExcludeRecipientTest' = 'switch'
}
}
'Get-EdgeSyncServiceConfig' = @{
Parameters = @{
'Identity' = 'string'
'Site' = 'string'
}
}
'Get-AuthConfig' = @{
Parameters = @{
}
}
'Set-AuthConfig' = @{
Mutating = $true
Parameters = @{
'NewCertificateThumbprint' = 'string'
'NewCertificateEffectiveDate' = 'time'
'PublishCertificate' = 'switch'
'ClearPreviousCertificate' = 'switch'
'Server' = 'string'
'Force' = 'switch'
'Confirm' = 'boolean'
}
}
'Get-SettingOverride' = @{
Parameters = @{
'Identity' = 'string'
}
}
'Get-OrganizationConfig' = @{
Parameters = @{
}
}
'Get-HybridConfiguration' = @{
Parameters = @{
}
}
'Set-HybridConfiguration' = @{
Mutating = $true
Parameters = @{
'TlsCertificateName' = 'string?'
'EdgeTransportServers' = 'list?'
'Confirm' = 'boolean'
}
}
'Get-Queue' = @{
Parameters = @{
'Identity' = 'string'
'Server' = 'string'
'Filter' = 'string'
'Exclude' = 'string'
'Include' = 'string'
}
}
'Get-MessageTrackingLog' = @{
Withheld = $true
Parameters = @{
'Start' = 'time'
'End' = 'time'
'MessageId' = 'string'
'Server' = 'string'
'ResultSize' = 'string'
}
}
'Get-ExchangeServer' = @{
Parameters = @{
'Identity' = 'string'
'Status' = 'switch'
}
}
'Get-AcceptedDomain' = @{
Parameters = @{
'Identity' = 'string'
}
}
'Get-RemoteDomain' = @{
Parameters = @{
'Identity' = 'string'
}
}
'Get-ServerHealth' = @{
Parameters = @{
'Identity' = 'string'
'HealthSet' = 'string'
}
}
'Get-ServerComponentState' = @{
Parameters = @{
'Identity' = 'string'
'Component' = 'string'
}
}
'Set-ServerComponentState' = @{
Mutating = $true
Parameters = @{
'Identity' = 'string'
'Component' = 'string'
'Requester' = 'string'
'State' = 'string'
'Confirm' = 'boolean'
}
}
'Get-ADSite' = @{
Parameters = @{
'Identity' = 'string'
}
}
}
$PxUtf8 = New-Object System.Text.UTF8Encoding($false)
$PxAgent = @{
Windows = ([System.IO.Path]::DirectorySeparatorChar -eq '\')
Core = ($PSVersionTable.PSVersion.Major -ge 6)
Culture = $PxCulture
Shell = $null
Session = $null
Credential = $null
Folder = $null
FolderError = $null
JsonOptions = @{}
}
if ((Get-Command ConvertFrom-Json -CommandType Cmdlet).Parameters.ContainsKey('DateKind')) { $PxAgent.JsonOptions['DateKind'] = 'String' }
function New-PxError([string]$Class, [string]$Message, [string]$Type, [string]$Fqid, [string]$Category) {
$exception = New-Object System.Exception($Message)
$exception.Data['PxClass'] = $Class
$exception.Data['type'] = $Type
$exception.Data['fqid'] = $Fqid
$exception.Data['category'] = $Category
return $exception
}
function Get-PxCause($Record) {
$exception = $Record
if ($Record -is [System.Management.Automation.ErrorRecord]) { $exception = $Record.Exception }
while ($exception -is [System.Management.Automation.ExtendedTypeSystemException] -and $null -ne $exception.InnerException) {
$exception = $exception.InnerException
}
return $exception
}
function ConvertTo-PxFileError($Record, [string]$What) {
$cause = Get-PxCause $Record
if ($null -ne $cause.Data['PxClass']) { return $cause }
return (New-PxError 'FileFailed' ($What + ': ' + $cause.Message) ($cause.GetType().FullName))
}
function Test-PxPrompt($Record) {
$exception = $Record.Exception
if ($exception -is [System.Management.Automation.ParameterBindingException]) { return $false }
while ($null -ne $exception) {
if ($exception -is [System.Management.Automation.PSInvalidOperationException]) { return $true }
if ($exception -is [System.Management.Automation.Host.HostException]) { return $true }
$exception = $exception.InnerException
}
if (([string]$Record.FullyQualifiedErrorId) -match '^(PSInvalidOperationException|HostException|PromptingException)(,|\z)') { return $true }
return ((Get-PxInnerType $Record) -match 'Host\.(HostException|PromptingException)\z|\.PSInvalidOperationException\z')
}
function Get-PxInnerType($Record) {
$exception = $Record.Exception
if ($exception -is [System.Management.Automation.RemoteException] -and $null -ne $exception.SerializedRemoteException) {
$names = @($exception.SerializedRemoteException.PSObject.TypeNames)
if ($names.Count -gt 0) { return (([string]$names[0]) -replace '^Deserialized\.', '') }
}
if ($null -ne $exception -and $null -ne $exception.InnerException) { return $exception.InnerException.GetType().FullName }
return $null
}
function ConvertTo-PxErrorReply($Record, [string]$DefaultClass) {
$cause = Get-PxCause $Record
$reply = [ordered]@{}
$class = $cause.Data['PxClass']
if ($null -ne $class) {
$reply['class'] = [string]$class
$reply['message'] = [string]$cause.Message
foreach ($field in @('type', 'fqid', 'category')) {
if ([string]$cause.Data[$field] -ne '') { $reply[$field] = [string]$cause.Data[$field] }
}
return $reply
}
$reply['class'] = $DefaultClass
$reply['message'] = [string]$cause.Message
$reply['type'] = $cause.GetType().FullName
if ($Record -is [System.Management.Automation.ErrorRecord]) {
$reply['fqid'] = [string]$Record.FullyQualifiedErrorId
$reply['category'] = [string]$Record.CategoryInfo.Category
$inner = Get-PxInnerType $Record
if ($null -ne $inner) { $reply['inner'] = [string]$inner }
}
return $reply
}
function Add-PxJson([System.Text.StringBuilder]$Builder, $Value, [int]$Depth) {
if ($Depth -gt 16) { throw (New-PxError 'Internal' 'A reply is nested too deeply.') }
if ($null -eq $Value) { [void]$Builder.Append('null'); return }
if ($Value -is [string]) { Add-PxJsonString $Builder $Value; return }
if ($Value -is [bool]) { if ($Value) { [void]$Builder.Append('true') } else { [void]$Builder.Append('false') }; return }
if ($Value -is [System.Collections.IDictionary]) {
[void]$Builder.Append('{')
$first = $true
foreach ($entry in $Value.GetEnumerator()) {
if (-not $first) { [void]$Builder.Append(',') }
$first = $false
Add-PxJsonString $Builder ([string]$entry.Key)
[void]$Builder.Append(':')
Add-PxJson $Builder $entry.Value ($Depth + 1)
}
[void]$Builder.Append('}')
return
}
if ($Value -is [System.Collections.IEnumerable]) {
[void]$Builder.Append('[')
$first = $true
foreach ($item in $Value) {
if (-not $first) { [void]$Builder.Append(',') }
$first = $false
Add-PxJson $Builder $item ($Depth + 1)
}
[void]$Builder.Append(']')
return
}
if (Test-PxNumber $Value) {
$text = [System.Convert]::ToString($Value, $PxInvariant)
if ($text -match '\A-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?\z') { [void]$Builder.Append($text) } else { [void]$Builder.Append('null') }
return
}
Add-PxJsonString $Builder ($Value.ToString())
}
function Test-PxNumber($Value) {
if ($Value -is [enum]) { return $false }
return ($Value -is [int] -or $Value -is [long] -or $Value -is [double] -or $Value -is [decimal] -or $Value -is [single] -or
$Value -is [uint32] -or $Value -is [uint64] -or $Value -is [int16] -or $Value -is [uint16] -or $Value -is [byte] -or $Value -is [sbyte])
}
function Add-PxJsonString([System.Text.StringBuilder]$Builder, [string]$Text) {
$escaped = $Text.Replace('\', '\\').Replace('"', '\"')
if ([regex]::IsMatch($escaped, '[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]')) {
$safe = New-Object System.Text.StringBuilder
foreach ($char in $escaped.ToCharArray()) {
$code = [int]$char
if ($code -lt 32 -or $code -eq 127 -or $code -eq 0x2028 -or $code -eq 0x2029 -or ($code -ge 0xd800 -and $code -le 0xdfff)) {
[void]$safe.Append('\u').Append($code.ToString('x4', $PxInvariant))
} else { [void]$safe.Append($char) }
}
$escaped = $safe.ToString()
}
[void]$Builder.Append('"').Append($escaped).Append('"')
}
function ConvertTo-PxJson($Value) {
$builder = New-Object System.Text.StringBuilder
Add-PxJson $builder $Value 0
return $builder.ToString()
}
function Format-PxTime([DateTime]$Time) {
return $Time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", $PxInvariant)
}
function ConvertFrom-PxTime([string]$Text) {
$styles = [System.Globalization.DateTimeStyles]::AssumeUniversal -bor [System.Globalization.DateTimeStyles]::AdjustToUniversal
$formats = [string[]]@("yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'")
$time = [DateTime]::MinValue
if (-not [DateTime]::TryParseExact($Text, $formats, $PxInvariant, $styles, [ref]$time)) {
throw (New-PxError 'BadRequest' 'A time must look like 2026-12-01T08:30:00Z.')
}
return $time
}
function Test-PxObject($Value) { return ($Value -is [System.Management.Automation.PSCustomObject]) }
function Test-PxInteger($Value) { return (($Value -is [int]) -or ($Value -is [long])) }
function Get-PxString($Value, [string]$Name) {
if ($Value -is [DateTime]) { return (Format-PxTime $Value) }
if ($Value -isnot [string]) { throw (New-PxError 'BadRequest' "'$Name' must be a string.") }
if ($Value.IndexOf([char]0) -ge 0) { throw (New-PxError 'BadRequest' "'$Name' contains a NUL character.") }
return $Value.ToString()
}
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
if (-not $Line.TrimStart().StartsWith('{', [System.StringComparison]::Ordinal)) { throw (New-PxError 'BadRequest' 'The line is not a JSON object.') }
try { $request = ConvertFrom-Json -InputObject $Line @options } catch { throw (New-PxError 'BadRequest' 'The line is not JSON.') }
if (-not (Test-PxObject $request)) { throw (New-PxError 'BadRequest' 'A request must be a JSON object.') }
return $request
}
function Read-PxNothing([string]$Op, $Params) { Assert-PxFields $Params @() }
function Get-PxFolderPath {
$set = [Environment]::GetEnvironmentVariable('PULUMI_EXCHANGE_FOLDER')
if (-not [string]::IsNullOrEmpty($set)) { return [System.IO.Path]::GetFullPath($set).TrimEnd('\', '/') }
if ($PxAgent.Windows) { return [System.IO.Path]::Combine([Environment]::GetFolderPath('CommonApplicationData'), 'pulumi-exchange') }
return [System.IO.Path]::Combine([Environment]::GetEnvironmentVariable('HOME'), '.pulumi-exchange')
}
function Initialize-PxFolder {
$PxAgent.Folder = ''
try {
$PxAgent.Folder = Get-PxFolderPath
Assert-PxNoLink $PxAgent.Folder
$new = -not [System.IO.Directory]::Exists($PxAgent.Folder)
[void][System.IO.Directory]::CreateDirectory($PxAgent.Folder)
if ($PxAgent.Windows) { Protect-PxFolder $PxAgent.Folder $new }
elseif ($new) { $null = & chmod 700 $PxAgent.Folder }
[void][System.IO.Directory]::CreateDirectory((Join-PxAgentPath 'replies'))
} catch {
$PxAgent.FolderError = (ConvertTo-PxFileError $_ 'The working folder cannot be used').Message
return
}
try { Remove-PxOldFiles } catch { $null = $_ }
}
function Get-PxSecurity([string]$Path, [bool]$File) {
if ($File) { $info = New-Object System.IO.FileInfo($Path) } else { $info = New-Object System.IO.DirectoryInfo($Path) }
if ($PxAgent.Core) { return [System.IO.FileSystemAclExtensions]::GetAccessControl($info) }
return $info.GetAccessControl()
}
function Protect-PxFolder([string]$Path, [bool]$New) {
$sidType = [System.Security.Principal.SecurityIdentifier]
$own = [System.Security.Principal.WindowsIdentity]::GetCurrent().User.Value
$trusted = @('S-1-5-32-544', 'S-1-5-18', $own)
$current = Get-PxSecurity $Path $false
$owner = $current.GetOwner($sidType).Value
if (-not $New -and $trusted -notcontains $owner) { throw (New-PxError 'FileFailed' "The working folder belongs to $owner.") }
$foreign = @($current.GetAccessRules($true, $true, $sidType) | Where-Object { $trusted -notcontains $_.IdentityReference.Value })
if ($current.AreAccessRulesProtected -and $foreign.Count -eq 0) { return }
$security = New-Object System.Security.AccessControl.DirectorySecurity
$security.SetAccessRuleProtection($true, $false)
foreach ($sid in ($trusted | Select-Object -Unique)) {
$identity = New-Object System.Security.Principal.SecurityIdentifier($sid)
$rule = New-Object System.Security.AccessControl.FileSystemAccessRule($identity, 'FullControl', 'ContainerInherit, ObjectInherit', 'None', 'Allow')
$security.AddAccessRule($rule)
}
$info = New-Object System.IO.DirectoryInfo($Path)
if ($PxAgent.Core) { [System.IO.FileSystemAclExtensions]::SetAccessControl($info, $security) } else { $info.SetAccessControl($security) }
}
function Join-PxAgentPath([string]$Name) {
$own = [System.IO.Path]::Combine($PxAgent.Folder, '.agent')
return [System.IO.Path]::Combine($own, $Name)
}
function Remove-PxOldFiles {
$now = [DateTime]::UtcNow
foreach ($file in [System.IO.Directory]::GetFiles((Join-PxAgentPath 'replies'))) {
if (($now - [System.IO.File]::GetLastWriteTimeUtc($file)).TotalDays -gt 7) { try { [System.IO.File]::Delete($file) } catch { $null = $_ } }
}
foreach ($file in [System.IO.Directory]::GetFiles($PxAgent.Folder, '.tmp-*', [System.IO.SearchOption]::AllDirectories)) {
if (($now - [System.IO.File]::GetLastWriteTimeUtc($file)).TotalHours -gt 1) { try { [System.IO.File]::Delete($file) } catch { $null = $_ } }
}
}
function Assert-PxNoLink([string]$Full) {
try { $attributes = [System.IO.File]::GetAttributes($Full) } catch {
$cause = Get-PxCause $_
if ($cause -is [System.IO.FileNotFoundException] -or $cause -is [System.IO.DirectoryNotFoundException]) { return }
throw (ConvertTo-PxFileError $_ 'The path cannot be looked at')
}
if (($attributes -band [System.IO.FileAttributes]::ReparsePoint) -ne 0) { throw (New-PxError 'FileFailed' 'A link or junction stands in the path.') }
}
function Assert-PxPath([string]$Path) {
$segments = $Path.Split('/')
if ($Path.Length -gt 200 -or $segments.Length -gt 4) { throw (New-PxError 'NotAllowed' 'The path is too long.') }
foreach ($segment in $segments) {
if ($segment -cnotmatch '\A[A-Za-z0-9_][A-Za-z0-9._-]{0,99}\z' -or $segment.EndsWith('.')) {
throw (New-PxError 'NotAllowed' 'The path has a part that is not allowed.')
}
if ($segment -match '\A(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|\z)') { throw (New-PxError 'NotAllowed' 'The path has a reserved name.') }
}
}
function Assert-PxFolder { if ($null -ne $PxAgent.FolderError) { throw (New-PxError 'FileFailed' $PxAgent.FolderError) } }
function Resolve-PxPath([string]$Path) {
Assert-PxFolder
Assert-PxNoLink $PxAgent.Folder
if ($Path -eq '') { return $PxAgent.Folder }
$full = $PxAgent.Folder
foreach ($segment in $Path.Split('/')) {
$full = [System.IO.Path]::Combine($full, $segment)
Assert-PxNoLink $full
}
return $full
}
function Move-PxFile([string]$From, [string]$To) {
for ($try = 1; $true; $try++) {
try {
if ([System.IO.File]::Exists($To)) {
[System.IO.File]::Replace($From, $To, [System.Management.Automation.Language.NullString]::Value)
} else { [System.IO.File]::Move($From, $To) }
return
} catch { if ($try -ge 10 -or -not [System.IO.File]::Exists($From)) { throw } }
Start-Sleep -Milliseconds 50
}
}
function Write-PxFile([string]$Full, [byte[]]$Bytes, [bool]$Replace) {
$parent = [System.IO.Path]::GetDirectoryName($Full)
[void][System.IO.Directory]::CreateDirectory($parent)
$temporary = [System.IO.Path]::Combine($parent, '.tmp-' + [Guid]::NewGuid().ToString('N'))
try {
$stream = [System.IO.FileStream]::new($temporary, [System.IO.FileMode]::CreateNew, [System.IO.FileAccess]::Write, [System.IO.FileShare]::None)
try { $stream.Write($Bytes, 0, $Bytes.Length); $stream.Flush($true) } finally { $stream.Dispose() }
if (-not $Replace) {
if ([System.IO.File]::Exists($Full)) { return $false }
try { [System.IO.File]::Move($temporary, $Full) } catch { if ([System.IO.File]::Exists($Full)) { return $false } else { throw } }
return $true
}
Move-PxFile $temporary $Full
return $true
} finally {
if ([System.IO.File]::Exists($temporary)) { try { [System.IO.File]::Delete($temporary) } catch { $null = $_ } }
}
}
function Read-PxFileCall([string]$Op, $Params) {
$call = @{ Path = $null; Bytes = $null }
$writes = @('file.write', 'file.append', 'file.createNew') -ccontains $Op
if ($writes) { Assert-PxFields $Params @('path', 'data') } else { Assert-PxFields $Params @('path') }
$call.Path = Get-PxField $Params 'path' 'string' $true
if ($writes) { $call.Bytes = Get-PxField $Params 'data' 'bytes' $true }
if ($call.Path -ne '' -or $Op -ne 'file.list') { Assert-PxPath $call.Path }
return $call
}
function Invoke-PxFile([string]$Op, $Call) {
try {
$full = Resolve-PxPath $Call.Path
$bytes = $Call.Bytes
switch ($Op) {
'file.read' {
if (-not [System.IO.File]::Exists($full)) { return [ordered]@{ found = $false } }
if ((New-Object System.IO.FileInfo($full)).Length -gt 7000000) { throw (New-PxError 'TooLarge' 'The file is longer than 7000000 bytes.') }
return [ordered]@{ found = $true; data = [System.Convert]::ToBase64String((Read-PxFile $full)) }
}
'file.write' { [void](Write-PxFile $full $bytes $true); return [ordered]@{} }
'file.createNew' { return [ordered]@{ created = (Write-PxFile $full $bytes $false) } }
'file.append' { Add-PxFile $full $bytes; return [ordered]@{} }
'file.remove' {
if (-not [System.IO.File]::Exists($full)) { return [ordered]@{ removed = $false } }
[System.IO.File]::Delete($full)
return [ordered]@{ removed = $true }
}
'file.list' { return [ordered]@{ files = (Get-PxFileNames $full) } }
}
} catch { throw (ConvertTo-PxFileError $_ ("'" + $Call.Path + "'")) }
}
function Read-PxFile([string]$Full) {
$share = [System.IO.FileShare]::ReadWrite -bor [System.IO.FileShare]::Delete
$stream = [System.IO.FileStream]::new($Full, [System.IO.FileMode]::Open, [System.IO.FileAccess]::Read, $share)
try {
$memory = New-Object System.IO.MemoryStream
$stream.CopyTo($memory)
return , $memory.ToArray()
} finally { $stream.Dispose() }
}
function Add-PxFile([string]$Full, [byte[]]$Bytes) {
[void][System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($Full))
$stream = $null
for ($try = 1; $null -eq $stream; $try++) {
try { $stream = [System.IO.FileStream]::new($Full, [System.IO.FileMode]::Append, [System.IO.FileAccess]::Write, [System.IO.FileShare]::Read) }
catch { if ($try -ge 10 -or (Get-PxCause $_) -isnot [System.IO.IOException]) { throw } else { Start-Sleep -Milliseconds 50 } }
}
try { $stream.Write($Bytes, 0, $Bytes.Length); $stream.Flush($true) } finally { $stream.Dispose() }
}
function Get-PxFileNames([string]$Full) {
$names = New-Object System.Collections.ArrayList
if ([System.IO.Directory]::Exists($Full)) {
foreach ($file in [System.IO.Directory]::GetFiles($Full)) {
$name = [System.IO.Path]::GetFileName($file)
if (-not $name.StartsWith('.')) { [void]$names.Add($name) }
}
}
$array = [string[]]$names.ToArray([string])
[System.Array]::Sort($array, [System.StringComparer]::Ordinal)
return , $array
}
$PxNoWaiting = @(-2147024877, -2147024857, -2147024784, 28, 30)
function Open-PxLock([string]$Path, [int]$Seconds, [string]$What, [string]$Class = 'FileFailed') {
$deadline = [DateTime]::UtcNow.AddSeconds($Seconds)
while ($true) {
try {
return ([System.IO.FileStream]::new($Path, [System.IO.FileMode]::OpenOrCreate, [System.IO.FileAccess]::ReadWrite, [System.IO.FileShare]::None))
} catch {
$cause = Get-PxCause $_
$shared = ($cause -is [System.IO.IOException]) -and -not ($cause -is [System.IO.DirectoryNotFoundException]) -and $PxNoWaiting -notcontains $cause.HResult
if (-not $shared) { throw (New-PxError 'FileFailed' ($What + ': ' + $cause.Message)) }
if ([DateTime]::UtcNow -gt $deadline) { throw (New-PxError $Class ($What + ': ' + $cause.Message)) }
}
Start-Sleep -Milliseconds 50
}
}
function Read-PxFence {
$path = Join-PxAgentPath 'fence'
if (-not [System.IO.File]::Exists($path)) { return [long]0 }
$text = $PxUtf8.GetString((Read-PxFile $path)).Trim()
$fence = [long]0
if (-not [long]::TryParse($text, [ref]$fence)) { throw (New-PxError 'FenceDamaged' ('The stored fence cannot be read: ' + $path + '.')) }
return $fence
}
function Update-PxFence([long]$Fence) {
Assert-PxFolder
$lock = $null
try {
$lock = Open-PxLock (Join-PxAgentPath 'lock') 10 'The fence is locked'
$highest = Read-PxFence
if ($Fence -lt $highest) { throw (New-PxError 'Fenced' "Fence $Fence is lower than $highest, the highest seen on this host.") }
if ($Fence -gt $highest) { [void](Write-PxFile (Join-PxAgentPath 'fence') ($PxUtf8.GetBytes($Fence.ToString($PxInvariant) + "`n")) $true) }
} catch { throw (ConvertTo-PxFileError $_ 'The fence cannot be kept') } finally { if ($null -ne $lock) { $lock.Dispose() } }
}
function Get-PxReplyPath([string]$Key) {
$sha = [System.Security.Cryptography.SHA256]::Create()
try { $hash = $sha.ComputeHash($PxUtf8.GetBytes($Key)) } finally { $sha.Dispose() }
return (Join-PxAgentPath ([System.IO.Path]::Combine('replies', [System.BitConverter]::ToString($hash).Replace('-', '').ToLowerInvariant())))
}
function Read-PxStoredReply([string]$Path, [string]$Call) {
if (-not [System.IO.File]::Exists($Path)) { return $null }
$lines = $PxUtf8.GetString((Read-PxFile $Path)).Split("`n")
if ($lines.Length -lt 2 -or $lines[1] -eq '') { return $null }
if ($lines[0] -ne $Call) { throw (New-PxError 'BadRequest' ("This key belongs to another call: " + $lines[0] + '.')) }
return $lines[1]
}
function Read-PxFenceCall([string]$Op, $Params) {
Assert-PxFields $Params @('fence')
$fence = Get-PxField $Params 'fence' 'integer' $true
if ($fence -lt 0 -or $fence -gt 9007199254740991) { throw (New-PxError 'BadRequest' "'fence' is out of range.") }
return $fence
}
function Set-PxFence([string]$Op, [long]$Fence) {
Update-PxFence $Fence
return [ordered]@{ fence = $Fence }
}
function Get-PxRegistryValue([string]$Key, [string]$Name, [string]$Hive = 'LocalMachine') {
$base = [Microsoft.Win32.RegistryKey]::OpenBaseKey($Hive, 'Registry64')
try {
$sub = $base.OpenSubKey($Key)
if ($null -eq $sub) { return $null }
try {
if ($Name -eq '') { return $true }
return $sub.GetValue($Name)
} finally { $sub.Dispose() }
} finally { $base.Dispose() }
}
function Get-PxScriptPolicy {
if (-not $PxAgent.Windows) { return $null }
$key = 'SOFTWARE\Policies\Microsoft\Windows\PowerShell'
foreach ($hive in @('LocalMachine', 'CurrentUser')) {
try {
$enabled = Get-PxRegistryValue $key 'EnableScripts' $hive
if ($null -eq $enabled) { continue }
if ([int]$enabled -eq 0) { return 'Restricted' }
$policy = Get-PxRegistryValue $key 'ExecutionPolicy' $hive
if ($null -ne $policy) { return [string]$policy }
} catch { $null = $_ }
}
return $null
}
function Get-PxExchange {
$found = @{ Role = 'None' }
if (-not $PxAgent.Windows) { return $found }
foreach ($generation in @('v15', 'v14')) {
$key = 'SOFTWARE\Microsoft\ExchangeServer\' + $generation
$major = Get-PxRegistryValue "$key\Setup" 'MsiProductMajor'
if ($null -eq $major) { continue }
$parts = foreach ($name in @('MsiProductMajor', 'MsiProductMinor', 'MsiBuildMajor', 'MsiBuildMinor')) { Get-PxRegistryValue "$key\Setup" $name }
$found.Version = @($parts) -join '.'
$found.Path = [string](Get-PxRegistryValue "$key\Setup" 'MsiInstallPath')
$found.Key = $key
if (Get-PxRegistryValue "$key\EdgeTransportRole" '') { $found.Role = 'Edge'; return $found }
foreach ($role in @('MailboxRole', 'HubTransportRole', 'ClientAccessRole')) {
if (Get-PxRegistryValue "$key\$role" '') { $found.Role = 'Mailbox' }
}
return $found
}
return $found
}
function Get-PxEccSetting {
if (-not $PxAgent.Windows -or $null -eq $PxAgent.Exchange.Key) { return $null }
try {
$value = Get-PxRegistryValue ($PxAgent.Exchange.Key + '\Diagnostics') 'EnableEccCertificateSupport'
if ($null -ne $value) { return [string]$value }
} catch { $null = $_ }
return $null
}
function Get-PxBootTime {
if ($PxAgent.Core) { return [DateTime]::UtcNow.AddMilliseconds(-[Environment]::TickCount64) }
try {
$system = Get-CimInstance -ClassName Win32_OperatingSystem -Property LastBootUpTime -ErrorAction Stop
if ($null -ne $system.LastBootUpTime) { return $system.LastBootUpTime }
} catch { $null = $_ }
$seconds = [System.Diagnostics.Stopwatch]::GetTimestamp() / [double][System.Diagnostics.Stopwatch]::Frequency
return [DateTime]::UtcNow.AddSeconds(-$seconds)
}
function Initialize-PxFacts {
$name = [Environment]::MachineName.Split('.')[0]
$domain = ''
try {
$network = [System.Net.NetworkInformation.IPGlobalProperties]::GetIPGlobalProperties()
if ([string]$network.HostName -ne '') { $name = ([string]$network.HostName).Split('.')[0] }
$domain = [string]$network.DomainName
} catch { $null = $_ }
$PxAgent.Name = $name.ToUpperInvariant()
$PxAgent.Fqdn = $name
if ($domain -ne '' -and $domain -ne '(none)') { $PxAgent.Fqdn = $name + '.' + $domain }
try { $PxAgent.Exchange = Get-PxExchange } catch { $PxAgent.Exchange = @{ Role = 'None' } }
if ($PxAgent.Windows) {
$identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
$PxAgent.Account = $identity.Name
$principal = New-Object System.Security.Principal.WindowsPrincipal($identity)
$PxAgent.Elevated = $principal.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)
} else {
$PxAgent.Account = [Environment]::UserName
$PxAgent.Elevated = ([Environment]::UserName -eq 'root')
}
try { $PxAgent.Boot = Format-PxTime (Get-PxBootTime) } catch { $PxAgent.Boot = Format-PxTime ([DateTime]::UtcNow) }
$sha = [System.Security.Cryptography.SHA256]::Create()
try { $hash = $sha.ComputeHash($PxUtf8.GetBytes($PxSource)) } finally { $sha.Dispose() }
$PxAgent.Hash = [System.BitConverter]::ToString($hash).Replace('-', '').ToLowerInvariant()
}
function Get-PxFacts([string]$EventName) {
$facts = [ordered]@{}
if ($EventName -ne '') { $facts['event'] = $EventName }
$facts['protocol'] = $PxProtocol
$facts['agent'] = $PxAgent.Hash
$facts['powershell'] = $PSVersionTable.PSVersion.ToString()
$facts['pid'] = $PID
$facts['name'] = $PxAgent.Name
$facts['fqdn'] = $PxAgent.Fqdn
$facts['role'] = $PxAgent.Exchange.Role
$facts['exchange'] = $PxAgent.Exchange.Version
$facts['elevated'] = [bool]$PxAgent.Elevated
$facts['account'] = $PxAgent.Account
$facts['utc'] = Format-PxTime ([DateTime]::UtcNow)
$facts['boot'] = $PxAgent.Boot
$facts['culture'] = $PxAgent.Culture
$facts['folder'] = $PxAgent.Folder
$facts['fence'] = [long]0
try { $facts['fence'] = Read-PxFence } catch { $null = $_ }
$facts['bits'] = [IntPtr]::Size * 8
$facts['scriptPolicy'] = Get-PxScriptPolicy
$facts['eccCertificates'] = Get-PxEccSetting
$facts['where'] = $true
return $facts
}
function Get-PxHello([string]$Op, $Call) { return (Get-PxFacts '') }
$PxLoadShell = {
$ErrorActionPreference = 'Continue'
try {
if ($PxAgent.Exchange.Role -eq 'Edge') {
$PxConsole = New-Object System.Xml.XmlDocument
$PxConsole.Load([System.IO.Path]::Combine($PxAgent.Exchange.Path, 'bin\exShell.psc1'))
foreach ($PxSnapin in @($PxConsole.SelectNodes('//*[local-name()="PSSnapIn"]'))) {
$PxSnapinName = $PxSnapin.GetAttribute('Name')
if ($null -eq (Get-PSSnapin -Name $PxSnapinName -ErrorAction SilentlyContinue)) { Add-PSSnapin -Name $PxSnapinName -ErrorAction Stop }
}
try { . ([System.IO.Path]::Combine($PxAgent.Exchange.Path, 'bin\Exchange.ps1')) } catch { $_ }
$PxAgent.Kind = 'snapin'
} elseif ($PxAgent.Exchange.Role -eq 'Mailbox' -and $null -ne $PxCredential) {
$PxUri = 'http://' + $PxAgent.Fqdn + '/PowerShell/'
$PxAgent.Session = New-PSSession -ConfigurationName Microsoft.Exchange -ConnectionUri $PxUri -Authentication Kerberos -Credential $PxCredential -ErrorAction Stop
$PxModule = Import-PSSession -Session $PxAgent.Session -CommandName ([string[]]@($PxCmdlets.Keys)) -DisableNameChecking -AllowClobber -ErrorAction Stop
Import-Module -ModuleInfo $PxModule -Global -DisableNameChecking -ErrorAction Stop
$PxAgent.Kind = 'credential'
} elseif ($PxAgent.Exchange.Role -eq 'Mailbox') {
try { . ([System.IO.Path]::Combine($PxAgent.Exchange.Path, 'bin\RemoteExchange.ps1')) } catch { $_ }
Connect-ExchangeServer -Auto -ClientApplication:ManagementShell
$PxAgent.Kind = 'implicit'
} else {
$PxAgent.Kind = 'snapin'
}
} finally { $ErrorActionPreference = 'Stop'; Set-StrictMode -Off; $PxCredential = $null }
}
function Test-PxNoCredentials($Records) {
foreach ($record in @($Records)) {
if ($record -isnot [System.Management.Automation.ErrorRecord]) { continue }
$exception = $record.Exception
while ($null -ne $exception) {
$code = $exception.HResult
if ($exception -is [System.Management.Automation.Remoting.PSRemotingTransportException]) { $code = $exception.ErrorCode }
if (@(1312, 1311, 5, -2147023584, -2147023585, -2147024891, -2146893042) -contains $code) { return $true }
$exception = $exception.InnerException
}
}
return $false
}
function Complete-PxShell($Output, $Failure, [bool]$WithCredential) {
$available = @(foreach ($name in @($PxCmdlets.Keys)) { Get-Command -Name $name -CommandType 'Cmdlet, Function' -ErrorAction SilentlyContinue | Select-Object -First 1 })
$ready = @($available | Where-Object { $_.Name -eq 'Get-ExchangeCertificate' }).Count -gt 0
if ($PxAgent.Exchange.Role -eq 'None') { $ready = $available.Count -gt 0 }
if ($null -eq $Failure -and $ready) {
$PxAgent.Shell = [ordered]@{ kind = $PxAgent.Kind; cmdlets = $available.Count }
if ($PxAgent.Kind -ne 'snapin') { Start-PxWatch }
return
}
$records = @(@($Output) | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] })
if ($null -ne $Failure) { $records = @($records) + @($Failure) }
$text = 'its cmdlets did not appear'
if ($records.Count -gt 0) { $text = (Get-PxCause $records[$records.Count - 1]).Message }
if ($PxAgent.Exchange.Role -eq 'None') { $text = 'Exchange is not installed' }
if ($PxAgent.Exchange.Role -eq 'Mailbox' -and -not $WithCredential -and (Test-PxNoCredentials $records)) {
throw (New-PxError 'CredentialNeeded' ('The management shell of Exchange refused this logon: ' + $text))
}
throw (New-PxError 'ShellUnavailable' ('The management shell of Exchange cannot be loaded: ' + $text))
}
function Read-PxShellCall([string]$Op, $Params) {
Assert-PxFields $Params @('credential')
$credential = Get-PxField $Params 'credential' 'object' $false
if ($null -eq $credential) { return $null }
Assert-PxFields $credential @('user', 'password')
$user = Get-PxField $credential 'user' 'string' $true
$password = Get-PxField $credential 'password' 'object' $true
Assert-PxFields $password @('$secure')
$secret = ConvertTo-PxSecure (Get-PxField $password '$secure' 'string' $true)
return (New-Object System.Management.Automation.PSCredential($user, $secret))
}
function Get-PxShell([string]$Op, $Call) { return $PxAgent.Shell }
$PxWatched = [hashtable]::Synchronized(@{ Id = $null; Session = $null; Watch = $null })
function Get-PxSession {
if ($null -ne $PxAgent.Session) { return $PxAgent.Session }
$command = Get-Command -Name Get-ExchangeServer -CommandType Function -ErrorAction SilentlyContinue | Select-Object -First 1
if ($null -eq $command -or $null -eq $command.Module) { return $null }
return $command.Module.SessionState.PSVariable.GetValue('PSSession')
}
function Test-PxFarEnd($Session) {
$runspace = $Session.Runspace
if ([string]$runspace.RunspaceStateInfo.State -ne 'Opened') { return $false }
try {
$info = $runspace.ConnectionInfo
$property = $info.GetType().GetProperty('Process', [System.Reflection.BindingFlags]'Instance, Public, NonPublic')
if ($null -eq $property) { return $true }
$instance = $property.GetValue($info, $null)
return ($null -eq $instance -or -not $instance.Process.HasExited)
} catch { return $true }
}
function Watch-PxFarEnd($Watched) {
$id = $null
$since = [DateTime]::MaxValue
while ($true) {
[System.Threading.Thread]::Sleep(500)
$call = $Watched.Id
if ($null -eq $call -or $null -eq $Watched.Session -or (Test-PxFarEnd $Watched.Session)) { $id = $null; continue }
if ($call -ne $id) { $id = $call; $since = [DateTime]::UtcNow }
if (([DateTime]::UtcNow - $since).TotalSeconds -lt 8) { continue }
[System.Threading.Monitor]::Enter($Watched.SyncRoot)
try {
if ($Watched.Id -ne $id) { continue }
[Console]::Error.WriteLine('The far end of the remote session with Exchange died during a call, whose outcome is unknown. This agent ends; the next call starts another one.')
[System.Diagnostics.Process]::GetCurrentProcess().Kill()
} finally { [System.Threading.Monitor]::Exit($Watched.SyncRoot) }
}
}
function Start-PxWatch {
$PxWatched.Session = Get-PxSession
if ($null -eq $PxWatched.Session -or $null -ne $PxWatched.Watch) { return }
$state = [System.Management.Automation.Runspaces.InitialSessionState]::Create()
$state.LanguageMode = 'FullLanguage'
foreach ($name in @('Test-PxFarEnd', 'Watch-PxFarEnd')) {
$text = (Get-Command -Name $name -CommandType Function).Definition
$state.Commands.Add((New-Object System.Management.Automation.Runspaces.SessionStateFunctionEntry($name, $text)))
}
$runspace = [System.Management.Automation.Runspaces.RunspaceFactory]::CreateRunspace($state)
$runspace.Open()
$watch = [System.Management.Automation.PowerShell]::Create()
$watch.Runspace = $runspace
[void]$watch.AddCommand('Watch-PxFarEnd').AddArgument($PxWatched)
$PxWatched.Watch = $watch
[void]$watch.BeginInvoke()
}
function Close-PxDeadShell {
if ($null -eq $PxAgent.Shell -or $null -eq $PxWatched.Session) { return }
$session = Get-PxSession
if ($null -eq $session -or (Test-PxFarEnd $session)) { return }
if ([string]$session.Runspace.RunspaceStateInfo.State -ne 'Opened') { try { Remove-PSSession -Session $session } catch { $null = $_ } }
$PxAgent.Session = $null
$PxAgent.Shell = $null
$PxWatched.Session = $null
}
function Test-PxLost($Record) {
$exception = $Record.Exception
while ($null -ne $exception) {
if ($exception -is [System.Management.Automation.Remoting.PSRemotingTransportException]) { return $true }
$exception = $exception.InnerException
}
return ($null -ne $PxWatched.Session -and -not (Test-PxFarEnd $PxWatched.Session))
}
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
return , $property.Value
}
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
function Get-PxMemberName($Value) {
$names = @($Value.PSObject.TypeNames)
if ($names -cnotcontains 'Deserialized.System.Enum' -and $names -cnotcontains 'System.Enum') { return $null }
foreach ($text in @([string]"$Value", [string]$Value.ToString())) { if ($text -ne '' -and $text -cnotmatch '\A-?[0-9]+\z') { return $text } }
return $null
}
function ConvertTo-PxPlain($Value, [string]$Name, [int]$Depth) {
if ($null -eq $Value) { return $null }
if ($Value -is [string]) { return $Value.ToString() }
if ($Value -is [bool]) { return $Value }
if (Test-PxNumber $Value) {
$member = Get-PxMemberName $Value
if ($null -ne $member) { return $member }
return $Value
}
if ($Value -is [DateTime]) {
if ($Value.Kind -eq [DateTimeKind]::Unspecified -and $Name -match 'utc\z') { return (Format-PxTime ([DateTime]::SpecifyKind($Value, [DateTimeKind]::Utc))) }
return (Format-PxTime $Value)
}
if ($Value -is [DateTimeOffset]) { return (Format-PxTime $Value.UtcDateTime) }
if ($Value -is [byte[]]) { return [System.Convert]::ToBase64String($Value) }
if ($Value -is [System.Collections.IEnumerable] -and $Value -isnot [System.Collections.IDictionary] -and $Depth -lt 4) {
$list = New-Object System.Collections.ArrayList
foreach ($item in $Value) { [void]$list.Add((ConvertTo-PxPlain $item $Name ($Depth + 1))) }
return , $list.ToArray()
}
return [string]$Value.ToString()
}
function Select-PxProperties($Object, [string[]]$Names) {
$result = [ordered]@{}
foreach ($name in $Names) {
$value = $null
$property = $Object.PSObject.Properties[$name]
if ($null -ne $property) { try { $value = ConvertTo-PxPlain $property.Value $name 0 } catch { $value = $null } }
$result[$name] = $value
}
return $result
}
function Test-PxWhere($Object, $Where) {
if ($null -eq $Where) { return $true }
foreach ($name in $Where.Keys) {
foreach ($value in @((Select-PxProperties $Object $name)[$name])) {
if ($null -ne $value -and $value -isnot [System.Array] -and [System.Array]::IndexOf($Where[$name], ([string]$value).ToUpperInvariant()) -ge 0) { return $true }
}
}
return $false
}
function Invoke-PxCmdlet($Call) {
$command = Get-Command -Name $Call.Cmdlet -CommandType 'Cmdlet, Function' -ErrorAction SilentlyContinue | Select-Object -First 1
if ($null -eq $command) { throw (New-PxError 'CommandNotFound' ($Call.Cmdlet + ' is not known to this shell.') '' ('CommandNotFoundException,' + $Call.Cmdlet) 'ObjectNotFound') }
$splat = $Call.Splat
$splat['ErrorAction'] = 'Stop'
$failure = $null
$output = $null
do { try { $output = @(& $command @splat 2>&1 3>&1 6>$null) } catch { $failure = $_; $output = @() } } while ($false)
if ($null -eq $output) { throw (New-PxError 'Internal' ($Call.Cmdlet + ' was left by a break; what it did is unknown.')) }
$objects = New-Object System.Collections.ArrayList
$warnings = New-Object System.Collections.ArrayList
$count = 0
foreach ($item in $output) {
if ($null -eq $item) { continue }
if ($item -is [System.Management.Automation.ErrorRecord]) { if ($null -eq $failure) { $failure = $item } }
elseif ($item -is [System.Management.Automation.WarningRecord]) { [void]$warnings.Add([string]$item.Message) }
elseif ($item -is [System.Management.Automation.InformationRecord]) { continue }
else {
$count++
if (Test-PxWhere $item $Call.Where) { [void]$objects.Add((Select-PxProperties $item $Call.Select)) }
}
}
if ($null -ne $failure) { throw (New-PxCmdletError $failure) }
Assert-PxCertificateList $Call $count
return [ordered]@{ objects = $objects.ToArray(); warnings = $warnings.ToArray() }
}
function New-PxCmdletError($Record) {
$class = 'CmdletFailed'
if (Test-PxLost $Record) { $class = 'Internal' }
elseif (Test-PxPrompt $Record) { $class = 'PromptRefused' }
elseif ($Record.Exception -is [System.Management.Automation.CommandNotFoundException]) { $class = 'CommandNotFound' }
$exception = New-Object System.Exception('The cmdlet failed.')
$exception.Data['PxReply'] = ConvertTo-PxErrorReply $Record $class
return $exception
}
function Assert-PxCertificateList($Call, [int]$Count) {
if ($Count -gt 0 -or $PxAgent.Elevated -or $Call.Cmdlet -ne 'Get-ExchangeCertificate') { return }
$reply = [ordered]@{
class = 'CmdletFailed'
message = 'The shell is not elevated and lists no certificate.'
fqid = 'EmptyCertificateList,Get-ExchangeCertificate'
category = 'PermissionDenied'
}
$exception = New-Object System.Exception('The certificate list is empty.')
$exception.Data['PxReply'] = $reply
throw $exception
}
function Invoke-PxCmdletCall([string]$Op, $Call) { return (Invoke-PxCmdlet $Call) }
function Get-PxController([string]$Name) {
if ($null -eq (Get-Command -Name Get-Service -ErrorAction SilentlyContinue)) { throw (New-PxError 'ServiceNotFound' "There is no service $Name on this host.") }
try { return (Get-Service -Name $Name -ErrorAction Stop | Select-Object -First 1) }
catch { throw (New-PxError 'ServiceNotFound' "There is no service $Name on this host." '' ([string]$_.FullyQualifiedErrorId)) }
}
function Get-PxServiceInfo([string]$Name) {
$controller = Get-PxController $Name
$start = 'Automatic'
if (@('Manual', 'Disabled') -contains [string]$controller.StartType) { $start = [string]$controller.StartType }
$dependants = New-Object System.Collections.ArrayList
foreach ($dependant in @($controller.DependentServices)) {
if ($null -eq $dependant) { continue }
[void]$dependants.Add([ordered]@{ name = [string]$dependant.ServiceName; status = [string]$dependant.Status })
}
return [ordered]@{ name = [string]$controller.ServiceName; status = [string]$controller.Status; startType = $start; dependants = $dependants.ToArray() }
}
function Wait-PxService($Controller, [string]$Status) {
$null = $Controller.WaitForStatus($Status, (New-Object System.TimeSpan(0, 0, 300)))
}
function Suspend-PxService($Controller) {
if ([string]$Controller.Status -eq 'Paused') { return }
if ([string]$Controller.Status -ne 'PausePending') { $null = $Controller.Pause() }
Wait-PxService $Controller 'Paused'
}
function Resume-PxService($Controller) {
if ([string]$Controller.Status -eq 'Running') { return }
if ([string]$Controller.Status -ne 'ContinuePending') { $null = $Controller.Continue() }
Wait-PxService $Controller 'Running'
}
function Start-PxService($Controller) {
if ([string]$Controller.Status -eq 'Running') { return }
if ([string]$Controller.Status -ne 'StartPending') { $null = $Controller.Start() }
Wait-PxService $Controller 'Running'
}
function Stop-PxService($Controller) {
foreach ($dependant in @($Controller.DependentServices)) {
if ($null -ne $dependant -and [string]$dependant.Status -ne 'Stopped') { Stop-PxSingle $dependant }
}
Stop-PxSingle $Controller
}
function Stop-PxSingle($Controller) {
$null = $Controller.Refresh()
if ([string]$Controller.Status -eq 'Stopped') { return }
if ([string]$Controller.Status -ne 'StopPending') { $null = $Controller.Stop() }
Wait-PxService $Controller 'Stopped'
}
function Restart-PxService([string]$Name, [string[]]$KeepStopped) {
$controller = Get-PxController $Name
$before = New-Object System.Collections.ArrayList
foreach ($dependant in @($controller.DependentServices)) {
if ($null -ne $dependant -and @('Running', 'StartPending', 'Paused') -contains [string]$dependant.Status) {
[void]$before.Add(@{ Name = [string]$dependant.ServiceName; Paused = ([string]$dependant.Status -eq 'Paused') })
}
}
Stop-PxService $controller
Start-PxService (Get-PxController $Name)
$before.Reverse()
$failed = New-Object System.Collections.ArrayList
foreach ($entry in $before) {
if ($KeepStopped -contains $entry.Name) { continue }
try {
Start-PxService (Get-PxController $entry.Name)
if ($entry.Paused) { Suspend-PxService (Get-PxController $entry.Name) }
} catch { [void]$failed.Add($entry.Name) }
}
if ($failed.Count -gt 0) { throw (New-PxError 'ServiceFailed' ("$Name runs, but these dependants did not start: " + ($failed.ToArray() -join ', ') + '.')) }
}
function Invoke-PxService([string]$Op, $Call) {
try {
$controller = Get-PxController $Call.Name
switch ($Op) {
'service.suspend' { Suspend-PxService $controller }
'service.resume' { Resume-PxService $controller }
'service.stop' { Stop-PxService $controller }
'service.start' { Start-PxService $controller }
'service.restart' { Restart-PxService $Call.Name $Call.KeepStopped }
}
return (Get-PxServiceInfo $Call.Name)
} catch {
$cause = Get-PxCause $_
if ($null -ne $cause.Data['PxClass']) { throw $cause }
$text = $cause.Message
if ($null -ne $cause.InnerException) { $text = $text + ' ' + $cause.InnerException.Message }
throw (New-PxError 'ServiceFailed' ($Call.Name + ': ' + $text) ($cause.GetType().FullName))
}
}
function Read-PxService([string]$Op, $Params) {
$allowed = @('name')
if ($Op -eq 'service.restart') { $allowed = @('name', 'keepStopped') }
Assert-PxFields $Params $allowed
$name = Get-PxField $Params 'name' 'string' $true
$keep = [string[]]@()
if ($Op -eq 'service.restart') { $keep = [string[]](Get-PxField $Params 'keepStopped' 'strings' $true) }
if ($PxServices -notcontains $name) { throw (New-PxError 'NotAllowed' 'This service is not in the closed list.') }
return @{ Name = $name; KeepStopped = $keep }
}
function Open-PxStore([string]$Name, [string]$Mode) {
$location = 'LocalMachine'
if (-not $PxAgent.Windows) { $location = 'CurrentUser'; $Mode = $Mode.Replace(', OpenExistingOnly', '') }
$store = New-Object System.Security.Cryptography.X509Certificates.X509Store($Name, $location)
try { $store.Open($Mode) } catch { throw (New-PxError 'FileFailed' ("The store $Name cannot be opened: " + (Get-PxCause $_).Message)) }
return $store
}
function Find-PxCertificate($Store, [string]$Thumbprint) {
foreach ($certificate in $Store.Certificates) { if ($certificate.Thumbprint -eq $Thumbprint) { return $certificate } }
return $null
}
function Get-PxPrivateKey($Certificate) {
$handle = $null
try { $handle = $Certificate.PrivateKey } catch { $handle = $null }
if ($null -ne $handle) { return $handle }
try { $handle = [System.Security.Cryptography.X509Certificates.RSACertificateExtensions]::GetRSAPrivateKey($Certificate) } catch { $handle = $null }
if ($null -ne $handle) { return $handle }
try { $handle = [System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions]::GetECDsaPrivateKey($Certificate) } catch { $handle = $null }
return $handle
}
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
function Test-PxNetworkService([string[]]$Files) {
foreach ($file in $Files) {
if (-not [System.IO.File]::Exists($file)) { continue }
try { $rules = (Get-PxSecurity $file $true).GetAccessRules($true, $true, [System.Security.Principal.SecurityIdentifier]) } catch { continue }
$allowed = $false
foreach ($rule in $rules) {
if ($rule.IdentityReference.Value -ne 'S-1-5-20') { continue }
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
found = $true
thumbprint = $certificate.Thumbprint
raw = [System.Convert]::ToBase64String($certificate.RawData)
subject = $certificate.Subject
issuer = $certificate.Issuer
friendlyName = [string]$certificate.FriendlyName
hasPrivateKey = [bool]$certificate.HasPrivateKey
keyProvider = $key.Provider
providerName = $key.Name
exportable = [bool]$key.Exportable
networkService = (Test-PxNetworkService ([string[]]$key.Files))
}
} finally { $store.Close() }
}
function Read-PxInspection([string]$Op, $Params) {
Assert-PxFields $Params @('thumbprint')
return (Get-PxThumbprint $Params 'thumbprint' $true)
}
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
function Remove-PxStored($Store, $Certificate) {
try { $Store.Remove($Certificate) } catch { throw (New-PxError 'FileFailed' ('The certificate cannot be removed: ' + (Get-PxCause $_).Message)) }
return [ordered]@{ removed = $true }
}
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
function Assert-PxNotAuth([string]$Thumbprint) {
if ([string]$PxAgent.Exchange.Version -match '\A14\.') { return }
$names = [string[]]@('CurrentCertificateThumbprint', 'NextCertificateThumbprint', 'PreviousCertificateThumbprint')
foreach ($object in @((Invoke-PxCmdlet @{ Cmdlet = 'Get-AuthConfig'; Splat = @{}; Select = $names }).objects)) {
foreach ($name in $names) { Assert-PxGuard ([string]$object[$name] -ne $Thumbprint) 'thumbprint is an Auth certificate.' }
}
}
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
function Get-PxChainStatus([string]$Op, [string[]]$Thumbprints) {
$present = New-Object System.Collections.ArrayList
foreach ($name in @('Root', 'CA')) {
$store = Open-PxStore $name 'ReadOnly, OpenExistingOnly'
try { foreach ($thumbprint in $Thumbprints) { if ($null -ne (Find-PxCertificate $store $thumbprint) -and $present -notcontains $thumbprint) { [void]$present.Add($thumbprint) } } }
finally { $store.Close() }
}
return [ordered]@{ present = $present.ToArray() }
}
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
function Read-PxTrust([string]$Op, $Params) {
Assert-PxFields $Params @('certificate', 'chain')
$certificate = ConvertFrom-PxCertificate (Get-PxField $Params 'certificate' 'string' $true) 'certificate'
return @{ Certificate = $certificate; Chain = (ConvertFrom-PxCertificates (Get-PxField $Params 'chain' 'strings' $true) 'chain') }
}
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
function Get-PxOwnIssuers {
$own = @{ All = @(); Roots = @() }
if ($PxAgent.Windows) { return $own }
foreach ($name in @('Root', 'CA')) {
$store = Open-PxStore $name 'ReadOnly, OpenExistingOnly'
try { foreach ($certificate in $store.Certificates) { $own.All += $certificate; if ($name -eq 'Root') { $own.Roots += $certificate } } } finally { $store.Close() }
}
return $own
}
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
function Read-PxAuthority($Params) {
$ca = Get-PxField $Params 'ca' 'string' $true
if ($ca -cnotmatch '\A[A-Za-z0-9._-]{1,253}\\[^"\\\x00-\x1f\x7f]{1,128}\z') { throw (New-PxError 'BadRequest' "'ca' must look like host\name of the authority.") }
return $ca
}
function Read-PxCertreq([string]$Op, $Params) {
Assert-PxFields $Params @('ca', 'template', 'request')
$ca = Read-PxAuthority $Params
$template = Get-PxField $Params 'template' 'string' $true
$request = Get-PxField $Params 'request' 'string' $true
if ($template -cnotmatch '\A[A-Za-z0-9._ -]{1,128}\z') { throw (New-PxError 'BadRequest' "'template' is not the name of a template.") }
if ($request -cnotmatch '\A[A-Za-z0-9+/=\r\n -]{1,100000}\z') { throw (New-PxError 'BadRequest' "'request' is not a PEM or base64 request.") }
return @{ Ca = $ca; Template = $template; Request = $request }
}
function Read-PxRetrieval([string]$Op, $Params) {
Assert-PxFields $Params @('ca', 'requestId')
$ca = Read-PxAuthority $Params
$number = Get-PxField $Params 'requestId' 'integer' $true
if ($number -lt 1 -or $number -gt 999999999) { throw (New-PxError 'BadRequest' "'requestId' is out of range.") }
return @{ Ca = $ca; RequestId = [int]$number }
}
function Invoke-PxProcess([string]$File, [string]$Arguments, [int]$Seconds) {
$start = New-Object System.Diagnostics.ProcessStartInfo($File, $Arguments)
$start.UseShellExecute = $false
$start.CreateNoWindow = $true
$start.RedirectStandardInput = $true
$start.RedirectStandardOutput = $true
$start.RedirectStandardError = $true
try { $process = [System.Diagnostics.Process]::Start($start) } catch { throw (New-PxError 'ExecutableFailed' ("$File cannot be started: " + (Get-PxCause $_).Message)) }
try {
$process.StandardInput.Close()
$output = $process.StandardOutput.ReadToEndAsync()
$errors = $process.StandardError.ReadToEndAsync()
if (-not $process.WaitForExit($Seconds * 1000)) {
try { $process.Kill() } catch { $null = $_ }
throw (New-PxError 'ExecutableFailed' "$File did not end within $Seconds s.")
}
return @{ Code = $process.ExitCode; Text = ($output.Result + $errors.Result) }
} finally { $process.Dispose() }
}
function Invoke-PxCertreqRun([string]$Before, [string]$After, [byte[]]$Content, [string]$Suffix) {
Assert-PxFolder
$base = Join-PxAgentPath ('certreq-' + [Guid]::NewGuid().ToString('N'))
try {
if ($Suffix -ne '') {
[void](Write-PxFile ($base + $Suffix) $Content $true)
$After = '"' + $base + $Suffix + '"'
}
$arguments = $Before + ' ' + $After + ' "' + $base + '.cer"'
$run = Invoke-PxProcess 'certreq' $arguments 180
$run['Certificate'] = ''
if ([System.IO.File]::Exists("$base.cer")) { $run['Certificate'] = $PxUtf8.GetString((Read-PxFile "$base.cer")).Trim() }
$run['Status'] = ''
$codes = [regex]::Matches($run.Text, '0x([89a-fA-F][0-9a-fA-F]{7})')
if ($codes.Count -gt 0) { $run['Status'] = $codes[$codes.Count - 1].Groups[1].Value.ToLowerInvariant() }
elseif ($run.Code -lt 0) { $run['Status'] = ([int]$run.Code).ToString('x8') }
return $run
} finally {
foreach ($ending in @('.req', '.inf', '.cer', '.rsp')) { if ([System.IO.File]::Exists($base + $ending)) { try { [System.IO.File]::Delete($base + $ending) } catch { $null = $_ } } }
}
}
function Invoke-PxCertreq([string]$Op, $Call) {
$run = Invoke-PxCertreqRun ('-submit -q -config "' + $Call.Ca + '" -attrib "CertificateTemplate:' + $Call.Template + '"') '' ($PxUtf8.GetBytes($Call.Request)) '.req'
$reply = [ordered]@{ disposition = 'denied' }
$number = [regex]::Match($run.Text, '(?m)^[^\r\n]*:\s*"?([0-9]{1,9})"?\s*\r?$')
if ($number.Success) { $reply['requestId'] = [int]$number.Groups[1].Value }
if ($run.Certificate -ne '') {
$reply['disposition'] = 'issued'
$reply['certificate'] = $run.Certificate
return $reply
}
if (-not $number.Success) { throw (New-PxError 'ExecutableFailed' ('certreq ended with ' + $run.Code + ': ' + $run.Text.Trim())) }
if ($run.Code -eq 0 -and $run.Status -eq '') { $reply['disposition'] = 'pending' }
$reply['message'] = $run.Text.Trim()
return $reply
}
function Invoke-PxRetrieval([string]$Op, $Call) {
$run = Invoke-PxCertreqRun ('-retrieve -q -config "' + $Call.Ca + '"') ([string]$Call.RequestId) $null ''
$reply = [ordered]@{ disposition = 'pending'; requestId = $Call.RequestId }
if ($run.Certificate -ne '') {
$reply['disposition'] = 'issued'
$reply['certificate'] = $run.Certificate
return $reply
}
if ($run.Status -eq '80094004') { $reply['disposition'] = 'unknown' }
elseif ($run.Status.StartsWith('80094')) { $reply['disposition'] = 'denied' }
elseif ($run.Status -ne '' -or $run.Code -ne 0) { throw (New-PxError 'ExecutableFailed' ('certreq ended with ' + $run.Code + ': ' + $run.Text.Trim())) }
$reply['message'] = $run.Text.Trim()
return $reply
}
function Read-PxSelfSigned([string]$Op, $Params) {
Assert-PxFields $Params @('domainNames', 'days', 'keySize', 'friendlyName', 'exportable')
$names = Get-PxField $Params 'domainNames' 'strings' $true
if ($names.Length -lt 1 -or $names.Length -gt 100) { throw (New-PxError 'BadRequest' "'domainNames' must hold 1 to 100 names.") }
foreach ($name in $names) { if ($name -cnotmatch '\A(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]{0,250}[A-Za-z0-9_])?\z') { throw (New-PxError 'BadRequest' "'domainNames' must hold domain names.") } }
if ($names[0].Length -gt 64) { throw (New-PxError 'BadRequest' 'The first name becomes the common name: at most 64 characters.') }
$days = Get-PxField $Params 'days' 'integer' $true
if ($days -lt 1 -or $days -gt 36500) { throw (New-PxError 'BadRequest' "'days' must be 1 to 36500.") }
$size = Get-PxField $Params 'keySize' 'integer' $true
if (@(1024, 2048, 4096) -notcontains $size) { throw (New-PxError 'BadRequest' "'keySize' must be 1024, 2048 or 4096.") }
$friendly = Get-PxField $Params 'friendlyName' 'string' $true
if ($friendly -cnotmatch '\A[^\x00-\x1f\x7f]{1,256}\z') { throw (New-PxError 'BadRequest' "'friendlyName' must be 1 to 256 characters, no control characters.") }
return @{ Names = $names; Days = [int]$days; Size = [int]$size; Friendly = $friendly; Exportable = (Get-PxField $Params 'exportable' 'boolean' $true) }
}
function ConvertTo-PxInf([string]$Text) { return '"' + $Text.Replace('%', '%%').Replace('"', '""') + '"' }
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
function New-PxSelfSigned([string]$Op, $Call) {
$run = Invoke-PxCertreqRun '-new -q -machine' '' (Get-PxPolicy $Call) '.inf'
if ($run.Code -ne 0 -or $run.Certificate -eq '') { throw (New-PxError 'ExecutableFailed' ('certreq ended with ' + $run.Code + ': ' + $run.Text.Trim())) }
$certificate = ConvertFrom-PxCertificate ($run.Certificate -replace '-----[^-]+-----|\s', '') 'certificate'
$store = Open-PxStore 'My' 'ReadOnly, OpenExistingOnly'
try { $installed = Find-PxCertificate $store $certificate.Thumbprint } finally { $store.Close() }
if ($null -eq $installed -or -not $installed.HasPrivateKey) { throw (New-PxError 'ExecutableFailed' ('certreq has made ' + $certificate.Thumbprint + ", but the computer's store does not have it with its key.")) }
return [ordered]@{ raw = [System.Convert]::ToBase64String($certificate.RawData) }
}
function Read-PxDirectoryCall([string]$Op, $Params) {
Assert-PxFields $Params @('server')
$server = Get-PxField $Params 'server' 'string' $false
if ($null -eq $server) { $server = $PxAgent.Name }
if ($server -cnotmatch '\A[A-Za-z0-9-]{1,63}\z') { throw (New-PxError 'BadRequest' "'server' must be the short name of a server.") }
return $server
}
function Invoke-PxDirectoryCall([string]$Op, [string]$Server) { return (Get-PxInternalCertificate $Server) }
function Get-PxInternalCertificate([string]$Server) {
if (-not $PxAgent.Windows) { throw (New-PxError 'Internal' 'There is no directory on this host.') }
$prefix = 'LDAP://'
if ($PxAgent.Exchange.Role -eq 'Edge') {
$port = Get-PxRegistryValue ($PxAgent.Exchange.Key + '\EdgeTransportRole\AdamSettings\MSExchange') 'LdapPort'
if ($null -eq $port) { $port = 50389 }
$prefix = 'LDAP://localhost:' + $port + '/'
}
$root = $null; $base = $null; $searcher = $null
try {
$root = New-Object System.DirectoryServices.DirectoryEntry($prefix + 'RootDSE')
$context = [string]$root.Properties['configurationNamingContext'].Value
$base = New-Object System.DirectoryServices.DirectoryEntry($prefix + $context)
$searcher = New-Object System.DirectoryServices.DirectorySearcher($base)
$searcher.Filter = '(&(objectClass=msExchExchangeServer)(cn=' + $Server + '))'
[void]$searcher.PropertiesToLoad.Add('msExchServerInternalTLSCert')
$result = $searcher.FindOne()
$blob = $null
if ($null -ne $result -and $result.Properties['msexchserverinternaltlscert'].Count -gt 0) {
$blob = [System.Convert]::ToBase64String([byte[]]$result.Properties['msexchserverinternaltlscert'][0])
}
return [ordered]@{ blob = $blob }
} catch {
$cause = Get-PxCause $_
$class = 'Internal'
if ($PxAgent.Exchange.Role -eq 'Mailbox' -and @(-2147023570, -2147016672) -contains $cause.HResult) { $class = 'CredentialNeeded' }
throw (New-PxError $class ('The directory cannot be read: ' + $cause.Message))
} finally { foreach ($item in @($searcher, $base, $root)) { if ($null -ne $item) { $item.Dispose() } } }
}
function Read-PxTracking([string]$Op, $Params) {
Assert-PxFields $Params @('since', 'until', 'messageId')
$since = ConvertFrom-PxTime (Get-PxField $Params 'since' 'string' $true)
$until = ConvertFrom-PxTime (Get-PxField $Params 'until' 'string' $true)
if ($until -lt $since -or ($until - $since).TotalHours -gt 24) { throw (New-PxError 'BadRequest' "'until' must lie within 24 hours after 'since'.") }
$messageId = Get-PxField $Params 'messageId' 'string' $false
if ($null -ne $messageId -and $messageId -cnotmatch '\A<[!-;=?-~]{1,250}>\z') { throw (New-PxError 'BadRequest' "'messageId' must be a Message-ID in angle brackets.") }
return @{ Since = $since; Until = $until; MessageId = $messageId }
}
function Get-PxTracking([string]$Op, $Call) {
$counts = @{}
$start = $Call.Since
while ($start -lt $Call.Until) {
$end = $start + (New-TimeSpan -Minutes 5)
if ($end -gt $Call.Until) { $end = $Call.Until }
Add-PxTracked $counts $start $end $Call.MessageId
$start = $end
}
$events = New-Object System.Collections.ArrayList
foreach ($key in @($counts.Keys | Sort-Object)) {
$parts = ([string]$key).Split(' ')
[void]$events.Add([ordered]@{ eventId = $parts[0]; source = $parts[1]; count = [int]$counts[$key] })
}
return [ordered]@{ events = $events.ToArray() }
}
function Add-PxTracked($Counts, [DateTime]$Start, [DateTime]$End, [string]$MessageId) {
$splat = @{ Start = $Start.ToLocalTime(); End = $End.ToLocalTime(); ResultSize = 'Unlimited' }
if ($PxAgent.Exchange.Role -eq 'Mailbox') { $splat['Server'] = $PxAgent.Name }
if ($MessageId -ne '') { $splat['MessageId'] = $MessageId }
$found = Invoke-PxCmdlet @{ Cmdlet = 'Get-MessageTrackingLog'; Splat = $splat; Select = @('Timestamp', 'EventId', 'Source') }
foreach ($row in $found.objects) {
if ($null -eq $row['Timestamp']) { continue }
$at = ConvertFrom-PxTime ([string]$row['Timestamp'])
if ($at -lt $Start -or $at -ge $End) { continue }
$key = ([string]$row['EventId']).ToUpperInvariant() + ' ' + ([string]$row['Source']).ToUpperInvariant()
if ($key -cnotmatch '\A[A-Z_]{1,40} [A-Z_]{1,40}\z') { $key = 'OTHER OTHER' }
$Counts[$key] = 1 + [int]$Counts[$key]
}
}
function Read-PxEvents([string]$Op, $Params) {
Assert-PxFields $Params @('since', 'sources', 'ids', 'max')
$since = ConvertFrom-PxTime (Get-PxField $Params 'since' 'string' $true)
$sources = Get-PxField $Params 'sources' 'strings' $true
if ($sources.Length -lt 1 -or $sources.Length -gt 16) { throw (New-PxError 'BadRequest' "'sources' must hold 1 to 16 names.") }
foreach ($source in $sources) { if ($source -cnotmatch '\A[A-Za-z0-9 ._-]{1,128}\z') { throw (New-PxError 'BadRequest' 'A source is not a provider name.') } }
$ids = Get-PxField $Params 'ids' 'integers' $false
if ($null -ne $ids -and ($ids.Length -lt 1 -or $ids.Length -gt 20)) { throw (New-PxError 'BadRequest' "'ids' must hold 1 to 20 numbers.") }
$max = Get-PxField $Params 'max' 'integer' $false
if ($null -eq $max) { $max = 100 }
if ($max -lt 1 -or $max -gt 1000) { throw (New-PxError 'BadRequest' "'max' must be 1 to 1000.") }
return @{ Since = $since; Sources = $sources; Ids = $ids; Max = [int]$max }
}
function Get-PxEvents([string]$Op, $Call) {
$thread = [System.Threading.Thread]::CurrentThread
try { $thread.CurrentCulture = [System.Globalization.CultureInfo]::GetCultureInfo('en-US') } catch { $null = $_ }
try { return (Find-PxEvents $Call) } finally { try { $thread.CurrentCulture = $PxInvariant } catch { $null = $_ } }
}
function Find-PxEvents($Call) {
$records = New-Object System.Collections.ArrayList
if ($null -ne (Get-Command -Name Get-WinEvent -ErrorAction SilentlyContinue)) {
foreach ($source in $Call.Sources) {
$filter = @{ LogName = 'Application'; ProviderName = $source; StartTime = $Call.Since.ToLocalTime() }
if ($null -ne $Call.Ids) { $filter['Id'] = [int[]]$Call.Ids }
try { foreach ($record in @(Get-WinEvent -FilterHashtable $filter -MaxEvents $Call.Max -ErrorAction Stop)) { [void]$records.Add($record) } }
catch { if (([string]$_.FullyQualifiedErrorId) -notmatch '^(NoMatchingEventsFound|NoMatchingProvidersFound|LogsAndProvidersDontOverlap)') { throw } }
}
}
$events = New-Object System.Collections.ArrayList
foreach ($record in @($records | Sort-Object -Property TimeCreated | Select-Object -Last $Call.Max)) { if ($null -ne $record -and $null -ne $record.TimeCreated) { [void]$events.Add((ConvertTo-PxEvent $record)) } }
return [ordered]@{ events = $events.ToArray() }
}
function ConvertTo-PxEvent($Record) {
$level = 'Information'
if (@(1, 2) -contains [int]$Record.Level) { $level = 'Error' }
if ([int]$Record.Level -eq 3) { $level = 'Warning' }
$text = [string]$Record.Message
if ($text -eq '') { $text = @($Record.Properties | ForEach-Object { [string]$_.Value }) -join ' ' }
if ($text.Length -gt 4000) { $text = $text.Substring(0, 4000) }
return [ordered]@{ utc = (Format-PxTime $Record.TimeCreated); source = [string]$Record.ProviderName; id = [int]$Record.Id; level = $level; text = $text }
}
function Read-PxCall($Request) {
Assert-PxFields $Request @('id', 'op', 'params', 'fence', 'key')
$op = Get-PxField $Request 'op' 'string' $true
if (@($PxOperations.Keys) -cnotcontains $op) { throw (New-PxError 'UnknownOperation' 'This operation is not known.') }
$rule = $PxOperations[$op]
$params = Get-PxField $Request 'params' 'object' $true
$call = @{ Op = $op; Run = $rule.Run; Name = $op; Mutating = ($rule.Fence -eq 'required'); NeedsShell = $rule.Shell }
$call.Key = Get-PxField $Request 'key' 'string' $false
if ($null -ne $call.Key -and $call.Key -cnotmatch '\A[A-Za-z0-9._:-]{1,128}\z') { throw (New-PxError 'BadRequest' "'key' must be 1 to 128 letters, digits, dots, colons, hyphens or underscores.") }
$call.Fence = Get-PxField $Request 'fence' 'integer' $false
if ($null -ne $call.Fence -and ($call.Fence -lt 0 -or $call.Fence -gt 9007199254740991)) { throw (New-PxError 'BadRequest' "'fence' is out of range.") }
$call.Data = & $rule.Read $op $params
if ($op -ceq 'invoke') {
$call.Mutating = [bool]$call.Data.Rule.Mutating
$call.Name = 'invoke ' + $call.Data.Cmdlet.ToLowerInvariant()
}
$call.Fenced = ($call.Mutating -or $rule.Fence -eq 'checked')
if ($call.Mutating -and $null -eq $call.Fence) { throw (New-PxError 'FenceRequired' ($call.Name + ' needs a fence.')) }
return $call
}
function Invoke-PxOperation($Call) { return (& $Call.Run $Call.Op $Call.Data) }
function Open-PxChange {
Assert-PxFolder
return (Open-PxLock (Join-PxAgentPath 'change') 120 'Another process is still changing this host' 'Busy')
}
function Open-PxTurn($Call) {
if ($Call.Mutating) { return (Open-PxChange) }
Assert-PxFolder
return (Open-PxLock (Join-PxAgentPath 'files') 30 'Another process is still writing files')
}
function Invoke-PxChange($Call) {
$lock = Open-PxTurn $Call
try {
if ($null -ne $Call.Fence) { Update-PxFence $Call.Fence }
return (ConvertTo-PxJson (Invoke-PxOperation $Call))
} finally { $lock.Dispose() }
}
function Get-PxValueText($Call) {
if ($Call.Op -eq 'fence.raise') {
$lock = Open-PxChange
try { return (ConvertTo-PxJson (Invoke-PxOperation $Call)) } finally { $lock.Dispose() }
}
if (-not $Call.Fenced) { return (ConvertTo-PxJson (Invoke-PxOperation $Call)) }
if ($null -ne $Call.Fence) { Update-PxFence $Call.Fence }
if ($null -eq $Call.Key) { return (Invoke-PxChange $Call) }
Assert-PxFolder
$path = Get-PxReplyPath $Call.Key
$lock = $null
try {
$lock = Open-PxLock "$path.lock" 600 'A call with this key is still running'
$stored = Read-PxStoredReply $path $Call.Name
if ($null -ne $stored) { return $stored }
$text = Invoke-PxChange $Call
try { [void](Write-PxFile $path ($PxUtf8.GetBytes($Call.Name + "`n" + $text + "`n")) $true) } catch { $null = $_ }
return $text
} finally { if ($null -ne $lock) { $lock.Dispose() } }
}
function Get-PxErrorText($Id, $Record) {
$cause = Get-PxCause $Record
if ($null -ne $cause.Data['PxReply']) { $reply = $cause.Data['PxReply'] } else { $reply = ConvertTo-PxErrorReply $Record 'Internal' }
if ($reply['message'].Length -gt 8000) { $reply['message'] = $reply['message'].Substring(0, 8000) }
return (ConvertTo-PxJson ([ordered]@{ id = $Id; ok = $false; error = $reply }))
}
function Send-PxLine([string]$Text) {
[System.Threading.Monitor]::Enter($PxWatched.SyncRoot)
try { $PxWatched.Id = $null; $PxWriter.Write($Text + "`n"); $PxWriter.Flush(); return $true } catch { return $false }
finally { [System.Threading.Monitor]::Exit($PxWatched.SyncRoot) }
}
try {
$null = Initialize-PxFolder
$null = Initialize-PxFacts
$PxGoOn = Send-PxLine (ConvertTo-PxJson (Get-PxFacts 'ready'))
} catch {
$null = Send-PxLine (Get-PxErrorText $null $_)
$PxGoOn = $false
}
while ($PxGoOn) {
$PxLine = $null
try { $PxLine = $PxReader.ReadLine() } catch { $PxLine = $null }
if ($null -eq $PxLine) { break }
if ($PxLine.Trim() -eq '') { continue }
$PxId = $null
try {
if ($PxLine.Length -gt $PxMaxLine -or $PxUtf8.GetByteCount($PxLine) -gt $PxMaxLine) { throw (New-PxError 'TooLarge' "A line may have $PxMaxLine bytes.") }
$PxRequest = ConvertFrom-PxLine $PxLine
$PxLine = $null
$PxNumber = Get-PxField $PxRequest 'id' 'integer' $true
if ($PxNumber -lt 1 -or $PxNumber -gt 9007199254740991) { throw (New-PxError 'BadRequest' "'id' is out of range.") }
$PxId = $PxNumber
$PxCall = Read-PxCall $PxRequest
if ($PxCall.NeedsShell) { $null = Close-PxDeadShell }
if ($PxCall.NeedsShell -and $null -eq $PxAgent.Shell) {
$PxGiven = $PxAgent.Credential
if ($PxCall.Op -eq 'shell.open' -and $null -ne $PxCall.Data) { $PxGiven = $PxCall.Data }
$PxCredential = $PxGiven
$PxFailure = $null
$PxOutput = $null
do { try { $PxOutput = . $PxLoadShell *>&1 } catch { $PxFailure = $_ } } while ($false)
$null = Complete-PxShell $PxOutput $PxFailure ($null -ne $PxGiven)
$PxAgent.Credential = $PxGiven
}
if ($PxCall.NeedsShell) { $PxWatched.Id = $PxId }
$PxText = Get-PxValueText $PxCall
$PxReplyLine = '{"id":' + $PxId + ',"ok":true,"value":' + $PxText + '}'
if ($PxUtf8.GetByteCount($PxReplyLine) -gt $PxMaxReply) { throw (New-PxError 'TooLarge' "The reply is longer than $PxMaxReply bytes.") }
} catch {
try { $PxReplyLine = Get-PxErrorText $PxId $_ }
catch { $PxReplyLine = ConvertTo-PxJson ([ordered]@{ id = $PxId; ok = $false; error = [ordered]@{ class = 'Internal'; message = 'The error cannot be shown.' } }) }
}
$PxRequest = $null
$PxCall = $null
$PxOutput = $null
$Error.Clear()
$PxGoOn = Send-PxLine $PxReplyLine
}
if ($null -ne $PxAgent.Session -and (Test-PxFarEnd $PxAgent.Session)) { try { Remove-PSSession -Session $PxAgent.Session } catch { $null = $_ } }

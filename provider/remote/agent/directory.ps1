# ---- directory --------------------------------------------------------------------------------------------------

function Read-PxDirectoryCall([string]$Op, $Params) {
    Assert-PxFields $Params @('server')
    $server = Get-PxField $Params 'server' 'string' $false
    if ($null -eq $server) { $server = $PxAgent.Name }
    if ($server -cnotmatch '\A[A-Za-z0-9-]{1,63}\z') { throw (New-PxError 'BadRequest' "'server' must be the short name of a server.") }
    return $server
}

function Invoke-PxDirectoryCall([string]$Op, [string]$Server) { return (Get-PxInternalCertificate $Server) }

# The stored certificate of a server object: AD LDS on an Edge, Active Directory on a Mailbox server.
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
        # The name was checked to have letters, digits and hyphens only.
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
        # Logon failure, operations error: how a directory answers a logon without network credentials.
        if ($PxAgent.Exchange.Role -eq 'Mailbox' -and @(-2147023570, -2147016672) -contains $cause.HResult) { $class = 'CredentialNeeded' }
        throw (New-PxError $class ('The directory cannot be read: ' + $cause.Message))
    } finally { foreach ($item in @($searcher, $base, $root)) { if ($null -ne $item) { $item.Dispose() } } }
}

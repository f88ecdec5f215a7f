# ---- Exchange's shell -------------------------------------------------------------------------------------------

# Dot-sourced by the main loop, never called: what Exchange's scripts define must stay visible to every later call.
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
            # A statement that fails in this script would be passed over in a shell of its own; inside a try it ends the script.
            # By then the snap-ins have brought the cmdlets: the record is kept for the case that they are not there.
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
            # No Exchange here: only useful where its cmdlets are there already, as modules for example.
            $PxAgent.Kind = 'snapin'
        }
    } finally { $ErrorActionPreference = 'Stop'; Set-StrictMode -Off; $PxCredential = $null }
}

# Codes that say "this logon has no network credentials": no such logon session, no logon servers, access denied, SEC_E_NO_CREDENTIALS.
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

# Judges what the bootstrap left behind.
function Complete-PxShell($Output, $Failure, [bool]$WithCredential) {
    $available = @(foreach ($name in @($PxCmdlets.Keys)) { Get-Command -Name $name -CommandType 'Cmdlet, Function' -ErrorAction SilentlyContinue | Select-Object -First 1 })
    $ready = @($available | Where-Object { $_.Name -eq 'Get-ExchangeCertificate' }).Count -gt 0
    # Where no Exchange is installed, whichever of its cmdlets are there already are the shell.
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

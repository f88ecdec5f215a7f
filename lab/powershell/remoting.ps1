# A Mailbox server's shell is always remote: a second PowerShell, whose functions are imported as Exchange's own are.

function global:Open-LabRemote {
    $instance = [System.Management.Automation.Runspaces.PowerShellProcessInstance]::new()
    $runspace = [runspacefactory]::CreateOutOfProcessRunspace([System.Management.Automation.Runspaces.TypeTable]::LoadDefaultTypeFiles(), $instance)
    $runspace.Open()
    $session = [System.Management.Automation.Runspaces.PSSession]::Create($runspace, 'Lab', $null)
    # the far end knows parameter blocks, not this script's variables
    $rules = ConvertTo-Json -InputObject $PxCmdlets -Depth 5 -Compress
    Invoke-Command -Session $session -ArgumentList $env:PX_LAB_STAGE, $rules, $PID, $env:PX_LAB_KIND, $env:PX_LAB_LOGON -ScriptBlock {
        param($stage, $rules, $agent, $kind, $logon)
        $env:PX_LAB_KIND = $kind
        $env:PX_LAB_LOGON = $logon
        . $stage -PxLabFar -PxLabAgent $agent
        Import-LabExchange (ConvertFrom-Json -InputObject $rules -AsHashtable)
    }
    return $session
}

function global:New-LabTransportError([string]$Message, [int]$Code) {
    $exception = [System.Management.Automation.Remoting.PSRemotingTransportException]::new($Message)
    $exception.ErrorCode = $Code
    return [System.Management.Automation.ErrorRecord]::new($exception, 'AccessDenied,PSSessionOpenFailed', 'OpenError', $null)
}

# How sshd says that the account logged on: its first word. A key brings no network credentials.
$env:PX_LAB_LOGON = 'password'
if ($env:SSH_USER_AUTH -and [System.IO.File]::Exists($env:SSH_USER_AUTH) -and [System.IO.File]::ReadAllText($env:SSH_USER_AUTH).StartsWith('publickey')) { $env:PX_LAB_LOGON = 'publickey' }
$env:PX_LAB_KIND = 'exchange'

function global:Connect-ExchangeServer {
    [CmdletBinding()] param([switch]$Auto, [string]$ClientApplication)
    if ($env:PX_LAB_LOGON -eq 'publickey') {
        $PSCmdlet.WriteError((New-LabTransportError 'Connecting to the remote server failed: Access is denied.' 5))
        return
    }
    $global:LabSession = Open-LabRemote
    $module = Import-PSSession -Session $global:LabSession -CommandName @($PxCmdlets.Keys) -DisableNameChecking -AllowClobber
    Import-Module -ModuleInfo $module -Global -DisableNameChecking
}

# WS-Management does not exist here: the same session by another way, for whoever has the password.
function global:New-PSSession {
    [CmdletBinding()] param([string]$ConfigurationName, [uri]$ConnectionUri, [string]$Authentication, [pscredential]$Credential)
    if ($ConfigurationName -ne 'Microsoft.Exchange' -or $Authentication -ne 'Kerberos' -or [string]$ConnectionUri -notmatch '\Ahttp://[^/]+/PowerShell/\z') { throw 'not how Exchange is reached' }
    try { $null = Invoke-Lab 'logon' @{ user = $Credential.UserName; password = $Credential.GetNetworkCredential().Password } }
    catch [PulumiExchange.Lab.LabFailure] { $PSCmdlet.ThrowTerminatingError((New-LabTransportError 'Connecting to the remote server failed: Access is denied.' 5)) }
    $env:PX_LAB_KIND = 'bare'
    return (Open-LabRemote)
}

# What of the script looks at Windows, asked in one process of the simulated Windows: role, version and policy for states of the registry, the working
# folder for states of the disk, and what netsh says of http.sys. Prints one line of JSON. PX_PARTS: the parts of the script; PX_ALIEN, PX_LINK,
# PX_OPEN: folders of somebody else, at the end of a link, and open to everybody; PX_WORK: the folder of an agent that runs.
$PxInvariant = [System.Globalization.CultureInfo]::InvariantCulture
$PxCulture = ''
foreach ($part in @('state', 'errors', 'json', 'requests', 'folder', 'files', 'fence', 'facts', 'certificates', 'services', 'certreq', 'removal')) { . ([System.IO.Path]::Combine($env:PX_PARTS, "$part.ps1")) }

$exchange = 'SOFTWARE\Microsoft\ExchangeServer'
$machine = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', 'Registry64')
function Get-Role([hashtable]$Keys) {
    try { $machine.DeleteSubKeyTree($exchange) } catch { $null = $_ }
    foreach ($name in $Keys.Keys) {
        $key = $machine.CreateSubKey("$exchange\$name")
        foreach ($value in $Keys[$name].Keys) { $key.SetValue($value, $Keys[$name][$value]) }
        $key.Dispose()
    }
    $found = Get-PxExchange
    return [ordered]@{ role = $found.Role; version = $found.Version; path = $found.Path }
}
$setup = @{ MsiProductMajor = 15; MsiProductMinor = 2; MsiBuildMajor = 1544; MsiBuildMinor = 4; MsiInstallPath = 'C:\V15\' }
$old = @{ MsiProductMajor = 14; MsiProductMinor = 3; MsiBuildMajor = 123; MsiBuildMinor = 4; MsiInstallPath = 'C:\V14\' }
$roles = [ordered]@{
    edge           = Get-Role @{ 'v15\Setup' = $setup; 'v15\EdgeTransportRole' = @{} }
    mailbox        = Get-Role @{ 'v15\Setup' = $setup; 'v15\MailboxRole' = @{}; 'v15\HubTransportRole' = @{}; 'v15\ClientAccessRole' = @{} }
    exchange2010   = Get-Role @{ 'v14\Setup' = $old; 'v14\HubTransportRole' = @{} }
    oldBesideNew   = Get-Role @{ 'v14\Setup' = $old; 'v14\EdgeTransportRole' = @{}; 'v15\Setup' = $setup; 'v15\MailboxRole' = @{} }
    toolsOnly      = Get-Role @{ 'v15\Setup' = $setup; 'v15\AdminTools' = @{} }
    setupBrokeOff  = Get-Role @{ 'v15\EdgeTransportRole' = @{} }
    withoutVersion = Get-Role @{ 'v15\Setup' = @{ MsiInstallPath = 'C:\V15\' }; 'v15\EdgeTransportRole' = @{} }
    none           = Get-Role @{}
}

# What a group policy says of scripts: the values of the computer's key and of the user's, null without the key.
$policyKey = 'SOFTWARE\Policies\Microsoft\Windows\PowerShell'
$user = [Microsoft.Win32.RegistryKey]::OpenBaseKey('CurrentUser', 'Registry64')
function Get-Policy($Computer, $Own) {
    foreach ($pair in @(@{ Hive = $machine; Values = $Computer }, @{ Hive = $user; Values = $Own })) {
        try { $pair.Hive.DeleteSubKeyTree($policyKey) } catch { $null = $_ }
        if ($null -eq $pair.Values) { continue }
        $key = $pair.Hive.CreateSubKey($policyKey)
        foreach ($value in $pair.Values.Keys) { $key.SetValue($value, $pair.Values[$value]) }
        $key.Dispose()
    }
    return Get-PxScriptPolicy
}
$signed = @{ EnableScripts = 1; ExecutionPolicy = 'AllSigned' }
$policies = [ordered]@{
    computer         = Get-Policy $signed @{ EnableScripts = 0 }
    user             = Get-Policy @{ ExecutionPolicy = 'Unrestricted' } $signed
    off              = Get-Policy $null @{ EnableScripts = 0; ExecutionPolicy = 'AllSigned' }
    onWithoutAPolicy = Get-Policy @{ EnableScripts = 1 } $signed
    none             = Get-Policy $null $null
}

function Get-Folder([string]$Path) {
    $env:PULUMI_EXCHANGE_FOLDER = $Path
    $PxAgent.FolderError = $null
    Initialize-PxFolder
    return [ordered]@{ path = $PxAgent.Folder; error = $PxAgent.FolderError }
}
# Who may write, by SID.
function Get-Access([string]$Path) {
    $rules = (Get-PxSecurity $Path $false).GetAccessRules($true, $true, [System.Security.Principal.SecurityIdentifier])
    $writing = [System.Security.AccessControl.FileSystemRights]'CreateFiles, CreateDirectories'
    return , @($rules | Where-Object { ($_.FileSystemRights -band $writing) -ne 0 } | ForEach-Object { $_.IdentityReference.Value } | Sort-Object -Unique)
}
$open = [ordered]@{ before = Get-Access $env:PX_OPEN; found = Get-Folder $env:PX_OPEN; after = Get-Access $env:PX_OPEN }
$folders = [ordered]@{ alien = Get-Folder $env:PX_ALIEN; link = Get-Folder $env:PX_LINK; open = $open; work = Get-Access $env:PX_WORK }

# a Mailbox server has bindings always
$PxAgent.Exchange = @{ Role = 'Mailbox' }
$netsh = 'no refusal'
try { Assert-PxUnbound ('A' * 40) } catch { $netsh = [string](Get-PxCause $_).Data['PxClass'] + ': ' + (Get-PxCause $_).Message }

$own = [System.Security.Principal.WindowsIdentity]::GetCurrent().User.Value
[Console]::Out.WriteLine((ConvertTo-PxJson ([ordered]@{ roles = $roles; policies = $policies; folders = $folders; netsh = $netsh; own = $own })))

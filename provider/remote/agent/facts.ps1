# ---- facts ------------------------------------------------------------------------------------------------------

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

# What a group policy says of scripts: it stands above -ExecutionPolicy. The computer's comes before the user's.
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

# Whether certificates with EC keys are taken, from the November 2024 security update on: a string, 1 where they are.
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
    # Without WMI: this counter starts with the machine. The present time would look like a restart to every new process.
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

# ---- far end ----------------------------------------------------------------------------------------------------

# On a Mailbox server every cmdlet runs at the far end of a remote session, whose process may die. A call then fails as soon as the
# transport says so, and the next one connects again.
$PxWatched = [hashtable]::Synchronized(@{ Id = $null; Session = $null; Watch = $null })

# The session behind the imported functions: the one made here, or the one that Exchange's own script keeps in its module.
function Get-PxSession {
    if ($null -ne $PxAgent.Session) { return $PxAgent.Session }
    $command = Get-Command -Name Get-ExchangeServer -CommandType Function -ErrorAction SilentlyContinue | Select-Object -First 1
    if ($null -eq $command -or $null -eq $command.Module) { return $null }
    return $command.Module.SessionState.PSVariable.GetValue('PSSession')
}

# PowerShell's own process transport goes on saying "opened" for a minute after its process has died: it waits for a farewell.
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

# In a thread of its own, because the main one waits for the far end and cannot be called back. Where the transport has not failed the call
# 8 s after the far end died, the agent ends: a call without a reply is unknown, and the client's next one starts another agent.
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

# Before a call: where the far end has died since the last one, Exchange's shell is to be loaded again.
function Close-PxDeadShell {
    if ($null -eq $PxAgent.Shell -or $null -eq $PxWatched.Session) { return }
    $session = Get-PxSession
    if ($null -eq $session -or (Test-PxFarEnd $session)) { return }
    # One that still counts as open would be waited for.
    if ([string]$session.Runspace.RunspaceStateInfo.State -ne 'Opened') { try { Remove-PSSession -Session $session } catch { $null = $_ } }
    $PxAgent.Session = $null
    $PxAgent.Shell = $null
    $PxWatched.Session = $null
}

# Whether a failure says that the far end or the way to it is gone: then nobody knows what the call did.
function Test-PxLost($Record) {
    $exception = $Record.Exception
    while ($null -ne $exception) {
        if ($exception -is [System.Management.Automation.Remoting.PSRemotingTransportException]) { return $true }
        $exception = $exception.InnerException
    }
    return ($null -ne $PxWatched.Session -and -not (Test-PxFarEnd $PxWatched.Session))
}

# ---- services ---------------------------------------------------------------------------------------------------

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

# Stops what depends on the service first, as Windows lists it: those that nothing running depends on come first.
function Stop-PxService($Controller) {
    foreach ($dependant in @($Controller.DependentServices)) {
        if ($null -ne $dependant -and [string]$dependant.Status -ne 'Stopped') { Stop-PxSingle $dependant }
    }
    Stop-PxSingle $Controller
}

function Stop-PxSingle($Controller) {
    # Stopping another one may have stopped this one meanwhile.
    $null = $Controller.Refresh()
    if ([string]$Controller.Status -eq 'Stopped') { return }
    if ([string]$Controller.Status -ne 'StopPending') { $null = $Controller.Stop() }
    Wait-PxService $Controller 'Stopped'
}

# Dependants are put back as they were, last stopped first; those in $KeepStopped stay stopped.
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

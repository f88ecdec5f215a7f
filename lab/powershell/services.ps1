# Windows' services: controllers as Get-Service gives them, with the lab's services behind them.

class LabService {
    [string]$ServiceName
    [System.ServiceProcess.ServiceControllerStatus]$Status
    [System.ServiceProcess.ServiceStartMode]$StartType
    [string[]]$Dependants
    LabService([string]$name) { $this.ServiceName = $name; $this.Read('status') }
    [void] Read([string]$verb) {
        try { $info = Invoke-Lab 'service' @{ verb = $verb; name = $this.ServiceName } }
        catch { throw [System.InvalidOperationException]::new("Cannot control $($this.ServiceName) service.", $_.Exception) }
        $this.ServiceName = $info.name
        $this.Status = $info.status
        $this.StartType = $info.startType
        $this.Dependants = @($info.dependants | ForEach-Object { $_.name })
    }
    [void] Refresh() { $this.Read('status') }
    [void] Pause() { $this.Read('suspend') }
    [void] Continue() { $this.Read('resume') }
    [void] Stop() { $this.Read('stop') }
    [void] Start() { $this.Read('start') }
    [void] WaitForStatus([System.ServiceProcess.ServiceControllerStatus]$wanted, [TimeSpan]$time) {
        $end = [DateTime]::UtcNow + $time
        while ($this.Status -ne $wanted) {
            if ([DateTime]::UtcNow -gt $end) { throw [System.TimeoutException]::new('Time out has expired and the operation has not been completed.') }
            Start-Sleep -Milliseconds 50
            $this.Read('status')
        }
    }
}
Update-TypeData -TypeName LabService -MemberType ScriptProperty -MemberName DependentServices -Value { foreach ($name in $this.Dependants) { [LabService]::new($name) } } -Force
function global:Get-Service {
    [CmdletBinding()] param([string]$Name)
    try { [LabService]::new($Name) }
    catch { $PSCmdlet.ThrowTerminatingError([System.Management.Automation.ErrorRecord]::new([System.InvalidOperationException]::new("Cannot find any service with service name '$Name'."), 'NoServiceFoundForGivenName', 'ObjectNotFound', $Name)) }
}

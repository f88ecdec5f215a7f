# Exchange's cmdlets: functions with real parameter blocks, made from the closed list of the script that comes after this one.

# The error record of a cmdlet that failed in the lab.
function global:New-LabErrorRecord($Reply) {
    $type = [string]$Reply.type -as [type]
    if ($null -ne $type -and $null -ne $type.GetConstructor([type[]]@([string]))) { $exception = $type::new([string]$Reply.message) }
    else { $exception = [Microsoft.Exchange.Data.LocalizedException]::new([string]$Reply.message) }
    return [System.Management.Automation.ErrorRecord]::new($exception, ([string]$Reply.fqid -split ',')[0], [string]$Reply.category, $null)
}

# What cmdlets print that nobody asked for.
function global:Write-LabNoise {
    Write-Verbose 'noise' -Verbose
    Write-Warning 'A newer version of the catalogue is at hand.'
    Write-Information 'noise' -InformationAction Continue
    Write-Host 'noise'
    Write-Debug 'noise'
    Write-Progress -Activity 'noise' -Status 'noise' -PercentComplete 50
    [Console]::WriteLine('noise')
}

# The common body of every cmdlet of the closed list.
function global:Invoke-LabCmdlet($Caller, [string]$Name, $Bound) {
    if ($env:PX_LAB_NOISE) { Write-LabNoise }
    $parameters = @{}
    foreach ($key in $Bound.Keys) { if (@('ErrorAction', 'WarningAction', 'Verbose') -notcontains $key) { $parameters[$key] = ConvertTo-LabValue $Bound[$key] } }
    try { $result = Invoke-Lab 'invoke' @{ cmdlet = $Name; parameters = $parameters; kind = $env:PX_LAB_KIND; logon = $env:PX_LAB_LOGON } }
    catch [PulumiExchange.Lab.LabFailure] {
        $reply = $_.Exception.Reply
        if ($reply.kind -eq 'PromptRefused') { $null = $Caller.ShouldContinue([string]$reply.message, 'Confirm') }
        $record = New-LabErrorRecord $reply
        # every other time terminating; else, as Exchange mostly does, the end of one object and not of the pipeline
        if ($reply.terminating) { $Caller.ThrowTerminatingError($record) }
        $Caller.WriteError($record)
        return
    }
    foreach ($warning in $result.warnings) { $Caller.WriteWarning([string]$warning) }
    foreach ($object in $result.objects) { $Caller.WriteObject((ConvertFrom-LabObject $object $Name)) }
}

$global:LabTypes = @{ string = 'string'; 'string?' = 'object'; list = 'object'; 'list?' = 'object'; bytes = 'byte[]'; secure = 'securestring'; boolean = 'bool'; switch = 'switch'; integer = 'int'; timespan = 'object'; path = 'string'; time = 'datetime' }

# $Cmdlets: cmdlet -> Parameters (name -> type of the protocol). A nullable string must stay null, and [string] would make it empty.
function global:Import-LabExchange($Cmdlets) {
    foreach ($name in $Cmdlets.Keys) {
        $rule = $Cmdlets[$name]
        $block = (@($rule.Parameters.Keys | Where-Object { $_ -ne 'Confirm' }) | ForEach-Object { "[$($global:LabTypes[$rule.Parameters[$_]])]`$$_" }) -join ', '
        $impact = 'Medium'
        if ($name -like 'Remove-*') { $impact = 'High' }
        $should = ''
        $ask = ''
        if ($rule.Parameters.ContainsKey('Confirm')) {
            $should = "SupportsShouldProcess = `$true, ConfirmImpact = '$impact'"
            $ask = "if (-not `$PSCmdlet.ShouldProcess('$name')) { return }"
        }
        $body = "[CmdletBinding($should)] param($block) begin { $ask; Invoke-LabCmdlet `$PSCmdlet '$name' `$PSBoundParameters }"
        Set-Item -Path "function:global:$name" -Value ([scriptblock]::Create($body))
    }
}

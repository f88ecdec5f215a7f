# ---- cmdlets ------------------------------------------------------------------------------------------------------

function Invoke-PxCmdlet($Call) {
    $command = Get-Command -Name $Call.Cmdlet -CommandType 'Cmdlet, Function' -ErrorAction SilentlyContinue | Select-Object -First 1
    if ($null -eq $command) { throw (New-PxError 'CommandNotFound' ($Call.Cmdlet + ' is not known to this shell.') '' ('CommandNotFoundException,' + $Call.Cmdlet) 'ObjectNotFound') }
    $splat = $Call.Splat
    $splat['ErrorAction'] = 'Stop'
    $failure = $null
    $output = $null
    # Functions of a module do not see the caller's preference and only write to the error stream, hence the merge.
    # A `break` without a loop of its own would end the agent's: it ends this one.
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

# An exception that carries the whole `error` object of a failed cmdlet.
function New-PxCmdletError($Record) {
    $class = 'CmdletFailed'
    if (Test-PxLost $Record) { $class = 'Internal' }
    elseif (Test-PxPrompt $Record) { $class = 'PromptRefused' }
    elseif ($Record.Exception -is [System.Management.Automation.CommandNotFoundException]) { $class = 'CommandNotFound' }
    $exception = New-Object System.Exception('The cmdlet failed.')
    $exception.Data['PxReply'] = ConvertTo-PxErrorReply $Record $class
    return $exception
}

# Newer builds list nothing in a shell that is not elevated; that must not read as "no certificates".
function Assert-PxCertificateList($Call, [int]$Count) {
    if ($Count -gt 0 -or $PxAgent.Elevated -or $Call.Cmdlet -ne 'Get-ExchangeCertificate') { return }
    $reply = [ordered]@{
        class    = 'CmdletFailed'
        message  = 'The shell is not elevated and lists no certificate.'
        fqid     = 'EmptyCertificateList,Get-ExchangeCertificate'
        category = 'PermissionDenied'
    }
    $exception = New-Object System.Exception('The certificate list is empty.')
    $exception.Data['PxReply'] = $reply
    throw $exception
}

function Invoke-PxCmdletCall([string]$Op, $Call) { return (Invoke-PxCmdlet $Call) }

# ---- errors -----------------------------------------------------------------------------------------------------

# An exception with the fields of a reply's `error`; empty ones are left out.
function New-PxError([string]$Class, [string]$Message, [string]$Type, [string]$Fqid, [string]$Category) {
    $exception = New-Object System.Exception($Message)
    $exception.Data['PxClass'] = $Class
    $exception.Data['type'] = $Type
    $exception.Data['fqid'] = $Fqid
    $exception.Data['category'] = $Category
    return $exception
}

# The exception that .NET threw, without the wrapper that PowerShell puts around method calls and property reads.
function Get-PxCause($Record) {
    $exception = $Record
    if ($Record -is [System.Management.Automation.ErrorRecord]) { $exception = $Record.Exception }
    while ($exception -is [System.Management.Automation.ExtendedTypeSystemException] -and $null -ne $exception.InnerException) {
        $exception = $exception.InnerException
    }
    return $exception
}

# A file error as FileFailed; errors that already have a class pass unchanged.
function ConvertTo-PxFileError($Record, [string]$What) {
    $cause = Get-PxCause $Record
    if ($null -ne $cause.Data['PxClass']) { return $cause }
    return (New-PxError 'FileFailed' ($What + ': ' + $cause.Message) ($cause.GetType().FullName))
}

function Test-PxPrompt($Record) {
    $exception = $Record.Exception
    # A missing mandatory parameter: PowerShell wants to ask for it, but it is the request that is wrong.
    if ($exception -is [System.Management.Automation.ParameterBindingException]) { return $false }
    while ($null -ne $exception) {
        if ($exception -is [System.Management.Automation.PSInvalidOperationException]) { return $true }
        if ($exception -is [System.Management.Automation.Host.HostException]) { return $true }
        $exception = $exception.InnerException
    }
    # At the far end of remoting the question stands inside a MethodInvocationException; the id still begins with what was thrown.
    if (([string]$Record.FullyQualifiedErrorId) -match '^(PSInvalidOperationException|HostException|PromptingException)(,|\z)') { return $true }
    return ((Get-PxInnerType $Record) -match 'Host\.(HostException|PromptingException)\z|\.PSInvalidOperationException\z')
}

# Type name of the exception at the far end of implicit remoting, else of the inner exception, else null.
function Get-PxInnerType($Record) {
    $exception = $Record.Exception
    if ($exception -is [System.Management.Automation.RemoteException] -and $null -ne $exception.SerializedRemoteException) {
        $names = @($exception.SerializedRemoteException.PSObject.TypeNames)
        if ($names.Count -gt 0) { return (([string]$names[0]) -replace '^Deserialized\.', '') }
    }
    if ($null -ne $exception -and $null -ne $exception.InnerException) { return $exception.InnerException.GetType().FullName }
    return $null
}

# The `error` object of a reply.
function ConvertTo-PxErrorReply($Record, [string]$DefaultClass) {
    $cause = Get-PxCause $Record
    $reply = [ordered]@{}
    $class = $cause.Data['PxClass']
    if ($null -ne $class) {
        $reply['class'] = [string]$class
        $reply['message'] = [string]$cause.Message
        foreach ($field in @('type', 'fqid', 'category')) {
            if ([string]$cause.Data[$field] -ne '') { $reply[$field] = [string]$cause.Data[$field] }
        }
        return $reply
    }
    $reply['class'] = $DefaultClass
    $reply['message'] = [string]$cause.Message
    $reply['type'] = $cause.GetType().FullName
    if ($Record -is [System.Management.Automation.ErrorRecord]) {
        $reply['fqid'] = [string]$Record.FullyQualifiedErrorId
        $reply['category'] = [string]$Record.CategoryInfo.Category
        $inner = Get-PxInnerType $Record
        if ($null -ne $inner) { $reply['inner'] = [string]$inner }
    }
    return $reply
}

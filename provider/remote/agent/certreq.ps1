# ---- certreq ----------------------------------------------------------------------------------------------------

function Read-PxAuthority($Params) {
    $ca = Get-PxField $Params 'ca' 'string' $true
    if ($ca -cnotmatch '\A[A-Za-z0-9._-]{1,253}\\[^"\\\x00-\x1f\x7f]{1,128}\z') { throw (New-PxError 'BadRequest' "'ca' must look like host\name of the authority.") }
    return $ca
}

function Read-PxCertreq([string]$Op, $Params) {
    Assert-PxFields $Params @('ca', 'template', 'request')
    $ca = Read-PxAuthority $Params
    $template = Get-PxField $Params 'template' 'string' $true
    $request = Get-PxField $Params 'request' 'string' $true
    if ($template -cnotmatch '\A[A-Za-z0-9._ -]{1,128}\z') { throw (New-PxError 'BadRequest' "'template' is not the name of a template.") }
    if ($request -cnotmatch '\A[A-Za-z0-9+/=\r\n -]{1,100000}\z') { throw (New-PxError 'BadRequest' "'request' is not a PEM or base64 request.") }
    return @{ Ca = $ca; Template = $template; Request = $request }
}

function Read-PxRetrieval([string]$Op, $Params) {
    Assert-PxFields $Params @('ca', 'requestId')
    $ca = Read-PxAuthority $Params
    $number = Get-PxField $Params 'requestId' 'integer' $true
    if ($number -lt 1 -or $number -gt 999999999) { throw (New-PxError 'BadRequest' "'requestId' is out of range.") }
    return @{ Ca = $ca; RequestId = [int]$number }
}

# The values have no quotes, and no backslash at the end: quoting them is enough.
function Invoke-PxProcess([string]$File, [string]$Arguments, [int]$Seconds) {
    $start = New-Object System.Diagnostics.ProcessStartInfo($File, $Arguments)
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    try { $process = [System.Diagnostics.Process]::Start($start) } catch { throw (New-PxError 'ExecutableFailed' ("$File cannot be started: " + (Get-PxCause $_).Message)) }
    try {
        # A child must not read the lines that are meant for the agent.
        $process.StandardInput.Close()
        $output = $process.StandardOutput.ReadToEndAsync()
        $errors = $process.StandardError.ReadToEndAsync()
        if (-not $process.WaitForExit($Seconds * 1000)) {
            try { $process.Kill() } catch { $null = $_ }
            throw (New-PxError 'ExecutableFailed' "$File did not end within $Seconds s.")
        }
        return @{ Code = $process.ExitCode; Text = ($output.Result + $errors.Result) }
    } finally { $process.Dispose() }
}

# Runs certreq with file names of its own and answers what it wrote: its exit code, its text, and the certificate where it wrote one.
function Invoke-PxCertreqRun([string]$Before, [string]$After, [byte[]]$Content, [string]$Suffix) {
    Assert-PxFolder
    $base = Join-PxAgentPath ('certreq-' + [Guid]::NewGuid().ToString('N'))
    try {
        if ($Suffix -ne '') {
            [void](Write-PxFile ($base + $Suffix) $Content $true)
            $After = '"' + $base + $Suffix + '"'
        }
        $arguments = $Before + ' ' + $After + ' "' + $base + '.cer"'
        $run = Invoke-PxProcess 'certreq' $arguments 180
        $run['Certificate'] = ''
        if ([System.IO.File]::Exists("$base.cer")) { $run['Certificate'] = $PxUtf8.GetString((Read-PxFile "$base.cer")).Trim() }
        # The last number of an error, in every language: 0x80094014. The exit code is the same number, where the system keeps it whole.
        $run['Status'] = ''
        $codes = [regex]::Matches($run.Text, '0x([89a-fA-F][0-9a-fA-F]{7})')
        if ($codes.Count -gt 0) { $run['Status'] = $codes[$codes.Count - 1].Groups[1].Value.ToLowerInvariant() }
        elseif ($run.Code -lt 0) { $run['Status'] = ([int]$run.Code).ToString('x8') }
        return $run
    } finally {
        foreach ($ending in @('.req', '.inf', '.cer', '.rsp')) { if ([System.IO.File]::Exists($base + $ending)) { try { [System.IO.File]::Delete($base + $ending) } catch { $null = $_ } } }
    }
}

function Invoke-PxCertreq([string]$Op, $Call) {
    $run = Invoke-PxCertreqRun ('-submit -q -config "' + $Call.Ca + '" -attrib "CertificateTemplate:' + $Call.Template + '"') '' ($PxUtf8.GetBytes($Call.Request)) '.req'
    $reply = [ordered]@{ disposition = 'denied' }
    # The first line ends in the number of the request, in every language.
    $number = [regex]::Match($run.Text, '(?m)^[^\r\n]*:\s*"?([0-9]{1,9})"?\s*\r?$')
    if ($number.Success) { $reply['requestId'] = [int]$number.Groups[1].Value }
    if ($run.Certificate -ne '') {
        $reply['disposition'] = 'issued'
        $reply['certificate'] = $run.Certificate
        return $reply
    }
    if (-not $number.Success) { throw (New-PxError 'ExecutableFailed' ('certreq ended with ' + $run.Code + ': ' + $run.Text.Trim())) }
    if ($run.Code -eq 0 -and $run.Status -eq '') { $reply['disposition'] = 'pending' }
    $reply['message'] = $run.Text.Trim()
    return $reply
}

# Denied is what the authority itself decided (certificate services: 80094xxx); anything else (RPC, access) says nothing of the request.
# 80094004, CERTSRV_E_PROPERTY_EMPTY: the authority has no request of this number.
function Invoke-PxRetrieval([string]$Op, $Call) {
    $run = Invoke-PxCertreqRun ('-retrieve -q -config "' + $Call.Ca + '"') ([string]$Call.RequestId) $null ''
    $reply = [ordered]@{ disposition = 'pending'; requestId = $Call.RequestId }
    if ($run.Certificate -ne '') {
        $reply['disposition'] = 'issued'
        $reply['certificate'] = $run.Certificate
        return $reply
    }
    if ($run.Status -eq '80094004') { $reply['disposition'] = 'unknown' }
    elseif ($run.Status.StartsWith('80094')) { $reply['disposition'] = 'denied' }
    elseif ($run.Status -ne '' -or $run.Code -ne 0) { throw (New-PxError 'ExecutableFailed' ('certreq ended with ' + $run.Code + ': ' + $run.Text.Trim())) }
    $reply['message'] = $run.Text.Trim()
    return $reply
}

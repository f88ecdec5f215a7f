# ---- certreq ----------------------------------------------------------------------------------------------------

function Read-PxCertreq([string]$Op, $Params) {
    Assert-PxFields $Params @('ca', 'template', 'request')
    $ca = Get-PxField $Params 'ca' 'string' $true
    $template = Get-PxField $Params 'template' 'string' $true
    $request = Get-PxField $Params 'request' 'string' $true
    if ($ca -cnotmatch '\A[A-Za-z0-9._-]{1,253}\\[^"\\\x00-\x1f\x7f]{1,128}\z') { throw (New-PxError 'BadRequest' "'ca' must look like host\name of the authority.") }
    if ($template -cnotmatch '\A[A-Za-z0-9._ -]{1,128}\z') { throw (New-PxError 'BadRequest' "'template' is not the name of a template.") }
    if ($request -cnotmatch '\A[A-Za-z0-9+/=\r\n -]{1,100000}\z') { throw (New-PxError 'BadRequest' "'request' is not a PEM or base64 request.") }
    return @{ Ca = $ca; Template = $template; Request = $request }
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

function Invoke-PxCertreq([string]$Op, $Call) {
    if ($null -ne $PxAgent.FolderError) { throw (New-PxError 'FileFailed' $PxAgent.FolderError) }
    $base = Join-PxAgentPath ('certreq-' + [Guid]::NewGuid().ToString('N'))
    try {
        [void](Write-PxFile "$base.req" ($PxUtf8.GetBytes($Call.Request)) $true)
        $arguments = '-submit -q -config "' + $Call.Ca + '" -attrib "CertificateTemplate:' + $Call.Template + '" "' + $base + '.req" "' + $base + '.cer"'
        $run = Invoke-PxProcess 'certreq' $arguments 180
        $reply = [ordered]@{ disposition = 'denied' }
        # The first line ends in the number of the request, in every language.
        $number = [regex]::Match($run.Text, '(?m)^[^\r\n]*:\s*"?([0-9]{1,9})"?\s*\r?$')
        if ($number.Success) { $reply['requestId'] = [int]$number.Groups[1].Value }
        if ([System.IO.File]::Exists("$base.cer")) {
            $reply['disposition'] = 'issued'
            $reply['certificate'] = $PxUtf8.GetString((Read-PxFile "$base.cer")).Trim()
            return $reply
        }
        if (-not $number.Success) { throw (New-PxError 'ExecutableFailed' ('certreq ended with ' + $run.Code + ': ' + $run.Text.Trim())) }
        if ($run.Code -eq 0 -and $run.Text -notmatch '0x80[0-9a-fA-F]{6}') { $reply['disposition'] = 'pending' }
        $reply['message'] = $run.Text.Trim()
        return $reply
    } finally {
        foreach ($suffix in @('.req', '.cer', '.rsp')) { if ([System.IO.File]::Exists($base + $suffix)) { try { [System.IO.File]::Delete($base + $suffix) } catch { $null = $_ } } }
    }
}

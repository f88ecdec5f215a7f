# ---- main loop ----------------------------------------------------------------------------------------------------

function Get-PxErrorText($Id, $Record) {
    $cause = Get-PxCause $Record
    if ($null -ne $cause.Data['PxReply']) { $reply = $cause.Data['PxReply'] } else { $reply = ConvertTo-PxErrorReply $Record 'Internal' }
    if ($reply['message'].Length -gt 8000) { $reply['message'] = $reply['message'].Substring(0, 8000) }
    return (ConvertTo-PxJson ([ordered]@{ id = $Id; ok = $false; error = $reply }))
}

# Whether the line went out; a closed pipe ends the agent.
function Send-PxLine([string]$Text) {
    [System.Threading.Monitor]::Enter($PxWatched.SyncRoot)
    try { $PxWatched.Id = $null; $PxWriter.Write($Text + "`n"); $PxWriter.Flush(); return $true } catch { return $false }
    finally { [System.Threading.Monitor]::Exit($PxWatched.SyncRoot) }
}

# An output that nobody takes would end up among the replies.
try {
    $null = Initialize-PxFolder
    $null = Initialize-PxFacts
    $PxGoOn = Send-PxLine (ConvertTo-PxJson (Get-PxFacts 'ready'))
} catch {
    $null = Send-PxLine (Get-PxErrorText $null $_)
    $PxGoOn = $false
}

while ($PxGoOn) {
    $PxLine = $null
    try { $PxLine = $PxReader.ReadLine() } catch { $PxLine = $null }
    if ($null -eq $PxLine) { break }
    if ($PxLine.Trim() -eq '') { continue }
    $PxId = $null
    try {
        if ($PxLine.Length -gt $PxMaxLine -or $PxUtf8.GetByteCount($PxLine) -gt $PxMaxLine) { throw (New-PxError 'TooLarge' "A line may have $PxMaxLine bytes.") }
        $PxRequest = ConvertFrom-PxLine $PxLine
        $PxLine = $null
        $PxNumber = Get-PxField $PxRequest 'id' 'integer' $true
        if ($PxNumber -lt 1 -or $PxNumber -gt 9007199254740991) { throw (New-PxError 'BadRequest' "'id' is out of range.") }
        $PxId = $PxNumber
        $PxCall = Read-PxCall $PxRequest
        if ($PxCall.NeedsShell) { $null = Close-PxDeadShell }
        if ($PxCall.NeedsShell -and $null -eq $PxAgent.Shell) {
            # A shell that is loaded again takes the credential that it was opened with.
            $PxGiven = $PxAgent.Credential
            if ($PxCall.Op -eq 'shell.open' -and $null -ne $PxCall.Data) { $PxGiven = $PxCall.Data }
            $PxCredential = $PxGiven
            $PxFailure = $null
            $PxOutput = $null
            # A stray `break` in Exchange's scripts would end the loop that it finds: this one, not ours.
            do { try { $PxOutput = . $PxLoadShell *>&1 } catch { $PxFailure = $_ } } while ($false)
            $null = Complete-PxShell $PxOutput $PxFailure ($null -ne $PxGiven)
            $PxAgent.Credential = $PxGiven
        }
        if ($PxCall.NeedsShell) { $PxWatched.Id = $PxId }
        $PxText = Get-PxValueText $PxCall
        $PxReplyLine = '{"id":' + $PxId + ',"ok":true,"value":' + $PxText + '}'
        if ($PxUtf8.GetByteCount($PxReplyLine) -gt $PxMaxReply) { throw (New-PxError 'TooLarge' "The reply is longer than $PxMaxReply bytes.") }
    } catch {
        try { $PxReplyLine = Get-PxErrorText $PxId $_ }
        catch { $PxReplyLine = ConvertTo-PxJson ([ordered]@{ id = $PxId; ok = $false; error = [ordered]@{ class = 'Internal'; message = 'The error cannot be shown.' } }) }
    }
    $PxRequest = $null
    $PxCall = $null
    $PxOutput = $null
    $Error.Clear()
    $PxGoOn = Send-PxLine $PxReplyLine
}

if ($null -ne $PxAgent.Session -and (Test-PxFarEnd $PxAgent.Session)) { try { Remove-PSSession -Session $PxAgent.Session } catch { $null = $_ } }

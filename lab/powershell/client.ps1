# One JSON line to the lab, one JSON line back.

# What the lab answers, as it is: an empty array stays one. Throws LabFailure for what the lab refused.
function global:Invoke-Lab([string]$What, [hashtable]$Rest = @{}) {
    $Rest['host'] = $global:LabHost
    $Rest['what'] = $What
    $Rest['pid'] = $PID
    $Rest['agent'] = $global:LabAgent
    $client = [System.Net.Sockets.TcpClient]::new('127.0.0.1', [int]$env:PX_LAB_PORT)
    try {
        $client.NoDelay = $true
        $stream = $client.GetStream()
        $writer = [System.IO.StreamWriter]::new($stream, [System.Text.UTF8Encoding]::new($false))
        $reader = [System.IO.StreamReader]::new($stream, [System.Text.UTF8Encoding]::new($false))
        $writer.Write((ConvertTo-Json -InputObject $Rest -Depth 12 -Compress) + "`n")
        $writer.Flush()
        $reply = ConvertFrom-Json -InputObject $reader.ReadLine() -DateKind String -Depth 50
    } finally { $client.Dispose() }
    if ($null -ne $reply.error) { throw [PulumiExchange.Lab.LabFailure]::new($reply.error) }
    Write-Output -InputObject $reply.value -NoEnumerate
}

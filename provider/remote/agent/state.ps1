# ---- state --------------------------------------------------------------------------------------------------------

$PxUtf8 = New-Object System.Text.UTF8Encoding($false)
$PxAgent = @{
    Windows = ([System.IO.Path]::DirectorySeparatorChar -eq '\')
    Core    = ($PSVersionTable.PSVersion.Major -ge 6)
    Culture = $PxCulture
    Shell   = $null
    Session = $null
    Credential = $null
    Folder  = $null
    FolderError = $null
    JsonOptions = @{}
}
if ((Get-Command ConvertFrom-Json -CommandType Cmdlet).Parameters.ContainsKey('DateKind')) { $PxAgent.JsonOptions['DateKind'] = 'String' }

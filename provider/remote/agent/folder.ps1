# ---- working folder ---------------------------------------------------------------------------------------------

function Get-PxFolderPath {
    $set = [Environment]::GetEnvironmentVariable('PULUMI_EXCHANGE_FOLDER')
    if (-not [string]::IsNullOrEmpty($set)) { return [System.IO.Path]::GetFullPath($set).TrimEnd('\', '/') }
    if ($PxAgent.Windows) { return [System.IO.Path]::Combine([Environment]::GetFolderPath('CommonApplicationData'), 'pulumi-exchange') }
    return [System.IO.Path]::Combine([Environment]::GetEnvironmentVariable('HOME'), '.pulumi-exchange')
}

# Creates the folder for administrators, SYSTEM and this account only, or checks the one that is there.
function Initialize-PxFolder {
    $PxAgent.Folder = ''
    try {
        $PxAgent.Folder = Get-PxFolderPath
        Assert-PxNoLink $PxAgent.Folder
        $new = -not [System.IO.Directory]::Exists($PxAgent.Folder)
        [void][System.IO.Directory]::CreateDirectory($PxAgent.Folder)
        if ($PxAgent.Windows) { Protect-PxFolder $PxAgent.Folder $new }
        elseif ($new) { $null = & chmod 700 $PxAgent.Folder }
        [void][System.IO.Directory]::CreateDirectory((Join-PxAgentPath 'replies'))
    } catch {
        $PxAgent.FolderError = (ConvertTo-PxFileError $_ 'The working folder cannot be used').Message
        return
    }
    # Another process may be at the same files; what stays is removed another time.
    try { Remove-PxOldFiles } catch { $null = $_ }
}

function Get-PxSecurity([string]$Path, [bool]$File) {
    if ($File) { $info = New-Object System.IO.FileInfo($Path) } else { $info = New-Object System.IO.DirectoryInfo($Path) }
    if ($PxAgent.Core) { return [System.IO.FileSystemAclExtensions]::GetAccessControl($info) }
    return $info.GetAccessControl()
}

function Protect-PxFolder([string]$Path, [bool]$New) {
    $sidType = [System.Security.Principal.SecurityIdentifier]
    $own = [System.Security.Principal.WindowsIdentity]::GetCurrent().User.Value
    $trusted = @('S-1-5-32-544', 'S-1-5-18', $own)
    $current = Get-PxSecurity $Path $false
    $owner = $current.GetOwner($sidType).Value
    # ProgramData lets every user create folders: one that somebody else prepared is not ours.
    if (-not $New -and $trusted -notcontains $owner) { throw (New-PxError 'FileFailed' "The working folder belongs to $owner.") }
    $foreign = @($current.GetAccessRules($true, $true, $sidType) | Where-Object { $trusted -notcontains $_.IdentityReference.Value })
    if ($current.AreAccessRulesProtected -and $foreign.Count -eq 0) { return }
    $security = New-Object System.Security.AccessControl.DirectorySecurity
    $security.SetAccessRuleProtection($true, $false)
    foreach ($sid in ($trusted | Select-Object -Unique)) {
        $identity = New-Object System.Security.Principal.SecurityIdentifier($sid)
        $rule = New-Object System.Security.AccessControl.FileSystemAccessRule($identity, 'FullControl', 'ContainerInherit, ObjectInherit', 'None', 'Allow')
        $security.AddAccessRule($rule)
    }
    $info = New-Object System.IO.DirectoryInfo($Path)
    if ($PxAgent.Core) { [System.IO.FileSystemAclExtensions]::SetAccessControl($info, $security) } else { $info.SetAccessControl($security) }
}

# The agent's own files: a name with a leading dot, which no request can name.
function Join-PxAgentPath([string]$Name) {
    $own = [System.IO.Path]::Combine($PxAgent.Folder, '.agent')
    return [System.IO.Path]::Combine($own, $Name)
}

# Stored replies are kept for seven days, what a dead process left half-written for one hour.
function Remove-PxOldFiles {
    $now = [DateTime]::UtcNow
    foreach ($file in [System.IO.Directory]::GetFiles((Join-PxAgentPath 'replies'))) {
        if (($now - [System.IO.File]::GetLastWriteTimeUtc($file)).TotalDays -gt 7) { try { [System.IO.File]::Delete($file) } catch { $null = $_ } }
    }
    foreach ($file in [System.IO.Directory]::GetFiles($PxAgent.Folder, '.tmp-*', [System.IO.SearchOption]::AllDirectories)) {
        if (($now - [System.IO.File]::GetLastWriteTimeUtc($file)).TotalHours -gt 1) { try { [System.IO.File]::Delete($file) } catch { $null = $_ } }
    }
}

function Assert-PxNoLink([string]$Full) {
    # Exists() follows a link that leads nowhere; its attributes can be read all the same.
    try { $attributes = [System.IO.File]::GetAttributes($Full) } catch {
        $cause = Get-PxCause $_
        if ($cause -is [System.IO.FileNotFoundException] -or $cause -is [System.IO.DirectoryNotFoundException]) { return }
        throw (ConvertTo-PxFileError $_ 'The path cannot be looked at')
    }
    if (($attributes -band [System.IO.FileAttributes]::ReparsePoint) -ne 0) { throw (New-PxError 'FileFailed' 'A link or junction stands in the path.') }
}

# Refuses whatever could lead out of the working folder, or to the agent's own files.
function Assert-PxPath([string]$Path) {
    $segments = $Path.Split('/')
    if ($Path.Length -gt 200 -or $segments.Length -gt 4) { throw (New-PxError 'NotAllowed' 'The path is too long.') }
    foreach ($segment in $segments) {
        if ($segment -cnotmatch '\A[A-Za-z0-9_][A-Za-z0-9._-]{0,99}\z' -or $segment.EndsWith('.')) {
            throw (New-PxError 'NotAllowed' 'The path has a part that is not allowed.')
        }
        if ($segment -match '\A(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|\z)') { throw (New-PxError 'NotAllowed' 'The path has a reserved name.') }
    }
}

# Without its folder the agent reads Exchange, and changes nothing.
function Assert-PxFolder { if ($null -ne $PxAgent.FolderError) { throw (New-PxError 'FileFailed' $PxAgent.FolderError) } }

# Full path of a checked name; refuses links on the way.
function Resolve-PxPath([string]$Path) {
    Assert-PxFolder
    Assert-PxNoLink $PxAgent.Folder
    if ($Path -eq '') { return $PxAgent.Folder }
    $full = $PxAgent.Folder
    foreach ($segment in $Path.Split('/')) {
        $full = [System.IO.Path]::Combine($full, $segment)
        Assert-PxNoLink $full
    }
    return $full
}

# The computer's certificate stores, keys and their access lists, with the lab's stores behind them.

class LabStore {
    [string]$Name
    [object[]]$Certificates
    [hashtable]$Facts = @{}
    LabStore([string]$name) {
        $this.Name = $name
        $entries = Invoke-Lab 'store' @{ name = $name }
        $this.Certificates = @(foreach ($entry in $entries) {
                $global:LabKeys[$entry.thumbprint] = $entry
                if ($null -eq $entry.key) { [System.Security.Cryptography.X509Certificates.X509Certificate2]::new([Convert]::FromBase64String($entry.raw)) }
                else { [System.Security.Cryptography.X509Certificates.X509Certificate2]::CreateFromPem($entry.pem, $entry.key) }
            })
    }
    [void] Add($certificate) { $null = Invoke-Lab 'store.add' @{ raw = [Convert]::ToBase64String($certificate.RawData) } }
    [void] Remove($certificate) { $null = Invoke-Lab 'store.remove' @{ thumbprint = $certificate.Thumbprint } }
    [void] Close() { }
    [void] Dispose() { }
}
$global:LabKeys = @{}
function global:Open-LabStore([string]$Name, [string]$Mode) { return [LabStore]::new($Name) }
Set-Alias -Name Open-PxStore -Value Open-LabStore -Scope Global
function global:Get-LabKey($Certificate) {
    $entry = $global:LabKeys[$Certificate.Thumbprint]
    return @{ Provider = $entry.provider; Name = $entry.providerName; Exportable = $entry.exportable; Files = @($Certificate.Thumbprint) }
}
Set-Alias -Name Get-PxKey -Value Get-LabKey -Scope Global
function global:Test-LabNetworkService([string[]]$Files) { return [bool]$global:LabKeys[$Files[0]].networkService }
Set-Alias -Name Test-PxNetworkService -Value Test-LabNetworkService -Scope Global

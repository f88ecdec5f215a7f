# Pester tests of the agent's pure functions, as PowerShell people read tests. The parts of the script are loaded as they are:
#   Invoke-Pester tests/powershell/agent.Tests.ps1

BeforeAll {
    $PxInvariant = [System.Globalization.CultureInfo]::InvariantCulture
    $PxCulture = 'en-US'
    $parts = Join-Path $PSScriptRoot '../../provider/remote/agent'
    foreach ($part in @('state', 'errors', 'json', 'requests', 'folder', 'parameters', 'projection', 'cmdlet', 'selfSigned')) { . (Join-Path $parts "$part.ps1") }
    $PxAgent.Folder = '/work'

    function Get-Class([scriptblock]$Block) {
        try { $null = & $Block; return 'none' } catch { return [string](Get-PxCause $_).Data['PxClass'] }
    }
    function Read([string]$Json) { ConvertFrom-PxLine $Json }
}

Describe 'ConvertTo-PxJson' {
    It 'writes <Json>' -ForEach @(
        @{ Value = $null; Json = 'null' }
        @{ Value = $true; Json = 'true' }
        @{ Value = 1.5; Json = '1.5' }
        @{ Value = [long]::MaxValue; Json = '9223372036854775807' }
        @{ Value = [double]::NaN; Json = 'null' }
        @{ Value = @(); Json = '[]' }
        @{ Value = @(1); Json = '[1]' }
        @{ Value = 'a"b\c'; Json = '"a\"b\\c"' }
        @{ Value = "line`nbreak"; Json = '"line\u000abreak"' }
        @{ Value = [string][char]0xd800; Json = '"\ud800"' }
        @{ Value = [ordered]@{ b = 1; a = @('x', $null) }; Json = '{"b":1,"a":["x",null]}' }
    ) { ConvertTo-PxJson $Value | Should -BeExactly $Json }

    It 'does not depend on the culture' {
        $thread = [System.Threading.Thread]::CurrentThread
        $before = $thread.CurrentCulture
        try { $thread.CurrentCulture = 'de-DE'; ConvertTo-PxJson @(1.5, [decimal]2.25) | Should -BeExactly '[1.5,2.25]' } finally { $thread.CurrentCulture = $before }
    }
}

Describe 'times' {
    It 'are written in UTC with milliseconds' {
        Format-PxTime ([DateTime]::new(2026, 12, 1, 8, 30, 0, [DateTimeKind]::Utc)) | Should -BeExactly '2026-12-01T08:30:00.000Z'
    }
    It 'are read back, with up to seven digits' { (ConvertFrom-PxTime '2026-12-01T08:30:00.1234567Z').Ticks % 10000000 | Should -Be 1234567 }
    It 'are refused as <Text>' -ForEach @(@{ Text = '2026-13-01T00:00:00Z' }, @{ Text = '2026-12-01' }, @{ Text = 'yesterday' }, @{ Text = '2026-12-01T08:30:00+01:00' }) {
        Get-Class { ConvertFrom-PxTime $Text } | Should -Be 'BadRequest'
    }
}

Describe 'a request line' {
    It 'that is <Line> is refused' -ForEach @(@{ Line = 'no json' }, @{ Line = '[{"id":1}]' }, @{ Line = '"text"' }, @{ Line = '{"id":' }) {
        Get-Class { Read $Line } | Should -Be 'BadRequest'
    }
    It 'keeps strings that look like dates' { Get-PxField (Read '{"a":"2026-12-01T08:30:00.000Z"}') 'a' 'string' $true | Should -BeExactly '2026-12-01T08:30:00.000Z' }
    It 'has its fields by exact case' { Get-Class { Get-PxField (Read '{"ID":1}') 'id' 'integer' $true } | Should -Be 'BadRequest' }
    It 'has no fraction in an integer' { Get-Class { Get-PxField (Read '{"id":1.5}') 'id' 'integer' $true } | Should -Be 'BadRequest' }
    It 'keeps an array of one an array' { , (Get-PxField (Read '{"a":["x"]}') 'a' 'strings' $true) | Should -BeOfType [System.Array] }
    It 'with a NUL in a string is refused' { Get-Class { Get-PxField (Read '{"a":"x\u0000"}') 'a' 'string' $true } | Should -Be 'BadRequest' }
}

Describe 'a path of the working folder' {
    It '<Path> is taken' -ForEach @(@{ Path = 'journal.jsonl' }, @{ Path = 'lease/42.json' }, @{ Path = 'a/b/c/d' }, @{ Path = 'x_1-2.3' }) {
        Get-Class { Assert-PxPath $Path } | Should -Be 'none'
    }
    It '<Path> is refused' -ForEach @(
        @{ Path = '../a' }, @{ Path = '/a' }, @{ Path = 'a\b' }, @{ Path = '.agent/fence' }, @{ Path = 'a/b/c/d/e' }, @{ Path = 'nul' }, @{ Path = 'COM1.txt' }
        @{ Path = 'a.' }, @{ Path = 'a:b' }, @{ Path = '' }, @{ Path = "a`n" }
    ) { Get-Class { Assert-PxPath $Path } | Should -Be 'NotAllowed' }
}

Describe 'a parameter' {
    It 'of type <Type> takes <Json>' -ForEach @(
        @{ Type = 'string'; Json = '"x"' }, @{ Type = 'string?'; Json = 'null' }, @{ Type = 'boolean'; Json = 'true' }, @{ Type = 'integer'; Json = '25' }
        @{ Type = 'bytes'; Json = '{"$bytes":"AQID"}' }, @{ Type = 'secure'; Json = '{"$secure":"geheim"}' }, @{ Type = 'timespan'; Json = '{"$timespan":90}' }
        @{ Type = 'list'; Json = '{"Add":["a"],"Remove":"b"}' }, @{ Type = 'list'; Json = '[]' }
    ) { Get-Class { ConvertTo-PxParameter (Read "{`"v`":$Json}").v $Type 'v' } | Should -Be 'none' }

    It 'of type <Type> refuses <Json>' -ForEach @(
        @{ Type = 'string'; Json = 'null' }, @{ Type = 'string'; Json = '1' }, @{ Type = 'boolean'; Json = '"true"' }, @{ Type = 'integer'; Json = '1.5' }
        @{ Type = 'bytes'; Json = '{"$bytes":"%"}' }, @{ Type = 'bytes'; Json = '"AQID"' }, @{ Type = 'timespan'; Json = '{"$timespan":-1}' }
        @{ Type = 'list'; Json = '{"add":["a"]}' }, @{ Type = 'list'; Json = '[["a"]]' }, @{ Type = 'list'; Json = '{"Add":[]}' }
    ) { Get-Class { ConvertTo-PxParameter (Read "{`"v`":$Json}").v $Type 'v' } | Should -Be 'BadRequest' }

    It 'of type secure is a read-only SecureString' {
        $value = ConvertTo-PxParameter (Read '{"v":{"$secure":"geheim"}}').v 'secure' 'v'
        $value | Should -BeOfType [System.Security.SecureString]
        $value.IsReadOnly() | Should -BeTrue
        [System.Net.NetworkCredential]::new('', $value).Password | Should -BeExactly 'geheim'
    }
}

Describe 'projection' {
    It 'gives <Expected>' -ForEach @(
        @{ Value = $null; Expected = $null }, @{ Value = 'x'; Expected = 'x' }, @{ Value = [DayOfWeek]::Monday; Expected = 'Monday' }, @{ Value = [byte[]](1, 2); Expected = 'AQI=' }
        @{ Value = [TimeSpan]::FromMinutes(10); Expected = '00:10:00' }, @{ Value = [DateTimeOffset]::new(2026, 1, 1, 1, 0, 0, [TimeSpan]::FromHours(1)); Expected = '2026-01-01T00:00:00.000Z' }
    ) { ConvertTo-PxPlain $Value 'Name' 0 | Should -Be $Expected }

    It 'keeps a list of one a list' { , (ConvertTo-PxPlain ([System.Collections.ArrayList]@('a')) 'Name' 0) | Should -BeOfType [System.Array] }
    It 'does not walk a dictionary' { ConvertTo-PxPlain @{ a = 1 } 'Name' 0 | Should -BeExactly 'System.Collections.Hashtable' }
    It 'takes a date without a kind for UTC where the name ends in Utc' {
        ConvertTo-PxPlain ([DateTime]::new(2026, 1, 1)) 'LastSynchronizedUtc' 0 | Should -BeExactly '2026-01-01T00:00:00.000Z'
    }
    It 'shows a getter that throws as null' {
        $object = [pscustomobject]@{} | Add-Member -MemberType ScriptProperty -Name Bad -Value { throw 'no' } -PassThru
        (Select-PxProperties $object @('Bad', 'Missing')).Values | Should -Be @($null, $null)
    }
    It 'names an enumeration that came over remoting as a number' {
        $value = [psobject]::AsPSObject(1)
        $value.PSObject.TypeNames.Insert(0, 'Deserialized.System.Enum')
        Add-Member -InputObject $value -MemberType ScriptMethod -Name ToString -Value { 'Normal' } -Force
        ConvertTo-PxPlain $value 'SyncStatus' 0 | Should -BeExactly 'Normal'
    }
}

Describe 'where' {
    BeforeAll {
        function Read-Where([string]$Json) { Read-PxInvoke 'invoke' (Read "{`"cmdlet`":`"Get-ExchangeCertificate`",`"parameters`":{},`"select`":[`"Name`"],`"where`":$Json}") }
        function Get-ExchangeCertificate { $listed }
        $PxCmdlets = @{ 'Get-ExchangeCertificate' = @{ Parameters = @{} } }
        $PxAgent.Elevated = $false
    }
    It 'keeps an array of one an array' {
        $call = Read-Where '{"Name":["one"]}'
        , $call.Where['name'] | Should -BeOfType [System.Array]
        $call.Where['name'] | Should -BeExactly @('ONE')
    }
    It 'that is <Json> is refused' -ForEach @(@{ Json = '{}' }, @{ Json = '[]' }, @{ Json = '{"Name":"one"}' }, @{ Json = '{"Name":[]}' }, @{ Json = '{"Name":[1]}' }, @{ Json = '{"a-b":["x"]}' }) {
        Get-Class { Read-Where $Json } | Should -Be 'BadRequest'
    }
    It 'finds an item of a list of one, and no list inside a list' {
        $object = [pscustomobject]@{ Names = [System.Collections.ArrayList]@('one'); Nested = @(, @('one', 'two')); Day = [DayOfWeek]::Monday; Nothing = $null }
        Test-PxWhere $object @{ Names = @('ONE') } | Should -BeTrue
        Test-PxWhere $object @{ Nested = @('ONE', 'ONE TWO') } | Should -BeFalse
        Test-PxWhere $object @{ Day = @('MONDAY') } | Should -BeTrue
        Test-PxWhere $object @{ Nothing = @('') } | Should -BeFalse
        Test-PxWhere $object $null | Should -BeTrue
    }
    It 'that leaves nothing is no empty list of certificates; a cmdlet that lists nothing is' {
        $listed = [pscustomobject]@{ Name = 'two' }
        @((Invoke-PxCmdlet (Read-Where '{"Name":["one"]}')).objects).Count | Should -Be 0
        $listed = $null
        $found = $null
        try { $null = Invoke-PxCmdlet (Read-Where '{"Name":["one"]}') } catch { $found = $_.Exception.Data['PxReply'].fqid }
        $found | Should -BeExactly 'EmptyCertificateList,Get-ExchangeCertificate'
    }
}

Describe 'a question' {
    It 'with the id <Id> is PromptRefused: <Asked>' -ForEach @(
        @{ Id = 'PSInvalidOperationException,Remove-X'; Asked = $true }, @{ Id = 'HostException,Remove-X'; Asked = $true }, @{ Id = 'InvalidOperation,Remove-X'; Asked = $false }
    ) {
        $record = [System.Management.Automation.ErrorRecord]::new([System.Exception]::new('x'), $Id, 'NotSpecified', $null)
        Test-PxPrompt $record | Should -Be $Asked
    }
    It 'is none where a mandatory parameter is missing' {
        function Test-Mandatory { [CmdletBinding()] param([Parameter(Mandatory)][string]$A) $A }
        try { Test-Mandatory -A $null } catch { Test-PxPrompt $_ | Should -BeFalse }
    }
}

Describe 'what certreq -new is told' {
    It 'is UTF-16 with its mark, one value a line, quotes and percent signs doubled' {
        $bytes = Get-PxPolicy @{ Names = @('mail.contoso.com', '*.contoso.com'); Days = 90; Size = 2048; Friendly = 'a "90 %"'; Exportable = $false }
        $bytes[0..1] | Should -Be @(255, 254)
        $lines = [System.Text.Encoding]::Unicode.GetString($bytes, 2, $bytes.Length - 2) -split "`r`n"
        foreach ($line in @('Subject = "CN=mail.contoso.com"', 'ValidityPeriodUnits = 90', 'FriendlyName = "a ""90 %%"""', 'Exportable = FALSE', '_continue_ = "dns=*.contoso.com&"')) { $lines | Should -Contain $line }
    }
}

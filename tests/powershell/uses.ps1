# What a script uses, by PowerShell's own parser: types, static members by type, members, commands, and syntax that 5.1 does not know. JSON.
param([string]$Script)
$tokens = $null
$errors = $null
$ast = [System.Management.Automation.Language.Parser]::ParseFile($Script, [ref]$tokens, [ref]$errors)
$types = [System.Collections.Generic.SortedSet[string]]::new()
$statics = [System.Collections.Generic.SortedSet[string]]::new()
$members = [System.Collections.Generic.SortedSet[string]]::new()
$commands = [System.Collections.Generic.SortedSet[string]]::new()
$own = [System.Collections.Generic.SortedSet[string]]::new()
$newer = [System.Collections.Generic.List[string]]::new()
foreach ($problem in $errors) { $newer.Add("line $($problem.Extent.StartLineNumber): $($problem.Message)") }
foreach ($token in $tokens) {
    if (@('QuestionQuestion', 'QuestionQuestionEquals', 'QuestionDot', 'QuestionLBracket', 'AndAnd', 'OrOr', 'QuestionMark') -contains [string]$token.Kind) { $newer.Add("line $($token.Extent.StartLineNumber): $($token.Text)") }
}
foreach ($node in $ast.FindAll({ $true }, $true)) {
    if ($node -is [System.Management.Automation.Language.TernaryExpressionAst] -or $node -is [System.Management.Automation.Language.PipelineChainAst]) { $newer.Add("line $($node.Extent.StartLineNumber): $($node.Extent.Text)") }
    if ($node -is [System.Management.Automation.Language.TypeExpressionAst] -or $node -is [System.Management.Automation.Language.TypeConstraintAst]) { [void]$types.Add(($node.TypeName.FullName -replace '\[\]$', '')) }
    if ($node -is [System.Management.Automation.Language.MemberExpressionAst] -and $node.Member -is [System.Management.Automation.Language.StringConstantExpressionAst]) {
        if (-not $node.Static) { [void]$members.Add($node.Member.Value) }
        # ::new is PowerShell's own, since 5.0
        elseif ($node.Expression -is [System.Management.Automation.Language.TypeExpressionAst] -and $node.Member.Value -ne 'new') { [void]$statics.Add("$($node.Expression.TypeName.FullName)::$($node.Member.Value)") }
    }
    if ($node -is [System.Management.Automation.Language.HashtableAst]) { foreach ($pair in $node.KeyValuePairs) { [void]$own.Add($pair.Item1.Extent.Text.Trim("'")) } }
    if ($node -is [System.Management.Automation.Language.AssignmentStatementAst] -and $node.Left -is [System.Management.Automation.Language.MemberExpressionAst]) { [void]$own.Add($node.Left.Member.Extent.Text) }
    if ($node -is [System.Management.Automation.Language.CommandAst]) {
        $name = $node.GetCommandName()
        if ($name -eq 'New-Object') { [void]$types.Add(($node.CommandElements[1].Extent.Text -replace '\(.*$', '')) }
        if ($name -and $name -notmatch '-Px') { foreach ($element in $node.CommandElements) { if ($element -is [System.Management.Automation.Language.CommandParameterAst]) { [void]$commands.Add("$name -$($element.ParameterName)") } } }
    }
}
ConvertTo-Json -Compress -InputObject ([ordered]@{ types = @($types); statics = @($statics); members = @($members); own = @($own); commands = @($commands); newer = @($newer) })

# Completion of pkg for PowerShell. Load it with: pkg completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName pkg -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    # The line up to the cursor: the tree lacks the spaces at its end, which say that a new word begins.
    $length = $cursorPosition - $commandAst.Extent.StartOffset
    $line = $commandAst.Extent.Text.PadRight($length).Substring(0, $length)
    & $commandAst.GetCommandName() __complete --line $line 2>$null | ForEach-Object {
        $value, $about = $_ -split "`t", 2
        if (-not $about) { $about = $value }
        # A bare `@name` would be a variable here.
        $text = if ($value.StartsWith('@')) { "'$value'" } else { $value }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $about)
    }
}

# Completion of pkg for fish. Load it with: pkg completion fish | source
function __pkg_complete
    set -l words (commandline -opc) (commandline -ct)
    $words[1] __complete -- $words[2..] 2>/dev/null
end
complete -c pkg -e
complete -c pkg -a '(__pkg_complete)'

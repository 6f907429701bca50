# Completion of pkg for fish. Load it with: pkg completion fish | source
function __pkg_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -l found ($program __complete -- $words[2..] 2>/dev/null)
    if set -q found[1]
        printf '%s\n' $found
    else
        __fish_complete_path $words[-1]
    end
end
complete -c pkg -e
complete -c pkg -f -a '(__pkg_complete)'

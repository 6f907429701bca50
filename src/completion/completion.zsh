#compdef pkg
# Completion of pkg for zsh. Load it with: source <(pkg completion zsh)
_pkg() {
    local -a values shown
    local value about
    while IFS=$'\t' read -r value about; do
        values+=("$value")
        shown+=("$value${about:+  -- $about}")
    done < <("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
    if (( ${#values} )); then
        compadd -l -d shown -a values
    else
        _files
    fi
}
if [[ ${funcstack[1]} == _pkg ]]; then
    _pkg "$@"
elif (( $+functions[compdef] )); then
    compdef _pkg pkg
fi

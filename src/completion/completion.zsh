#compdef pkg
# Completion of pkg for zsh. Load it with: source <(pkg completion zsh)
_pkg() {
    local -a values abouts words_here
    local program=${(Q)words[1]} value about line
    local -i width=0 index
    [[ $program == '~/'* ]] && program=$HOME/${program:2}
    words_here=("${(@Q)words[2,CURRENT]}")
    while IFS=$'\t' read -r value about; do
        values+=("$value")
        abouts+=("$about")
        (( width = ${#value} > width ? ${#value} : width ))
    done < <("$program" __complete -- "${(@)words_here}" 2>/dev/null)
    if (( ! ${#values} )); then
        _files
        return
    fi
    # Behind `KEY=` no space is to follow, so these are offered apart.
    local -a plain shown unfinished shown_unfinished
    for (( index = 1; index <= ${#values}; index++ )); do
        line=${(r:width:)values[index]}${abouts[index]:+  -- $abouts[index]}
        line=${line[1,COLUMNS-1]}
        if [[ $values[index] == *= ]]; then
            unfinished+=("$values[index]")
            shown_unfinished+=("$line")
        else
            plain+=("$values[index]")
            shown+=("$line")
        fi
    done
    compadd -l -d shown -a plain
    compadd -l -S '' -d shown_unfinished -a unfinished
}
if [[ ${funcstack[1]} == _pkg ]]; then
    _pkg "$@"
elif (( $+functions[compdef] )); then
    compdef _pkg pkg
fi

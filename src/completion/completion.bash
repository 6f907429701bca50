# Completion of pkg for bash. Load it with: source <(pkg completion bash)
_pkg_complete() {
    local line=${COMP_LINE:0:COMP_POINT} program values=() value
    read -r program _ <<<"$line"
    [[ $program == '~/'* ]] && program=$HOME/${program:2}
    while IFS=$'\t' read -r value _; do
        values+=("$value")
    done < <("$program" __complete --line "$line" 2>/dev/null)
    # What stands before a character that readline breaks words at is on the line already.
    local breaks=${COMP_WORDBREAKS//[[:space:]]/} kept="" rest=${line##*[[:space:]]}
    while [[ -n $rest ]]; do
        kept+=${rest:0:1}
        if [[ $breaks == *"${rest:0:1}"* ]]; then
            values=("${values[@]#"$kept"}")
            kept=""
        fi
        rest=${rest:1}
    done
    COMPREPLY=("${values[@]}")
    [[ ${#values[@]} -eq 1 && ${values[0]} == *= ]] && compopt -o nospace 2>/dev/null
    return 0
}
complete -o default -F _pkg_complete pkg

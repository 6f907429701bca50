# Completion of pkg for bash. Load it with: source <(pkg completion bash)
_pkg_complete() {
    local line=${COMP_LINE:0:COMP_POINT} words current values=() value
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    current=${words[-1]}
    while IFS=$'\t' read -r value _; do
        values+=("$value")
    done < <("${words[0]}" __complete -- "${words[@]:1}" 2>/dev/null)
    # What stands before a character that readline breaks words at is on the line already.
    local breaks=${COMP_WORDBREAKS//[[:space:]]/} kept="" rest=$current
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

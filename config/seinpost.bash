# Completion of seinpost for bash: the commands and options are those that the program itself lists.
_seinpost() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} program=${COMP_WORDS[0]}
    local names=() i=1 listed
    [ "$previous" != --config ] || { mapfile -t COMPREPLY < <(compgen -f -- "$word") && return; }
    while [ $i -lt "$COMP_CWORD" ]; do # the words of the command, without the general option
        case ${COMP_WORDS[i]} in
        --config) i=$((i + 1)) ;;
        -*) ;;
        *) names+=("${COMP_WORDS[i]}") ;;
        esac
        i=$((i + 1))
    done
    listed=$(LC_ALL=C.UTF-8 LANGUAGE=en "$program" help 2>/dev/null | sed -n 's/^  \([a-z-]\{1,\}\( [a-z-]\{1,\}\)\{0,1\}\)\(  .*\)\{0,1\}$/\1/p')
    if [ ${#names[@]} -eq 0 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(cut -d' ' -f1 <<<"$listed") --config --version help" -- "$word" | sort -u)
    elif [ ${#names[@]} -eq 1 ] && [[ $word != -* ]] && grep -q "^${names[0]} " <<<"$listed"; then
        mapfile -t COMPREPLY < <(compgen -W "$(sed -n "s/^${names[0]} //p" <<<"$listed")" -- "$word")
    elif [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(LC_ALL=C.UTF-8 LANGUAGE=en "$program" "${names[@]:0:2}" --help 2>/dev/null |
            sed -n 's/^  \(--[a-z-]*\).*/\1/p')" -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}
complete -o filenames -F _seinpost seinpost

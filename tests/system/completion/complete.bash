# bash complete.bash SCRIPT WORD...: what SCRIPT offers for the last WORD of a
# command line, a line each. Words are split as readline does: "=" is a word.
source "$1" || exit 1
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
COMP_LINE="$*"
COMP_POINT=${#COMP_LINE}
registered=$(complete -p rayd) || exit 1
function=${registered#*-F }
${function%% *} rayd "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\n' "${COMPREPLY[@]}"

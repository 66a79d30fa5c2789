# zsh -f complete.zsh SCRIPT LINE: what SCRIPT offers behind LINE, a line each.
# A second zsh on a terminal of its own completes; its compadd writes down what
# would be offered.
zmodload zsh/zpty || exit 77
offered=$(mktemp) || exit 1
zpty shell zsh -f -i
zpty -w shell "PS1= PS2= RPS1="
zpty -w shell "autoload -Uz compinit && compinit -u -D && source ${(q)1}"
zpty -w shell "OFFERED=$offered"
zpty -w shell 'compadd() {
  if [[ "${(j: :)@}" == (*\ |)-[OAD]\ * ]]; then
    builtin compadd "$@"
  else
    local -a found
    builtin compadd -O found "$@"
    print -rl -- $found >>$OFFERED
  fi
}'
# Printed in two parts, so that the echo of the command is not taken for it.
zpty -w shell 'finish() { print DO""NE }; zle -N finish; bindkey "^X" finish'
zpty -w shell 'print REA""DY'
zpty -r shell said '*READY*'
# The terminal itself knows neither key, should the editor not read it yet.
zpty -w -n shell "$2"$'\t'$'\C-x'
zpty -r shell said '*DONE*'
zpty -d shell
cat $offered
rm -f $offered

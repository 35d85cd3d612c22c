// What makes a shell complete nexusctl. The scripts only carry questions to nexusctl and its answers back, so they say
// nothing about commands and need no change when those change.
//
// They ask the nexusctl on the PATH, not the program that the line begins with: to press the Tab key after `./nexusctl`
// must not run something out of the current folder.

/** The hidden word that precedes a question: the shell's name and the words typed, see `answer`. */
export const completionWord = '__complete';

/** The answer that leaves it to the shell to complete a path, after the equals sign of a flag too. No candidate begins so. */
export const pathAnswer = ':path';

/** The script for each shell that there is one for. */
export const completionScripts = {
	// The line goes as it is: bash splits it at COMP_WORDBREAKS, which takes `--flag=value` to pieces.
	bash: `# Completes nexusctl and nxc in bash. Made by: nexusctl completion bash

_nexusctl() {
	mapfile -t COMPREPLY < <(command nexusctl ${completionWord} bash "\${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" </dev/null 2>/dev/null)
	if [[ \${COMPREPLY[0]-} == ${pathAnswer} ]]; then
		COMPREPLY=()
		compopt -o default
	fi
}

complete -F _nexusctl nexusctl nxc`,

	// Read as a whole by `source`, or as the body of the function from a folder of $fpath.
	zsh: `#compdef nexusctl nxc
# Completes nexusctl and nxc in zsh. Made by: nexusctl completion zsh

_nexusctl() {
	local -a answer
	answer=("\${(@f)$(command nexusctl ${completionWord} zsh "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" </dev/null 2>/dev/null)}")
	if [[ $answer[1] == ${pathAnswer} ]]; then
		[[ $PREFIX == --*=* ]] && compset -P 1 '*='
		_files
	elif [[ -n $answer[1] ]]; then
		answer=("\${(@)answer/$'\\t'/:}")
		_describe nexusctl answer
	fi
}

if [[ $funcstack[1] == _nexusctl ]]; then
	_nexusctl "$@"
else
	compdef _nexusctl nexusctl nxc
fi`,

	// What fish would complete after no command at all is paths.
	fish: `# Completes nexusctl and nxc in fish. Made by: nexusctl completion fish

function __nexusctl_complete
    set -l before (commandline --current-process --tokenize --cut-at-cursor)
    set -l current (commandline --current-token --cut-at-cursor)
    set -e before[1]
    set -l answer (command nexusctl ${completionWord} fish $before "$current" </dev/null 2>/dev/null)
    if test "$answer[1]" = ${pathAnswer}
        set -l flag (string match --regex '^--[^=]+=' -- "$current")
        for path in (complete --do-complete "'' "(string replace -- "$flag" '' "$current"))
            echo "$flag$path"
        end
    else if set -q answer[1]
        printf '%s\\n' $answer
    end
end

complete --command nexusctl --command nxc --no-files --arguments '(__nexusctl_complete)'`,
} as const;

export type Shell = keyof typeof completionScripts;

/** The names of the shells. */
export const shells = Object.keys(completionScripts) as Shell[];

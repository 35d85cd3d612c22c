// nexusctl completion
import {defineCommand, type Single} from '../cli/command.js';
import {completionScripts, shells, type Shell} from '../completion/scripts.js';

/** `nexusctl completion` */
export const completion: Single = {
	name: 'completion',
	aliases: [],
	command: defineCommand({
		summary: 'Print a script that makes a shell complete nexusctl and nxc',
		details: 'Commands, flags and the names of what there is are completed. Put the script where your shell looks for such, or source it where it starts.',
		arguments: [{name: 'SHELL', summary: 'The shell', choices: shells}],
		flags: {},
		examples: [
			'completion bash > /etc/bash_completion.d/nexusctl',
			'completion zsh > "$fpath[1]/_nexusctl"',
			'completion fish > ~/.config/fish/conf.d/nexusctl.fish',
		],
		async run({args: [shell]}) {
			const script = completionScripts[shell as Shell];
			return {data: {shell, script}, text: () => script};
		},
	}),
};

// nexusctl tui
import process from 'node:process';
import {defineCommand, type Noun, type Single} from '../cli/command.js';
import {UsageError} from '../cli/usage-error.js';
import {prepareInk} from '../output/ink.js';

/**
`nexusctl tui`

@param nouns The commands that can be typed in it.
*/
export const tui = (nouns: () => readonly Noun[]): Single => ({
	name: 'tui',
	aliases: [],
	command: defineCommand({
		summary: 'Open the terminal UI',
		details: 'Images, workspaces, VMs and jobs on one screen, as they are at any moment; ? shows its keys. Without arguments nexusctl opens it too, on a terminal.',
		arguments: [],
		flags: {plain: {type: 'boolean', summary: 'A line at a time, for screen readers'}},
		examples: ['tui', 'tui --plain'],
		async run({path, bus, flags: {plain}, person}) {
			if (!process.stdin.isTTY || !process.stdout.isTTY || process.env['TERM'] === 'dumb' || !person.canAnswer) {
				throw new UsageError('the terminal UI needs a terminal; scripts use the other commands, with --json', path);
			}

			prepareInk();
			const {openScreen} = await import('../app/open.js');
			await openScreen({bus, nouns: nouns().filter(({name}) => name !== 'tui'), plain});
			return {data: null, text: () => ''};
		},
	}),
});

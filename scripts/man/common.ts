// What all pages share.
import packageJson from '../../package.json' with {type: 'json'};
import type {Text} from './roff.js';

/** The name and version that a page is for. */
export const manualSource = `Nexus ${packageJson.version}`;

const pages = ['nexusctl(1)', 'org.workfort.Nexus1(5)', 'nexus.yaml(5)', 'nexusd(8)'];

/** The other pages of Nexus, and more. */
export const seeAlso = (own: string, ...others: readonly string[]): Text =>
	[...pages.filter(page => !page.startsWith(`${own}(`)), ...others].join(', ');

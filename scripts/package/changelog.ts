// The changelog in Debian's form, from CHANGELOG.md: a heading for each version, a bullet for each change.

type Release = {version: string; date: Date};

/**
Debian's form of a changelog.

@param markdown Its first heading is that of the release, whatever it says. Older ones are `## 1.2.3 - 2026-01-31`.
*/
export function debianChangelog(markdown: string, release: Release): string {
	const [, ...sections] = markdown.split(/^## /m);
	return sections.map((section, index) => {
		const [title, ...lines] = section.split('\n');
		return entry(index === 0 ? release : releaseOf(title!, release.date), changes(lines.join('\n')));
	}).join('\n');
}

function releaseOf(title: string, fallback: Date): Release {
	const match = /^(?<version>\S+)(?: - (?<date>\S+))?$/.exec(title.trim());
	if (!match) {
		throw new Error(`CHANGELOG.md: "## ${title}" is no heading such as "## 1.2.3 - 2026-01-31"`);
	}

	const {version, date} = match.groups!;
	return {version: version!.replace('-', '~'), date: date ? new Date(date) : fallback};
}

const entry = ({version, date}: Release, changes: string[]): string => `nexus (${version}) unstable; urgency=medium

${changes.flatMap(change => wrapped(change)).join('\n')}

 -- ${maintainer}  ${date.toUTCString().replace('GMT', '+0000')}
`;

/** Who answers for the package. */
export const maintainer = 'Nexus developers <nexus@workfort.invalid>';

// A bullet may go on in the lines below it; what stands outside of bullets introduces them.
const changes = (text: string): string[] =>
	text.split(/\n(?=- )|\n\n/).map(part => part.replace(/^\s*- /, '').replaceAll(/\s+/g, ' ').trim()).filter(Boolean);

function wrapped(change: string): string[] {
	const lines = [''];
	// Links are for browsers.
	for (const word of change.replaceAll(/\[([^\]]*)]\([^)]*\)/g, '$1').split(' ')) {
		const last = lines.at(-1)!;
		if (last !== '' && last.length + word.length > 70) {
			lines.push(word);
		} else {
			lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
		}
	}

	return lines.map((line, index) => `  ${index === 0 ? '*' : ' '} ${line}`);
}

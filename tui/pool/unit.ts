// The mount unit of a pool: what makes it be there again after a boot, and what tells later on who made it.

/** A btrfs in a file, and where it is mounted. */
export type Pool = {readonly file: string; readonly root: string};

const mark = '# Made by: nexusctl pool create. To be removed by: nexusctl pool delete';

/** The unit's text. `RequiredBy=` and not `WantedBy=` for nexusd: without its pool it must not fill the folder below. */
export const mountUnit = ({file, root}: Pool): string => `${mark}
[Unit]
Description=Pool of Nexus
Documentation=man:nexusctl(1)
Before=nexusd.service

[Mount]
What=${escape(file)}
Where=${escape(root)}
Type=btrfs
# The file's space is reserved: nothing that the pool frees is given back.
Options=loop,nodiscard,noatime

[Install]
WantedBy=local-fs.target
RequiredBy=nexusd.service
`;

/** The pool that a unit of `mountUnit` mounts; `undefined` for a unit that somebody else wrote. */
export function parseMountUnit(text: string): Pool | undefined {
	const lines = text.split('\n');
	const valueOf = (key: string): string | undefined => lines.find(line => line.startsWith(`${key}=`))?.slice(key.length + 1);
	const [file, root] = [valueOf('What'), valueOf('Where')];
	return lines[0] === mark && file && root ? {file: unescape(file), root: unescape(root)} : undefined;
}

/** Whether a unit can name a path: it is a line, whose ends count for nothing and whose last backslash joins the next one to it. */
export const isNameable = (file: string): boolean => !/\p{Cc}|^\s|\s$|\\$/u.test(file);

// A percent sign begins a specifier (systemd.unit(5)).
const escape = (path: string): string => path.replaceAll('%', '%%');
const unescape = (path: string): string => path.replaceAll('%%', '%');

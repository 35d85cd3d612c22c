// nexusd(8), with the options as nexusd itself describes them.
import {busName} from '../../dbus/paths.js';
import {
	daemonExamples, daemonOptions, daemonUsage, optionLabel,
} from '../../service/options.js';
import {defaultConfig, defaultConfigFile} from '../../src/config.js';
import {manualSource, seeAlso} from './common.js';
import {
	usageText, type Block, type Entry, type Page,
} from './roff.js';

/** The page on the daemon. */
export const daemonPage = (): Page => ({
	name: 'nexusd',
	section: 8,
	summary: 'keeper of disks for virtual machines',
	source: manualSource,
	manual: 'System Administration',
	sections: [
		{title: 'SYNOPSIS', blocks: [usageText(daemonUsage()), '`nexusd.service`', '`nexusd.socket`']},
		{title: 'DESCRIPTION', blocks: description},
		{title: 'OPTIONS', blocks: [{entries: optionEntries()}]},
		{title: 'STARTING AND STOPPING', blocks: life},
		{title: 'RELOADING', blocks: reloading},
		{title: 'SIGNALS', blocks: [{entries: signals}]},
		{title: 'EXIT STATUS', blocks: [{entries: exitStatus}]},
		{title: 'JOURNAL', blocks: journal},
		{title: 'ENVIRONMENT', blocks: [{entries: environment}]},
		{title: 'FILES', blocks: [{entries: files()}]},
		{title: 'EXAMPLES', blocks: [{example: daemonExamples.join('\n')}]},
		{title: 'SEE ALSO', blocks: [seeAlso('nexusd', 'systemctl(1)', 'journalctl(1)', 'busctl(1)')]},
	],
});

const optionEntries = (): Entry[] => Object.entries(daemonOptions).map(([name, option]) => ({
	term: usageText(optionLabel(name, option)),
	body: [`${option.summary[0]!.toUpperCase()}${option.summary.slice(1)}.`],
}));

const description: readonly Block[] = [
	`nexusd(8) keeps master images and the workspaces made from them, and serves both on D-Bus, as \`${busName}\`, and as
	a REST interface on a socket. An image is a root filesystem that was imported from a folder and never changes; a
	workspace is a writable snapshot of one, with a raw ext4 file in it that a virtual machine uses as its disk. nexusd
	runs no virtual machines; it keeps records of them, so that it is known what is attached where.`,
	'Users talk to it with nexusctl(1). What programs can ask of it is in org.workfort.Nexus1(5), its configuration in nexus.yaml(5).',
	`Anybody may look. To change something takes an action of polkit(8), which org.workfort.Nexus1(5) lists with each
	method. Without \`--user\` nexusd must be started as root.`,
];

const life: readonly Block[] = [
	`Nobody needs to start it. The first call to its name on the bus starts \`nexusd.service\`, as does the first connection
	to the socket of \`nexusd.socket\`. It tells systemd that it is ready when its name is owned and calls are answered.`,
	`When nobody needs it any more it ends: after \`idle_seconds\` of nexus.yaml(5) without a call, a job, a connection or a
	client that has subscribed. The next call starts it again. Where nobody would do that, as when it was started by hand, it
	stays.`,
	`At its start it finishes or undoes what an earlier one left half-done. A second nexusd with the same folder or database
	does not start.`,
	`A user's own nexusd, \`nexusd --user\`, serves the session bus, with folders below the user's home and no rights beyond
	the user's.`,
];

const reloading: readonly Block[] = [
	{example: 'systemctl reload nexusd'},
	`This reads the configuration anew. It fails with the reason when the file has a mistake; the configuration in use is
	kept then. What concerns the storage and the socket waits for the next start, and the journal says so.`,
];

const signals: readonly Entry[] = [
	{term: '`SIGTERM`, `SIGINT`', body: ['Cancel the imports that run, undo them, and stop.']},
	{term: '`SIGHUP`', body: ['Reads the configuration anew, as a reload does. A mistake is told in the journal alone.']},
];

const exitStatus: readonly Entry[] = [
	{term: '0', body: ['It was stopped, or nobody needed it any more.']},
	{term: '1', body: ['It failed, or the connection to the bus was lost. The last message in the journal says why.']},
	{term: '2', body: ['The command line is wrong.']},
];

const journal: readonly Block[] = [
	'Each message has a priority. Those on an operation carry fields beside the message:',
	{
		entries: [
			{term: '`NEXUS_OPERATION`', body: ['What was done, such as `create-workspace`.']},
			{term: '`NEXUS_OBJECT`', body: ['To what, such as `workspace alpha`.']},
			{term: '`NEXUS_CALLER`', body: ['For whom: the caller\'s name on the bus.']},
			{term: '`NEXUS_CALLER_UID`', body: ['The uid of that user.']},
		],
	},
	'All that was done for the user 1000:',
	{example: 'journalctl -u nexusd -o json NEXUS_CALLER_UID=1000'},
	'Where standard error does not lead to the journal, the messages alone go there.',
];

const environment: readonly Entry[] = [
	{term: '`DBUS_SYSTEM_BUS_ADDRESS`, `DBUS_SESSION_BUS_ADDRESS`', body: ['Where the buses are, when not where they usually are.']},
	{term: '`NOTIFY_SOCKET`, `WATCHDOG_USEC`', body: ['Where to tell systemd that it is ready, and how often that it is well; see sd_notify(3).']},
	{term: '`LISTEN_FDS`, `LISTEN_PID`', body: ['The sockets that systemd hands over; see sd_listen_fds(3).']},
	{term: '`XDG_CONFIG_HOME`, `XDG_DATA_HOME`, `XDG_STATE_HOME`, `XDG_RUNTIME_DIR`', body: ['With `--user`, where the folders are; see nexus.yaml(5).']},
];

function files(): Entry[] {
	const {storage: {workspaces, database}, http: {socket}} = defaultConfig('system');
	return [
		{term: `\`${defaultConfigFile('system')}\``, body: ['The configuration, see nexus.yaml(5).']},
		{term: `\`${workspaces}\``, body: ['The images and workspaces. The disk of each is `@NAME/rootfs.ext4`.']},
		{term: `\`${database}\``, body: ['What nexusd remembers of them.']},
		{term: `\`${socket}\``, body: ['The socket of the REST interface.']},
	];
}

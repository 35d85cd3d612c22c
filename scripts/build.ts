// Bundles the programs into `dist/`: one file each to start quickly, chunks for what a command loads late. Their manual
// pages go beside them.
import {existsSync} from 'node:fs';
import {
	chmod, copyFile, rename, rm, writeFile,
} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {licences} from './licences.js';
import {writeManPages} from './man-pages.js';

const root = new URL('../', import.meta.url);
const dist = new URL('dist/', root);
// Built beside and put in place whole, for those who start a program meanwhile.
const fresh = new URL('.cache/dist.new/', root);
const old = new URL('.cache/dist.old/', root);

await rm(fresh, {recursive: true, force: true});
const {metafile} = await build({
	absWorkingDir: fileURLToPath(root),
	entryPoints: {nexusd: 'service/nexusd.ts', nexusctl: 'tui/nexusctl.ts'},
	outdir: fileURLToPath(fresh),
	bundle: true,
	splitting: true,
	platform: 'node',
	format: 'esm',
	target: 'node20',
	jsx: 'automatic',
	// The first holds a native binary; the others are optional and never wanted.
	external: [
		'koffi',
		'usocket',
		'x11',
		'react-devtools-core',
		'@fastify/ajv-compiler',
		'@fastify/fast-json-stringify-compiler',
		'light-my-request',
	],
	banner: {
		// CommonJS packages inside the bundle expect what node gives them elsewhere.
		js: [
			'import {createRequire as nexusCreateRequire} from \'node:module\';',
			'const require = nexusCreateRequire(import.meta.url);',
			'const __dirname = import.meta.dirname;',
		].join('\n'),
	},
	// dbus-next reads other people's introspection with it, which nobody here asks for.
	alias: {xml2js: './scripts/no-xml.ts'},
	plugins: [{
		name: 'cells',
		setup({onResolve}) {
			onResolve({filter: /^@alcalzone\/ansi-tokenize$/}, ({importer}) =>
				importer.endsWith('/ink/build/output.js') ? {path: fileURLToPath(new URL('tui/app/cells.ts', root))} : undefined);
		},
	}],
	// Less to read at every start; names stay as they are.
	minifyWhitespace: true,
	minifySyntax: true,
	define: {'process.env.NODE_ENV': '"production"'},
	legalComments: 'none',
	// What went into the bundles, and brings its licence.
	metafile: true,
	logLevel: 'warning',
});
await writeFile(new URL('LICENSES', fresh), await licences(metafile));
await copyFile(new URL('node_modules/sql.js/dist/sql-wasm.wasm', root), new URL('sql-wasm.wasm', fresh));
await Promise.all(['nexusd.js', 'nexusctl.js'].map(async name => chmod(new URL(name, fresh), 0o755)));
await writeManPages(fileURLToPath(new URL('man/', fresh)));

await rm(old, {recursive: true, force: true});
if (existsSync(dist)) {
	await rename(dist, old);
}

await rename(fresh, dist);
await rm(old, {recursive: true, force: true});

import {existsSync} from 'node:fs';
import {
	appendFile, cp, mkdir, readdir, readFile, symlink,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import ts from 'typescript';
import {cleanupOf} from '../support/cleanup.js';
import {temporaryFolder} from '../support/folder.js';
import {run, type Run} from '../support/run.js';

const rooms = ['src', 'dbus', 'service', 'tui'] as const;
type Room = typeof rooms[number];

/** Where else each room may import from. */
const allowed: Readonly<Record<Room, readonly string[]>> = {
	src: [],
	dbus: [],
	service: ['src', 'dbus', 'package.json'],
	tui: ['dbus', 'package.json'],
};

type Import = {
	from: string;
	/** As it is written; `undefined` where it is computed. */
	specifier: string | undefined;
	/** The file of this project that is meant; `undefined` for a package. */
	to: string | undefined;
};

const imports = await readImports();

test('every room has files, and they import', t => {
	for (const room of rooms) {
		t.true(imports.some(({from}) => roomOf(from) === room), `${room} is empty`);
	}
});

test('every import can be followed', t => {
	t.deepEqual(imports.filter(({specifier}) => specifier === undefined), []);
	t.deepEqual(imports.filter(({to}) => to !== undefined && !existsSync(to)), []);
});

for (const room of rooms) {
	test(`${room} imports ${allowed[room].length > 0 ? `only ${allowed[room].join(', ')}` : 'no other room'}`, t => {
		const strangers = imports.filter(({from, to}) => roomOf(from) === room && to !== undefined && ![room, ...allowed[room]].includes(roomOf(to)));
		t.deepEqual(strangers.map(({from, to}) => `${from} → ${to}`), []);
	});
}

test('no file imports in a circle', t => {
	t.is(findCircle(graphOf(imports))?.join(' → '), undefined);
});

test('a circle would be found and named', t => {
	const edge = (from: string, to: string): Import => ({from, to, specifier: to});
	t.is(findCircle(graphOf([edge('a', 'b'), edge('a', 'c'), edge('b', 'd'), edge('c', 'd')])), undefined);
	t.deepEqual(findCircle(graphOf([edge('a', 'b'), edge('b', 'c'), edge('c', 'd'), edge('d', 'b')])), ['b', 'c', 'd', 'b']);
	t.deepEqual(findCircle(graphOf([edge('a', 'a')])), ['a', 'a']);
});

test('the bus library is known to dbus and service alone', t => {
	t.deepEqual(importersOf('dbus-next').filter(file => !['dbus', 'service'].includes(roomOf(file))), []);
	t.true(importersOf('dbus-next').length > 0);
});

test('the core knows no terminal', t => {
	const ofTerminals = ['react', 'ink', '@inkjs/ui', 'yoctocolors'].flatMap(name => importersOf(name));
	t.deepEqual(ofTerminals.filter(file => roomOf(file) === 'src'), []);
});

test('imports of every form are seen', t => {
	const source = `
		import a from './a.js';
		import type {B} from './b.js';
		import './c.js';
		export * from './d.js';
		export type {E} from './e.js';
		const f = await import('./f.js');
		type G = import('./g.js').G;
		import h = require('./h.js');
		const i = require('./i.js');
		const j = await import(name);
	`;
	t.deepEqual(specifiersIn('x.ts', source), [...['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map(name => `./${name}.js`), undefined]);
});

test('the generated files are what the XML says', async t => {
	t.deepEqual(await check(process.cwd()), {exitCode: 0, stdout: '', stderr: ''});
});

test('a stale generated file is noticed', async t => {
	const folder = await temporaryFolder(cleanupOf(t));
	await mkdir(path.join(folder, 'docs'));
	for (const name of ['package.json', 'scripts', 'dbus', 'service', 'src', 'docs/dbus-api.md', 'docs/openapi.json']) {
		// eslint-disable-next-line no-await-in-loop
		await cp(name, path.join(folder, name), {recursive: true});
	}

	await symlink(path.resolve('node_modules'), path.join(folder, 'node_modules'));
	await appendFile(path.join(folder, 'dbus/contract.ts'), '\n');
	const {exitCode, stderr} = await check(folder);
	t.is(exitCode, 1);
	t.is(stderr, 'dbus/contract.ts is not what the interface XML says: run npm run generate');
});

const check = async (folder: string): Promise<Run> =>
	run(process.execPath, ['--import', import.meta.resolve('tsx'), path.join(folder, 'scripts/generate.ts'), '--check']);

const roomOf = (file: string): string => file.split('/')[0]!;

const importersOf = (name: string): string[] =>
	imports.filter(({specifier}) => specifier === name || specifier?.startsWith(`${name}/`)).map(({from}) => from);

async function readImports(): Promise<Import[]> {
	const found: Import[] = [];
	for (const room of rooms) {
		// eslint-disable-next-line no-await-in-loop
		const names = await readdir(room, {recursive: true});
		for (const file of names.filter(name => /\.tsx?$/.test(name)).map(name => path.join(room, name))) {
			// eslint-disable-next-line no-await-in-loop
			const source = await readFile(file, 'utf8');
			found.push(...specifiersIn(file, source).map(specifier => ({from: file, specifier, to: specifier?.startsWith('.') ? resolve(file, specifier) : undefined})));
		}
	}

	return found;
}

/** All that a source imports, types and late imports included; `undefined` for what is computed. */
function specifiersIn(file: string, source: string): Array<string | undefined> {
	const found: Array<string | undefined> = [];
	const literal = (node: ts.Node | undefined): string | undefined => node && ts.isStringLiteralLike(node) ? node.text : undefined;
	const visit = (node: ts.Node): void => {
		if (ts.isImportDeclaration(node) || (ts.isExportDeclaration(node) && node.moduleSpecifier)) {
			found.push(literal(node.moduleSpecifier));
		} else if (ts.isExternalModuleReference(node)) {
			found.push(literal(node.expression));
		} else if (ts.isImportTypeNode(node)) {
			found.push(literal(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined));
		} else if (ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText() === 'require')) {
			found.push(literal(node.arguments[0]));
		}

		ts.forEachChild(node, visit);
	};

	visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true));
	return found;
}

// Sources name each other by what they would be compiled to.
function resolve(from: string, specifier: string): string {
	const to = path.join(path.dirname(from), specifier);
	return [to, to.replace(/\.js$/, '.ts'), to.replace(/\.js$/, '.tsx')].find(file => existsSync(file)) ?? to;
}

function graphOf(edges: Import[]): Map<string, string[]> {
	const graph = new Map<string, string[]>();
	for (const {from, to} of edges) {
		graph.set(from, [...graph.get(from) ?? [], ...(to === undefined ? [] : [to])]);
	}

	return graph;
}

function findCircle(graph: ReadonlyMap<string, string[]>): string[] | undefined {
	const done = new Set<string>();
	const visit = (file: string, way: string[]): string[] | undefined => {
		if (way.includes(file)) {
			return [...way.slice(way.indexOf(file)), file];
		}

		if (done.has(file)) {
			return undefined;
		}

		for (const next of graph.get(file) ?? []) {
			const circle = visit(next, [...way, file]);
			if (circle) {
				return circle;
			}
		}

		done.add(file);
		return undefined;
	};

	for (const file of graph.keys()) {
		const circle = visit(file, []);
		if (circle) {
			return circle;
		}
	}

	return undefined;
}

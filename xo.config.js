/** @type {import('xo').FlatXoConfig} */
export default [
	{
		ignores: ['dbus/contract.ts', 'dist'],
	},
	{
		rules: {
			// Names come from the domain: `dbus`, `ref`, `src` and `dir` are its words.
			'unicorn/prevent-abbreviations': 'off',
			// A comment may begin with a name, and names begin as they do.
			'capitalized-comments': 'off',
			// Node's emitter is typed, synchronous and what dbus-next and child processes use too.
			'unicorn/prefer-event-target': 'off',
			// `[...string]` is how a string becomes its characters.
			'unicorn/no-useless-spread': 'off',
			// A continuation is clearer than an async function called on the spot.
			'promise/prefer-await-to-then': 'off',
			// It asks for syntax that the compiler's `erasableSyntaxOnly` forbids.
			'@typescript-eslint/parameter-properties': 'off',
			// Column names, D-Bus names and header names are spelled as their worlds spell them.
			'@typescript-eslint/naming-convention': 'off',
		},
	},
	{
		files: ['test/**'],
		rules: {
			// One line that asks and asserts reads best there.
			'unicorn/no-await-expression-member': 'off',
		},
	},
];

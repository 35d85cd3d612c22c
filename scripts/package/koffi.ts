// The one package that is not in the bundle: koffi has a binary for each kind of machine.
import {existsSync} from 'node:fs';
import process from 'node:process';
import {at} from './sources.js';

/**
What koffi needs at run time on this machine, as paths in `node_modules`: no sources, and no binaries for others.

@throws Error when a file is not where koffi had it when this was written.
*/
export function koffiFiles(): string[] {
	const binary = `@koromix/koffi-linux-${process.arch}`;
	const files = [
		// The way of an `import` to the binary.
		...['package.json', 'index.js', 'src/koffi/index.js', 'src/koffi/src/static.js'].map(name => `koffi/${name}`),
		...['package.json', 'index.js', `linux_${process.arch}/koffi.node`].map(name => `${binary}/${name}`),
	];
	const missing = files.find(file => !existsSync(at(`node_modules/${file}`)));
	if (missing) {
		throw new Error(`node_modules/${missing} is missing: koffi has changed, and scripts/package/koffi.ts must follow`);
	}

	return files;
}

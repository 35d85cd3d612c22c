// Everything that nexusctl can do.
import type {Noun} from '../cli/command.js';
import {completion} from './completion.js';
import {doctor} from './doctor.js';
import {image} from './image.js';
import {pool} from './pool.js';
import {status} from './status.js';
import {tui} from './tui.js';
import {version} from './version.js';
import {vm} from './vm.js';
import {workspace} from './workspace.js';

/** The nouns in the order of the help. */
export const nouns: readonly Noun[] = [image, workspace, vm, pool, status, doctor, tui(() => nouns), version, completion];

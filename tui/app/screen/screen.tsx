// The whole screen, drawn from a session.
import {Box, useInput} from 'ink';
import {useEffect, useReducer, useRef} from 'react';
import {press} from '../press.js';
import type {Session} from '../session.js';
import {StrokeReader} from '../strokes.js';
import {keyOf} from '../view.js';
import {Detail} from './detail.js';
import {Dialog} from './dialog.js';
import {Footer} from './footer.js';
import {Header} from './header.js';
import {List} from './list.js';

/** Draws a session and hands it the keys. */
export function Screen({session}: {readonly session: Session}) {
	useSession(session);
	useStrokes(session);
	const {layout, view: {dialog}} = session;
	const isBeside = layout.list?.top === layout.detail?.top;
	return (
		<Box flexDirection='column' width={layout.columns} height={layout.rows}>
			<Header session={session}/>
			<Box flexGrow={1} flexDirection={isBeside ? 'row' : 'column'}>
				{layout.list && <List session={session} area={layout.list}/>}
				{layout.detail && <Detail session={session} area={layout.detail}/>}
			</Box>
			{dialog && layout.dialog && <Dialog dialog={dialog} area={layout.dialog}/>}
			<Footer session={session}/>
		</Box>
	);
}

/** Draws nothing, and hands a session the keys: what it shows is said elsewhere. */
export function Ears({session}: {readonly session: Session}) {
	useStrokes(session);
	return null;
}

// Draws anew whenever the session has changed.
function useSession(session: Session): void {
	const [, redraw] = useReducer((count: number) => count + 1, 0);
	useEffect(() => {
		session.on('change', redraw);
		// It may have changed before.
		redraw();
		return () => {
			session.off('change', redraw);
		};
	}, [session]);
}

// Hands keys, pastes and the mouse to the session.
function useStrokes(session: Session): void {
	const reader = useRef(new StrokeReader());
	const done = useRef(Promise.resolve());
	useInput((input, key) => {
		for (const stroke of reader.current.read(input, key)) {
			if (keyOf(stroke) === 'ctrl-c') {
				// Whatever is waited for.
				void press(session, stroke);
			} else {
				done.current = done.current.then(async () => press(session, stroke));
			}
		}
	});
}

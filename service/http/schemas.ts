// Words that the definitions of all routes share.
import * as z from 'zod';

/** An answer in JSON, as a route states it. */
export const json = <Schema extends z.ZodType>(description: string, schema: Schema) => ({description, content: {'application/json': {schema}}});

const problem = z.object({
	error: z.string().describe('What is wrong, and what to do.'),
}).meta({id: 'Error', description: 'Why a request failed.'});

const meanings = {
	400: 'The request is not valid.',
	403: 'You are not authorised to do this.',
	404: 'There is nothing of this name or id.',
	409: 'It exists already, or is in use.',
	503: 'The daemon is stopping, or has too much to do: try again.',
	507: 'No space is left.',
	default: 'Any other failure.',
} as const;

/** The failures that a route states, and that there may be others. */
export const problems = <Code extends keyof typeof meanings>(...codes: Code[]) =>
	Object.fromEntries([...codes, 'default' as const].map(code => [code, json(meanings[code], problem)])) as Record<Code | 'default', ReturnType<typeof json<typeof problem>>>;

export const nameForNew = z.string().describe('1 to 64 letters, digits, dots, underscores and dashes, beginning with a letter or digit.');

export const itemParameters = z.object({
	name_or_id: z.string().describe('Its name or its id. An id wins over a name that looks the same.'),
});

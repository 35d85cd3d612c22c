/** The command line is wrong; nothing was asked of anybody. */
export class UsageError extends Error {
	/** The words whose help tells how it is right: `ws create`, or nothing for that of the program. */
	readonly topic: string;

	constructor(message: string, topic: string) {
		super(message);
		this.topic = topic;
	}

	/** Where it is explained. */
	get hint(): string {
		return `See: nexusctl ${this.topic === '' ? '' : `${this.topic} `}--help`;
	}
}

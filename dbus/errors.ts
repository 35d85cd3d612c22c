// Error names on the bus.

export const errorPrefix = 'org.workfort.Nexus1.Error.';

/** The last words of Nexus's own error names. */
export const errorCodes = [
	'NotFound', 'AlreadyExists', 'Conflict', 'InvalidName', 'InvalidArgument', 'NoSpace', 'Unsupported', 'Io', 'Canceled',
] as const;

const busPrefix = 'org.freedesktop.DBus.Error.';

/** The errors of the D-Bus specification that Nexus answers with or meets. */
export const busErrors = {
	accessDenied: `${busPrefix}AccessDenied`,
	failed: `${busPrefix}Failed`,
	interactiveAuthorizationRequired: `${busPrefix}InteractiveAuthorizationRequired`,
	invalidArgs: `${busPrefix}InvalidArgs`,
	limitsExceeded: `${busPrefix}LimitsExceeded`,
	nameHasNoOwner: `${busPrefix}NameHasNoOwner`,
	noReply: `${busPrefix}NoReply`,
	propertyReadOnly: `${busPrefix}PropertyReadOnly`,
	serviceUnknown: `${busPrefix}ServiceUnknown`,
	unknownInterface: `${busPrefix}UnknownInterface`,
	unknownMethod: `${busPrefix}UnknownMethod`,
	unknownObject: `${busPrefix}UnknownObject`,
	unknownProperty: `${busPrefix}UnknownProperty`,
} as const;

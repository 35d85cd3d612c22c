// Configurations for a private bus, the demo's and the tests'.
import {fileURLToPath} from 'node:url';
import type {BusKind} from '../dbus/bus.js';

/**
The configuration of a bus that listens on a socket and starts no services; a system bus runs the policy that Nexus
installs, and those in the files that are named.
*/
export const busConfig = (kind: BusKind, socket: string, policies: readonly string[] = []): string => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>${kind}</type>
  <listen>${xmlText(address(socket))}</listen>
  <auth>EXTERNAL</auth>${kind === 'system' ? systemPolicy([nexusPolicy, ...policies]) : sessionPolicy}
</busconfig>
`;

// What every system bus says first: nobody may own or call anything but the bus, until a service's own file allows it.
const systemPolicy = (files: string[]): string => `
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>${files.map(file => `
  <include>${xmlText(file)}</include>`).join('')}`;

const nexusPolicy = fileURLToPath(new URL('../dbus/org.workfort.Nexus1.conf', import.meta.url));

const sessionPolicy = `
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
  </policy>`;

/** The address of a bus on a socket. All but some characters are written as the percent sign and two digits in it. */
export function address(socket: string): string {
	const escaped = [...new TextEncoder().encode(socket)].map(byte => {
		const character = String.fromCodePoint(byte);
		return /[-\w/.*]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
	});
	return `unix:path=${escaped.join('')}`;
}

function xmlText(text: string): string {
	return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

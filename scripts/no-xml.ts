// Stands for xml2js in the bundles: dbus-next makes one of each with every connection, and never uses them here.
/* eslint-disable @typescript-eslint/no-extraneous-class -- there is nothing for them to do */
export class Builder {}
export class Parser {}

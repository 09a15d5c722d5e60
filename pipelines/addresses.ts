/**
 * Addresses: what people write for a host or a URL -> what is spoken to, and what may be shown.
 */

/**
 * `localhost` is 127.0.0.1 here: the offline tasks may reach that address, by no other name.
 * A name that a certificate is checked against stays as it is.
 */
export function ownHost(host: string): string {
  return host.toLowerCase() === "localhost" ? "127.0.0.1" : host;
}

/** `http://localhost:8080/prod` -> `http://127.0.0.1:8080/prod`. */
export function withOwnHost(url: string): string {
  return url.replace(
    /^(http:\/\/)(localhost)(?=[:/?#]|$)/i,
    (_, scheme: string, host: string) => scheme + ownHost(host),
  );
}

/** SQLAlchemy's names of drivers stand behind a plus; MariaDB speaks MySQL's protocol. */
const mysqlScheme = /^(?:mysql|mariadb)(?:[+][a-z0-9_]+)?:\/\//i;

export function isMysqlUrl(text: string): boolean {
  return mysqlScheme.test(text);
}

/** The same address with the scheme `mysql`. */
export function plainMysqlUrl(text: string): string {
  return text.replace(mysqlScheme, "mysql://");
}

/**
 * Passwords of addresses, malformed ones too, give way to `***`: everything from a colon behind a
 * name up to the last `@` of the word. What is no password and looks like one is hidden as well,
 * but for the word itself, as it stands in advice.
 */
export function withoutPasswords(text: string): string {
  return text.replace(/(^|[\s'"`(=,/])([^\s'"`(=,/:]*):(?!\/\/|password@)[^\s'"`]*@/g, "$1$2:***@");
}

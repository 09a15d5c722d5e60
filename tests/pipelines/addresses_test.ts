import assert from "node:assert/strict";
import { isMysqlUrl, ownHost, withoutPasswords, withOwnHost } from "../../pipelines/addresses.ts";

Deno.test("localhost is 127.0.0.1, and nothing else is", () => {
  assert.equal(ownHost("localhost"), "127.0.0.1");
  assert.equal(ownHost("LocalHost"), "127.0.0.1");
  assert.equal(ownHost("localhost.example.com"), "localhost.example.com");
  assert.equal(
    withOwnHost("http://localhost:80/a?b=localhost"),
    "http://127.0.0.1:80/a?b=localhost",
  );
  assert.equal(withOwnHost("http://localhost"), "http://127.0.0.1");
  assert.equal(withOwnHost("http://localhosts/"), "http://localhosts/");
  // A certificate is for a name.
  assert.equal(withOwnHost("https://localhost:443"), "https://localhost:443");
});

Deno.test("the addresses of SQLAlchemy and MariaDB are MySQL's, others are not", () => {
  for (
    const scheme of [
      ...["mysql", "mysql+pymysql", "mysql+mysqldb", "mysql+mysqlconnector"],
      ...["mariadb", "mariadb+pymysql", "MySQL"],
    ]
  ) assert.ok(isMysqlUrl(`${scheme}://me@host/db`), scheme);
  for (const text of ["mysqlx://h/d", "mysql:/h/d", "postgres://h/d", "my/sql://"]) {
    assert.ok(!isMysqlUrl(text), text);
  }
});

Deno.test("no password is shown, however the address is malformed", () => {
  for (
    const address of [
      "mysql://me:hush@host/db",
      "mysql://me:hu:hush@host:3306/db",
      "mysql://me:hush@hush@host/db",
      "mysql://:hush@host/db",
      "mysql://me@corp:hush@host/db",
      "mysql:/me:hush@host/db",
      "mysql:me:hush@host/db",
      "me:hush@host/db",
      "http://me:hush%20@host:x/",
      "mysql+pymysql://me:hush/hush@host/db",
      "--source=mysql://me:hush@host/db",
      "KAFKA_BROKERS='SASL://me:hush@b:9092'",
    ]
  ) {
    const shown = withoutPasswords(`Cannot read ${address}, line 3: no`);
    assert.doesNotMatch(shown, /hush/, shown);
    assert.match(shown, /^Cannot read .*[*]{3}@.*line 3: no$/, shown);
  }
});

Deno.test("what has no password is shown as it is", () => {
  for (
    const text of [
      "Cannot connect at mysql://me@127.0.0.1:3306/db: Access denied for user 'me'@'host'",
      "at open (file:///srv/node_modules/mysql2@3.24.6/index.js:12:5)",
      "http://127.0.0.1:8080/prod and me@example.com",
      "must be mysql://user:password@host:port/database",
    ]
  ) assert.equal(withoutPasswords(text), text);
});

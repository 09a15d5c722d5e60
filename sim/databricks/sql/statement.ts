/**
 * Statement: the text of one Databricks SQL statement -> what is to be done, by its first words.
 *
 *   query       SELECT …, WITH …, VALUES …
 *   create      CREATE [OR REPLACE] TABLE|VIEW [IF NOT EXISTS] name [USING DELTA] AS query
 *   insert      INSERT INTO|OVERWRITE [TABLE] name [(columns)] query
 *   drop        DROP TABLE|VIEW|SCHEMA|DATABASE [IF EXISTS] name [CASCADE|RESTRICT]
 *   schema      CREATE SCHEMA|DATABASE [IF NOT EXISTS] name
 *   describe    DESCRIBE|DESC [TABLE] name
 *   show        SHOW TABLES|SCHEMAS|DATABASES [IN name]
 *   nothing     USE …, SET …: forgotten with the request, because no session outlives it
 */
import { significant, tokenize } from "../../../sql/dialect/mod.ts";
import { closing, isSymbol, isWord, type Token } from "../../../sql/dialect/tokens.ts";
import { notHere, type SqlError, syntaxError } from "../errors.ts";
import { partsAt, schemaName, type Session, type TableName, tableNameAt } from "./names.ts";

/** The tokens of a query, space and comments too, with their places in the whole statement. */
export type Query = readonly Token[];

export type Plan =
  | { kind: "query"; query: Query }
  | {
    kind: "create";
    what: "TABLE" | "VIEW";
    orReplace: boolean;
    ifNotExists: boolean;
    name: TableName;
    query: Query;
  }
  | { kind: "insert"; name: TableName; columns: string[]; overwrite: boolean; query: Query }
  | { kind: "drop"; what: "TABLE" | "VIEW"; ifExists: boolean; name: TableName }
  | { kind: "dropSchema"; ifExists: boolean; cascade: boolean; name: string }
  | { kind: "createSchema"; ifNotExists: boolean; name: string }
  | { kind: "describe"; name: TableName }
  | { kind: "show"; what: "TABLES" | "SCHEMAS"; of: string }
  | { kind: "nothing" };

/** @throws {SqlError} for a statement that has no such shape */
export function planOf(text: string, session: Session): Plan {
  const all = tokenize(text);
  const tokens = significant(all);
  const last = tokens.at(-1);
  if (!isSymbol(last, ";")) return new Reader(all, tokens, session).plan();
  return new Reader(all.filter((token) => token !== last), tokens.slice(0, -1), session).plan();
}

class Reader {
  readonly #all: readonly Token[];
  readonly #tokens: readonly Token[];
  readonly #session: Session;
  #at = 0;

  constructor(all: readonly Token[], tokens: readonly Token[], session: Session) {
    this.#all = all;
    this.#tokens = tokens;
    this.#session = session;
  }

  plan(): Plan {
    const [first] = this.#tokens;
    if (first === undefined) throw syntaxError("", { line: 1, column: 1 });
    const second = this.#tokens.find((token) => isSymbol(token, ";"));
    if (second !== undefined) throw syntaxError(";", second); // One request runs one statement.
    if (isWord(first, "select", "with", "values", "from") || isSymbol(first, "(")) {
      return { kind: "query", query: this.#query() };
    }
    if (this.#takes("create")) return this.#create();
    if (this.#takes("insert")) return this.#insert();
    if (this.#takes("drop")) return this.#drop();
    if (this.#takes("describe") || this.#takes("desc")) return this.#describe();
    if (this.#takes("show")) return this.#show();
    if (isWord(first, "use", "set")) return { kind: "nothing" };
    throw this.#unknown(first);
  }

  #unknown(first: Token): SqlError {
    const there =
      ("alter analyze begin cache call clear comment commit convert copy declare delete " +
        "deny execute explain fsck grant list merge msck optimize put refresh remove reorg repair " +
        "reset restore revoke rollback sync table truncate uncache undrop update vacuum").split(
          " ",
        );
    return isWord(first, ...there)
      ? notHere(`statements that begin with ${first.text.toUpperCase()} are left out`, first)
      : syntaxError(first.text, first);
  }

  #create(): Plan {
    const orReplace = this.#takes("or", "replace");
    if (isWord(this.#token, "temp", "temporary")) {
      throw notHere("a temporary view ends with its session, and each statement has its own");
    }
    if (this.#takes("schema") || this.#takes("database")) return this.#createSchema();
    const what = this.#takes("table") ? "TABLE" : this.#takes("view") ? "VIEW" : this.#fail();
    const ifNotExists = this.#takes("if", "not", "exists");
    const name = this.#name();
    if (this.#takes("using") && !this.#takes("delta")) throw notHere("only DELTA is kept");
    if (!this.#takes("as")) throw notHere("a table is made AS a query", this.#token ?? null);
    return { kind: "create", what, orReplace, ifNotExists, name, query: this.#query() };
  }

  #createSchema(): Plan {
    const ifNotExists = this.#takes("if", "not", "exists");
    return { kind: "createSchema", ifNotExists, name: this.#schema() };
  }

  #insert(): Plan {
    const overwrite = this.#takes("overwrite");
    if (!overwrite && !this.#takes("into")) this.#fail();
    this.#takes("table");
    const name = this.#name();
    const isList = isSymbol(this.#token, "(") &&
      !isWord(this.#tokens[this.#at + 1], "select", "with");
    const columns = isList ? this.#columns() : [];
    return { kind: "insert", name, columns, overwrite, query: this.#query() };
  }

  #columns(): string[] {
    const end = closing(this.#tokens, this.#at);
    const names = this.#tokens.slice(this.#at + 1, end).filter((token) => !isSymbol(token, ","));
    this.#at = end + 1;
    return names.map((token, at) => partsAt([token], 0)[0] ?? this.#fail(names[at]));
  }

  #drop(): Plan {
    if (this.#takes("schema") || this.#takes("database")) {
      const ifExists = this.#takes("if", "exists");
      const name = this.#schema();
      const cascade = this.#takes("cascade");
      this.#takes("restrict");
      this.#end();
      return { kind: "dropSchema", ifExists, cascade, name };
    }
    const what = this.#takes("table") ? "TABLE" : this.#takes("view") ? "VIEW" : this.#fail();
    const ifExists = this.#takes("if", "exists");
    const name = this.#name();
    this.#end();
    return { kind: "drop", what, ifExists, name };
  }

  #describe(): Plan {
    this.#takes("table");
    const name = this.#name();
    this.#end();
    return { kind: "describe", name };
  }

  #show(): Plan {
    const what = this.#takes("tables")
      ? "TABLES"
      : this.#takes("schemas") || this.#takes("databases")
      ? "SCHEMAS"
      : this.#fail();
    const isNamed = this.#takes("in") || this.#takes("from");
    const { catalog, schema } = this.#session;
    let of = what === "TABLES" ? schemaName(catalog, schema) : catalog;
    if (isNamed) of = what === "TABLES" ? this.#schema() : this.#parts().join(".");
    this.#end();
    return { kind: "show", what, of };
  }

  #query(): Query {
    const first = this.#token ?? this.#fail();
    return this.#all.slice(this.#all.indexOf(first));
  }

  #name(): TableName {
    const name = tableNameAt(this.#tokens, this.#at, this.#session) ?? this.#fail();
    this.#at += name.length;
    return name;
  }

  #schema(): string {
    const parts = this.#parts();
    return schemaName(parts.at(-2) ?? this.#session.catalog, parts.at(-1) ?? "");
  }

  #parts(): string[] {
    const parts = partsAt(this.#tokens, this.#at);
    if (parts.length === 0 || parts.length > 2) this.#fail();
    this.#at += parts.length * 2 - 1;
    return parts;
  }

  get #token(): Token | undefined {
    return this.#tokens[this.#at];
  }

  /** Takes these words, all or none. */
  #takes(...words: string[]): boolean {
    if (!words.every((word, ahead) => isWord(this.#tokens[this.#at + ahead], word))) return false;
    this.#at += words.length;
    return true;
  }

  #end(): void {
    if (this.#token !== undefined) this.#fail();
  }

  #fail(token = this.#token): never {
    const last = this.#tokens.at(-1);
    throw syntaxError(token?.text ?? "", token ?? last ?? { line: 1, column: 1 });
  }
}

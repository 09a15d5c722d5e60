/** What can be wrong with a template: its text, seen when it is loaded, or a value, seen in use. */

/** The template cannot be used at all; positions count from 1. */
export class TemplateSyntaxError extends Error {
  override readonly name = "TemplateSyntaxError";
  constructor(readonly reason: string, readonly line: number, readonly column: number) {
    super(`${reason} (line ${line}, column ${column})`);
  }
}

/** The template cannot go on with the values of this request. */
export class TemplateFailure extends Error {
  override readonly name = "TemplateFailure";
}

/** A text that should be JSON is none. */
export class JsonError extends TemplateFailure {}

/** The body of the request should be JSON and is none. */
export class BodyError extends TemplateFailure {}

/**
 * Template text -> its parts, once; what this language has and we do not is refused here, with
 * line and column.
 *
 * Blanks: `#set` takes those before it, if they follow another part at once; a directive takes
 * the rest of its line, if that is blank.
 *
 * Source: Apache Velocity 1.7, user guide; its answers to templates of ours.
 * Left out: #macro, #define, #evaluate, #parse, #include, which are refused.
 */
import type { Branch, Node, PrintedReference, Reference } from "./ast.ts";
import { Cursor } from "./cursor.ts";
import { ExpressionParser } from "./expressions.ts";

const refused = new Set(["macro", "define", "evaluate", "parse", "include"]);
const known = new Set([
  ...["set", "if", "elseif", "else", "end", "foreach", "break", "stop"],
  ...refused,
]);
const directiveAt = /#(?:([A-Za-z]+)(?![A-Za-z0-9_-])|\{([A-Za-z]+)\})/y;
const plainText = /[^$#\\]+/y;

/** @throws {TemplateSyntaxError} with the place. */
export function parseTemplate(text: string): Node[] {
  return new TemplateParser(new Cursor(text)).all();
}

interface Block {
  body: Node[];
  /** The directive that ended it; null at the end of the text. */
  ending: string | null;
}

class TemplateParser {
  readonly #cursor: Cursor;
  readonly #expressions: ExpressionParser;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
    this.#expressions = new ExpressionParser(cursor, (inner) => new TemplateParser(inner).all());
  }

  all(): Node[] {
    const { body, ending } = this.#block(new Set());
    if (ending === null) return body;
    throw this.#cursor.error(`#${ending} belongs to nothing`);
  }

  /** Up to one of the named directives, which is taken along; or to the end. */
  #block(endings: ReadonlySet<string>): Block {
    const cursor = this.#cursor;
    const writer = new BlockWriter();
    while (!cursor.isAtEnd) {
      const text = cursor.match(plainText);
      if (text !== null) {
        writer.text(text[0]);
        continue;
      }
      const backslashes = cursor.match(/\\+/y)?.[0] ?? "";
      const next = cursor.peek();
      if (next === "$") this.#dollar(writer, backslashes);
      else if (next === "#") {
        const ending = this.#hash(writer, backslashes, endings);
        if (ending !== null) return { body: writer.finish(), ending };
      } else writer.text(backslashes);
    }
    return { body: writer.finish(), ending: null };
  }

  #dollar(writer: BlockWriter, backslashes: string): void {
    const reference = this.#expressions.reference();
    if (reference !== null) {
      writer.part(printed(reference, backslashes.length));
      return;
    }
    this.#cursor.at += 1;
    writer.text(`${backslashes}$`);
  }

  /** The name of the directive if it ends the block, else null. */
  #hash(writer: BlockWriter, slashes: string, endings: ReadonlySet<string>): string | null {
    const cursor = this.#cursor;
    if (slashes === "" && this.#comment(writer)) return null;
    const start = cursor.at;
    const found = cursor.match(directiveAt);
    const name = found?.[1] ?? found?.[2] ?? "";
    const isEscaped = slashes.length % 2 === 1;
    if (found === null || !known.has(name)) {
      cursor.at = start + 1;
      writer.text(`${slashes}#`);
      return null;
    }
    writer.text(slashes.slice(0, slashes.length / 2));
    if (isEscaped) {
      writer.text(found[0]);
      return null;
    }
    if (refused.has(name)) throw cursor.error(`#${name} is not supported`, start);
    if (endings.has(name)) return name;
    this.#directive(name, start, writer);
    return null;
  }

  /** Comments vanish; `#[[…]]#` stays as it is. */
  #comment(writer: BlockWriter): boolean {
    const cursor = this.#cursor;
    const start = cursor.at;
    if (cursor.match(/##[^\r\n]*(?:\r\n|\r|\n)?/y) !== null) writer.boundary();
    else if (cursor.match(/#\*[\s\S]*?\*#/y) !== null) writer.boundary();
    else if (cursor.startsWith("#*")) throw cursor.error("A comment does not end", start);
    else if (cursor.startsWith("#[[")) {
      const raw = cursor.match(/#\[\[([\s\S]*?)\]\]#/y);
      if (raw === null) throw cursor.error("'#[[' does not end", start);
      writer.text(raw[1] ?? "");
    } else return false;
    return true;
  }

  #directive(name: string, start: number, writer: BlockWriter): void {
    const cursor = this.#cursor;
    switch (name) {
      case "set":
        writer.dropBlanks();
        return writer.part(this.#set());
      case "if":
        return writer.part(this.#if(start));
      case "foreach":
        return writer.part(this.#foreach(start));
      case "break":
        return writer.part({ kind: "break" });
      case "stop":
        return writer.part({ kind: "stop" });
      default:
        throw cursor.error(`#${name} belongs to nothing`, start);
    }
  }

  #set(): Node {
    const cursor = this.#cursor;
    this.#open();
    cursor.skipBlanks();
    const target = this.#target();
    cursor.skipBlanks();
    cursor.expect("=");
    const value = this.#expressions.expression();
    this.#close();
    return { kind: "set", target, value };
  }

  #target(): Reference {
    const { at } = this.#cursor;
    const target = this.#expressions.reference();
    if (target === null) throw this.#cursor.error("Expected a reference to set", at);
    if (target.steps.at(-1)?.kind !== "call") return target;
    throw this.#cursor.error("A method's result cannot be set", at);
  }

  #if(start: number): Node {
    const branches: Branch[] = [];
    for (;;) {
      const condition = this.#condition();
      const { body, ending } = this.#block(new Set(["elseif", "else", "end"]));
      branches.push({ condition, body });
      if (ending === "elseif") continue;
      if (ending === null) throw this.#cursor.error("#if has no #end", start);
      this.#cursor.skipLineEnd();
      const otherwise = ending === "else" ? this.#untilEnd("#if", start) : [];
      return { kind: "if", branches, otherwise };
    }
  }

  #condition() {
    this.#open();
    const condition = this.#expressions.expression();
    this.#close();
    return condition;
  }

  #foreach(start: number): Node {
    const cursor = this.#cursor;
    this.#open();
    cursor.skipBlanks();
    const variable = this.#expressions.reference();
    if (variable === null || variable.steps.length > 0) {
      throw cursor.error("Expected the name of the loop's variable");
    }
    cursor.skipBlanks();
    if (cursor.identifier() !== "in") throw cursor.error("Expected 'in'");
    const source = this.#expressions.expression();
    this.#close();
    const body = this.#untilEnd("#foreach", start);
    return { kind: "foreach", name: variable.name, source, body };
  }

  #untilEnd(opening: string, start: number): Node[] {
    const { body, ending } = this.#block(new Set(["end"]));
    if (ending === null) throw this.#cursor.error(`${opening} has no #end`, start);
    this.#cursor.skipLineEnd();
    return body;
  }

  #open(): void {
    this.#cursor.match(/[ \t]*/y);
    this.#cursor.expect("(");
  }

  #close(): void {
    this.#cursor.skipBlanks();
    this.#cursor.expect(")");
    this.#cursor.skipLineEnd();
  }
}

function printed(
  { name, steps, position, source }: Reference,
  backslashes: number,
): PrintedReference {
  return { kind: "print", name, steps, position, source, backslashes };
}

/** Collects the parts of a block and joins texts that meet. */
class BlockWriter {
  readonly #parts: Node[] = [];
  #text = "";
  /** Where the text since the last part that is no text begins. */
  #boundary = 0;

  text(text: string): void {
    this.#text += text;
  }

  boundary(): void {
    this.#boundary = this.#text.length;
  }

  part(part: Node): void {
    this.#flush();
    this.#parts.push(part);
  }

  /** Removes the blanks at the end, if nothing stands between them and another part. */
  dropBlanks(): void {
    const kept = this.#text.replace(/[ \t]+$/, "");
    if (kept.length <= this.#boundary) this.#text = this.#text.slice(0, this.#boundary);
  }

  #flush(): void {
    if (this.#text !== "") this.#parts.push({ kind: "text", text: this.#text });
    this.#text = "";
    this.#boundary = 0;
  }

  finish(): Node[] {
    this.#flush();
    return this.#parts;
  }
}

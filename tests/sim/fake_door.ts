/** A door for tests: it writes down what it is asked, and refuses what a test says. */
import type { Asked, Door, Refusal } from "../../sim/iam/door.ts";
import type { AccessKey, Principal } from "../../sim/iam/principal.ts";
import { keysById } from "../../sim/iam/principal.ts";
import type { Context } from "../../sim/iam/policy/types.ts";

export interface Question {
  who: Principal;
  action: string;
  resource: string;
  context: Context;
  policy: string | null;
}

export class FakeDoor implements Door {
  asked: Question[] = [];
  refuses: (question: Question) => boolean = () => false;
  readonly keyOf: Door["keyOf"];

  constructor(keys: readonly AccessKey[]) {
    this.keyOf = keysById(keys);
  }

  refusalOf(asked: Asked): Refusal | null {
    const { principal: who, action, resource, context = {}, resourcePolicy: policy = null } = asked;
    const question = { who, action, resource, context, policy };
    this.asked.push(question);
    if (!this.refuses(question)) return null;
    const because = `because no identity-based policy allows the ${action} action`;
    const arn = who.kind === "aws" ? who.arn : who.kind;
    const message =
      `User: ${arn} is not authorized to perform: ${action} on resource: ${resource} ${because}`;
    return { message, because, isExplicit: false };
  }

  /** `action resource` of all that was asked since the last time. */
  taken(): string[] {
    const lines = this.asked.map(({ action, resource }) => `${action} ${resource}`);
    this.asked = [];
    return lines;
  }
}

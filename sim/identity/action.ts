/**
 * Action: the form in which each file of `actions/` says what it may be asked, whom the door is
 * asked about, and what it does.
 */
import type { Account } from "../iam/account/mod.ts";
import type { AwsPrincipal } from "../iam/principal.ts";
import type { Context } from "../iam/policy/types.ts";
import type { Parameter } from "./query.ts";
import { type Infer, readRequest, type Shape } from "./shapes.ts";
import type { Answer } from "./xml.ts";

/** Who calls, and on which account. */
export interface Call {
  account: Account;
  principal: AwsPrincipal;
}

/** One question to the door. */
export interface Asking {
  /** Default: the action itself. */
  action?: string;
  /** An ARN, or `*`. */
  resource: string;
  context?: Context;
  /** The trust policy of a role, which must allow by itself. */
  trust?: string;
}

/** An action with its request already read. */
export interface Ready {
  /** All of them must be let through. Empty: nobody needs to be asked. */
  asks: readonly Asking[];
  /** Nothing: the answer has no result. */
  run(): Answer | void;
}

export type Action = (parameters: Parameter, call: Call) => Ready;

interface Definition<S extends Shape> {
  shape: S;
  asks(request: Infer<S>, call: Call): Asking | readonly Asking[];
  run(request: Infer<S>, call: Call): Answer | void;
}

export function action<S extends Shape>({ shape, asks, run }: Definition<S>): Action {
  return (parameters, call) => {
    const request = readRequest(shape, parameters);
    const asked = asks(request, call);
    return { asks: [asked].flat(), run: () => run(request, call) };
  };
}

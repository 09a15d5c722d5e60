/**
 * Access: what an action is about, and the question to the door, before anything else is judged.
 *
 * Asked right after the signature and before the shape of the body: whoever may not is told nothing
 * about his request, and a refused one costs no more than its signature. The stream is taken from
 * the body as it came; a body that names none in a form that its action reads is refused by its
 * shape, and does nothing. A stream that is not there is asked for as if it were, so that its
 * absence is told only to those who may ask. Assumed: the order; AWS documents none.
 *
 * Source: service authorization reference, "Actions, resources, and condition keys for Amazon
 * Kinesis Data Streams".
 */
import { ServiceError } from "../errors.ts";
import type { Door } from "../iam/door.ts";
import type { Context } from "../iam/policy/types.ts";
import type { Principal } from "../iam/principal.ts";
import { arnOf, type KinesisContext } from "./context.ts";
import { iteratorStream, shardsTokenStream } from "./tokens.ts";

/** As it came: nothing in it has its type yet. */
export type Body = Readonly<Record<string, unknown>>;

/** Something that has to be allowed. */
export interface Need {
  /** As policies name it. Default: the action itself. */
  action?: string;
  /** An ARN, or `*`. */
  resource: string;
  /** The stream of this account that is meant, whether it is there or not. */
  stream: string | null;
  /** Tags that the request brings, as they came. */
  tags?: unknown;
  /** Names of tags that the request takes away, as they came. */
  tagKeys?: unknown;
}

/** What a request needs; empty for one that its shape refuses. */
export type Access = (body: Body, ctx: KinesisContext) => readonly Need[];

const onNothing: readonly Need[] = [{ resource: "*", stream: null }];

/** An action that is about no one stream. */
export const onAll: Access = () => onNothing;

/** The stream that `StreamARN` or `StreamName` names; the ARN is what counts if both are there. */
export const onStream: Access = ({ StreamARN: arn, StreamName: name }, ctx) => {
  if (typeof arn === "string") return [onArn(arn, ctx)];
  return typeof name === "string" ? [onName(name, ctx)] : [];
};

export const onResource: Access = ({ ResourceARN: arn }, ctx) =>
  typeof arn === "string" ? [onArn(arn, ctx)] : [];

/** The stream to be; its tags need the permission to give them (documented). */
export const onNewStream: Access = ({ StreamName: name, Tags: tags }, ctx) => {
  if (typeof name !== "string") return [];
  const need = { ...onName(name, ctx), tags };
  return isEmpty(tags) ? [need] : [need, { ...need, action: "kinesis:AddTagsToStream" }];
};

export const onTagged: Access = (body, ctx) => {
  const { Tags: tags, TagKeys: tagKeys } = body;
  return onStream(body, ctx).map((need) => ({ ...need, tags, tagKeys }));
};

/** The stream of the iterator, which is all that GetRecords goes by. */
export const onIterator: Access = ({ ShardIterator: iterator }, ctx) => {
  const name = typeof iterator === "string" ? iteratorStream(iterator) : null;
  return name === null ? [] : [onName(name, ctx)];
};

/** The stream that is named, or whose list goes on. */
export const onShards: Access = (body, ctx) => {
  const { NextToken: token } = body;
  const named = onStream(body, ctx);
  if (named.length > 0 || typeof token !== "string") return named;
  const name = shardsTokenStream(token);
  return name === null ? [] : [onName(name, ctx)];
};

function onName(stream: string, ctx: KinesisContext): Need {
  return { resource: arnOf(stream, ctx), stream };
}

function onArn(arn: string, ctx: KinesisContext): Need {
  const stream = arn.slice(arn.indexOf("/") + 1);
  return { resource: arn, stream: arn === arnOf(stream, ctx) ? stream : null };
}

function isEmpty(tags: unknown): boolean {
  return typeof tags !== "object" || tags === null || Object.keys(tags).length === 0;
}

/** @throws {ServiceError} AccessDeniedException */
export function mustAllow(
  principal: Principal,
  action: string,
  needs: readonly Need[],
  { ctx, door }: { ctx: KinesisContext; door: Door },
): void {
  for (const need of needs) {
    const stream = need.stream === null ? null : ctx.streams.find(need.stream);
    const refused = door.refusalOf({
      principal,
      action: need.action ?? action,
      resource: need.resource,
      // Made only if the door looks.
      get context() {
        return conditionKeys(need, stream?.state.tags ?? []);
      },
      resourcePolicy: stream?.state.policy ?? null,
    });
    if (refused !== null) throw new ServiceError("AccessDeniedException", refused.message);
  }
}

function conditionKeys(need: Need, ofStream: readonly [string, string][]): Context {
  const keys: Record<string, string | readonly string[]> = {};
  for (const [name, value] of ofStream) keys[`aws:resourcetag/${name.toLowerCase()}`] = value;
  const tags = Object.entries(need.tags ?? {});
  for (const [name, value] of tags) {
    if (typeof value === "string") keys[`aws:requesttag/${name.toLowerCase()}`] = value;
  }
  const removed = Array.isArray(need.tagKeys) ? need.tagKeys : [];
  const names = [
    ...tags.map(([name]) => name),
    ...removed.filter((one) => typeof one === "string"),
  ];
  if (names.length > 0) keys["aws:tagkeys"] = names;
  return keys;
}

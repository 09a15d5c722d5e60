/**
 * ListStreams: all streams in the order of their names, a hundred at a time.
 *
 * Source: Kinesis Data Streams API reference, ListStreams.
 */
import { onAll } from "../access.ts";
import { type Answer, arnOf, type KinesisContext, streamName } from "../context.ts";
import { fiveASecond } from "../rates.ts";
import { type Infer, integer, string } from "../shapes.ts";
import { makeStreamsToken, readStreamsToken } from "../tokens.ts";

export const access = onAll;
export const shape = {
  Limit: integer({ min: 1, max: 10_000 }),
  ExclusiveStartStreamName: streamName,
  NextToken: string({ min: 1, max: 1_048_576 }),
};
export const rate = fiveASecond;

export function listStreams(request: Infer<typeof shape>, ctx: KinesisContext): Answer {
  const { Limit: limit = 100, ExclusiveStartStreamName: start = "", NextToken: token } = request;
  const after = token === undefined ? start : readStreamsToken(token);
  const rest = ctx.streams.all().filter(({ name }) => name > after);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const hasMore = rest.length > limit;
  return {
    StreamNames: page.map(({ name }) => name),
    StreamSummaries: page.map(({ name, status, state }) => ({
      StreamName: name,
      StreamARN: arnOf(name, ctx),
      StreamStatus: status,
      StreamModeDetails: { StreamMode: state.mode },
      StreamCreationTimestamp: new Date(state.createdMs),
    })),
    HasMoreStreams: hasMore,
    ...(hasMore && last !== undefined && { NextToken: makeStreamsToken(last.name) }),
  };
}

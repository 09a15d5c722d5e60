/** All actions by their names, with what a request to each may hold and how often it may come. */
import { ServiceError } from "../errors.ts";
import type { Access } from "./access.ts";
import * as addTagsToStream from "./actions/add_tags_to_stream.ts";
import * as createStream from "./actions/create_stream.ts";
import * as decreaseStreamRetentionPeriod from "./actions/decrease_stream_retention_period.ts";
import * as deleteStream from "./actions/delete_stream.ts";
import * as deleteResourcePolicy from "./actions/delete_resource_policy.ts";
import * as describeLimits from "./actions/describe_limits.ts";
import * as describeStream from "./actions/describe_stream.ts";
import * as describeStreamSummary from "./actions/describe_stream_summary.ts";
import * as getRecords from "./actions/get_records.ts";
import * as getResourcePolicy from "./actions/get_resource_policy.ts";
import * as getShardIterator from "./actions/get_shard_iterator.ts";
import * as increaseStreamRetentionPeriod from "./actions/increase_stream_retention_period.ts";
import * as listShards from "./actions/list_shards.ts";
import * as listStreams from "./actions/list_streams.ts";
import * as listTagsForStream from "./actions/list_tags_for_stream.ts";
import * as mergeShards from "./actions/merge_shards.ts";
import * as putRecord from "./actions/put_record.ts";
import * as putRecords from "./actions/put_records.ts";
import * as putResourcePolicy from "./actions/put_resource_policy.ts";
import * as removeTagsFromStream from "./actions/remove_tags_from_stream.ts";
import * as splitShard from "./actions/split_shard.ts";
import * as updateMaxRecordSize from "./actions/update_max_record_size.ts";
import * as updateShardCount from "./actions/update_shard_count.ts";
import * as updateStreamMode from "./actions/update_stream_mode.ts";
import type { Answer, KinesisContext } from "./context.ts";
import { limitExceeded } from "./errors.ts";
import type { ActionRates, Rate } from "./rates.ts";
import { type Infer, requestReader, type Shape } from "./shapes.ts";

export interface Action {
  /** As policies name it: `kinesis:PutRecords`. */
  permission: string;
  /** What a request is about, to be asked for before it is run. */
  access: Access;
  /** From the body of a request to the answer. */
  run(body: object, ctx: KinesisContext, rates: ActionRates): Answer;
}

function action<S extends Shape>(
  name: string,
  { access, shape, rate }: { access: Access; shape: S; rate?: Rate },
  run: (request: Infer<S>, ctx: KinesisContext) => Answer | void,
): [string, Action] {
  const read = requestReader(shape);
  return [name, {
    permission: `kinesis:${name}`,
    access,
    run(body, ctx, rates) {
      const request = read(body);
      refuseStreamId(request);
      if (rate !== undefined && ctx.hasLimits) requireRate(name, rate, request, ctx, rates);
      return run(request, ctx) ?? undefined;
    },
  }];
}

/** Documented: in the model, but reserved. Assumed: the words. */
function refuseStreamId(request: Record<string, unknown>): void {
  if (request.StreamId === undefined) return;
  throw new ServiceError("ValidationException", "StreamId is not supported.");
}

function requireRate(
  name: string,
  rate: Rate,
  request: Record<string, unknown>,
  ctx: KinesisContext,
  rates: ActionRates,
): void {
  const { StreamName, StreamARN, ResourceARN } = request;
  const arn = [StreamARN, ResourceARN].find((one) => typeof one === "string") ?? "";
  const stream = typeof StreamName === "string" ? StreamName : arn.slice(arn.indexOf("/") + 1);
  if (rates.tryTake(name, stream, rate, ctx.nowMs())) return;
  // Observed: the first form; assumed: the second.
  const subject = stream === "" ? "" : ` for stream ${stream}`;
  throw limitExceeded(`Rate exceeded${subject} under account ${ctx.accountId}.`);
}

export const actions: ReadonlyMap<string, Action> = new Map([
  action("AddTagsToStream", addTagsToStream, addTagsToStream.addTagsToStream),
  action("CreateStream", createStream, createStream.createStream),
  action(
    "DecreaseStreamRetentionPeriod",
    decreaseStreamRetentionPeriod,
    decreaseStreamRetentionPeriod.decreaseStreamRetentionPeriod,
  ),
  action("DeleteStream", deleteStream, deleteStream.deleteStream),
  action("DeleteResourcePolicy", deleteResourcePolicy, deleteResourcePolicy.deleteResourcePolicy),
  action("DescribeLimits", describeLimits, describeLimits.describeLimits),
  action("DescribeStream", describeStream, describeStream.describeStream),
  action(
    "DescribeStreamSummary",
    describeStreamSummary,
    describeStreamSummary.describeStreamSummary,
  ),
  action("GetRecords", getRecords, getRecords.getRecords),
  action("GetResourcePolicy", getResourcePolicy, getResourcePolicy.getResourcePolicy),
  action("GetShardIterator", getShardIterator, getShardIterator.getShardIterator),
  action(
    "IncreaseStreamRetentionPeriod",
    increaseStreamRetentionPeriod,
    increaseStreamRetentionPeriod.increaseStreamRetentionPeriod,
  ),
  action("ListShards", listShards, listShards.listShards),
  action("ListStreams", listStreams, listStreams.listStreams),
  action("ListTagsForStream", listTagsForStream, listTagsForStream.listTagsForStream),
  action("MergeShards", mergeShards, mergeShards.mergeShards),
  action("PutRecord", putRecord, putRecord.putRecord),
  action("PutRecords", putRecords, putRecords.putRecords),
  action("PutResourcePolicy", putResourcePolicy, putResourcePolicy.putResourcePolicy),
  action("RemoveTagsFromStream", removeTagsFromStream, removeTagsFromStream.removeTagsFromStream),
  action("SplitShard", splitShard, splitShard.splitShard),
  action("UpdateMaxRecordSize", updateMaxRecordSize, updateMaxRecordSize.updateMaxRecordSize),
  action("UpdateShardCount", updateShardCount, updateShardCount.updateShardCount),
  action("UpdateStreamMode", updateStreamMode, updateStreamMode.updateStreamMode),
]);

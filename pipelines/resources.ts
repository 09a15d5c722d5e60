/**
 * Resources: an id -> everything that exists for one pipeline, by the names that it has there.
 *
 * The simulator is started from this manifest, notebooks and gateway are written from it. What
 * carries the name of one table is spelled in tables.ts.
 *
 * Source: the course's names; permissions there are given for these only.
 */
import { deltaTableOf, perTable, streamOf, type TableName, topicOf } from "./tables.ts";

/** Where everything is unless somebody says otherwise. */
export const defaultRegion = "us-east-1";

export interface Resources {
  id: string;
  region: string;
  bucket: string;
  database: { name: string; user: string };
  topics: Record<TableName, string>;
  /** The S3 sink, and its consumer group behind `connect-`. */
  connector: string;
  streams: Record<TableName, string>;
  /** Delta tables, below `delta/` in the bucket or in a schema. */
  tables: Record<TableName | "rejects", string>;
  gateway: { stage: string; routes: readonly GatewayRoute[] };
  /** Of the gateway, of the machine with the REST proxy, of the S3 sink, of who reads and cleans. */
  roles: { gateway: string; rest: string; sink: string; reader: string };
}

/** A method of the gateway that becomes an action of Kinesis. */
export interface GatewayRoute {
  method: string;
  /** Resource path below the stage. */
  path: string;
  action: string;
}

const oneStream = "/streams/{stream-name}";

const routes: readonly GatewayRoute[] = [
  { method: "GET", path: "/streams", action: "ListStreams" },
  { method: "GET", path: oneStream, action: "DescribeStream" },
  { method: "POST", path: oneStream, action: "CreateStream" },
  { method: "DELETE", path: oneStream, action: "DeleteStream" },
  { method: "PUT", path: `${oneStream}/record`, action: "PutRecord" },
  { method: "PUT", path: `${oneStream}/records`, action: "PutRecords" },
  { method: "GET", path: `${oneStream}/sharditerator`, action: "GetShardIterator" },
  { method: "GET", path: `${oneStream}/records`, action: "GetRecords" },
];

/** `user-<id>-bucket`. */
export function bucketOf(id: string): string {
  return `user-${id}-bucket`;
}

/** The folder of a Delta table in the bucket. */
export function deltaFolderOf(id: string, table: TableName | "rejects"): string {
  return `delta/${deltaTableOf(id, table)}`;
}

/** The manifest of one pipeline. */
export function resourcesOf(id: string, region: string = defaultRegion): Resources {
  return {
    id,
    region,
    bucket: bucketOf(id),
    database: { name: "pinterest_data", user: "project_user" },
    topics: perTable((table) => topicOf(id, table)),
    connector: `${id}-connector`,
    streams: perTable((table) => streamOf(id, table)),
    tables: {
      ...perTable((table) => deltaTableOf(id, table)),
      rejects: deltaTableOf(id, "rejects"),
    },
    gateway: { stage: "prod", routes },
    roles: {
      gateway: `${id}-kinesis-access-role`,
      rest: `${id}-ec2-access-role`,
      sink: `${id}-sink-role`,
      reader: `${id}-reader-role`,
    },
  };
}

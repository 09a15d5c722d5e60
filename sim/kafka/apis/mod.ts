/**
 * All APIs that this broker serves, by key; the versions of each stand in its own file.
 */
import { served, type ServedApi } from "../api.ts";
import { alterConfigs } from "./alter_configs.ts";
import { type ApiVersionRange, apiVersions } from "./api_versions.ts";
import { createPartitions } from "./create_partitions.ts";
import { createTopics } from "./create_topics.ts";
import { deleteGroups } from "./delete_groups.ts";
import { deleteRecords } from "./delete_records.ts";
import { deleteTopics } from "./delete_topics.ts";
import { describeConfigs } from "./describe_configs.ts";
import { describeGroups } from "./describe_groups.ts";
import { fetch } from "./fetch.ts";
import { findCoordinator } from "./find_coordinator.ts";
import { heartbeat } from "./heartbeat.ts";
import { incrementalAlterConfigs } from "./incremental_alter_configs.ts";
import { initProducerId } from "./init_producer_id.ts";
import { joinGroup } from "./join_group.ts";
import { leaveGroup } from "./leave_group.ts";
import { listGroups } from "./list_groups.ts";
import { listOffsets } from "./list_offsets.ts";
import { metadata } from "./metadata.ts";
import { offsetCommit } from "./offset_commit.ts";
import { offsetFetch } from "./offset_fetch.ts";
import { offsetForLeaderEpoch } from "./offset_for_leader_epoch.ts";
import { produce } from "./produce.ts";
import { saslAuthenticate } from "./sasl_authenticate.ts";
import { saslHandshake } from "./sasl_handshake.ts";
import { syncGroup } from "./sync_group.ts";

const ranges = (): ApiVersionRange[] =>
  [...apis.values()].map(({ key, advertisedMin, versions }) => ({
    key,
    min: advertisedMin,
    max: versions.max,
  }));

export const apis: ReadonlyMap<number, ServedApi> = new Map(
  [
    served(produce),
    served(fetch),
    served(listOffsets),
    served(metadata),
    served(offsetCommit),
    served(offsetFetch),
    served(findCoordinator),
    served(joinGroup),
    served(heartbeat),
    served(leaveGroup),
    served(syncGroup),
    served(describeGroups),
    served(listGroups),
    served(saslHandshake),
    served(apiVersions(ranges)),
    served(createTopics),
    served(deleteTopics),
    served(deleteRecords),
    served(initProducerId),
    served(offsetForLeaderEpoch),
    served(describeConfigs),
    served(alterConfigs),
    served(saslAuthenticate),
    served(createPartitions),
    served(deleteGroups),
    served(incrementalAlterConfigs),
  ].map((api) => [api.key, api]),
);
